package import Tensors

/// AdamW (Loshchilov and Hutter, 2019, arXiv 1711.05101) over all parameters of a model.
package final class Optimizer {
    package struct Options: Sendable, Equatable {
        package var beta1: Float = 0.9
        package var beta2: Float = 0.99
        package var epsilon: Float = 1e-8
        package var weightDecay: Float = 0.1
        /// The greatest length of all gradients together; longer ones are shortened to it. Zero: as they are.
        package var clip: Double = 1

        package init() {}
    }

    package let firstMoment: ParameterBlock
    package let secondMoment: ParameterBlock
    /// Steps taken; the next one corrects the moments for one more.
    package var steps = 0
    private let options: Options
    private let workers: Workers

    package init(_ layout: ParameterLayout, _ options: Options, workers: Workers) {
        firstMoment = ParameterBlock(layout)
        secondMoment = ParameterBlock(layout)
        self.options = options
        self.workers = workers
    }

    /// Forgets the gradients of tensors that stay as they are.
    func freeze(_ frozen: Set<Int>, _ gradients: ParameterBlock) {
        for index in frozen { gradients[index].fillWithZeros(on: workers) }
    }

    /// Moves the parameters, once, unless the length of the gradients is no finite number.
    ///
    /// - Parameters:
    ///   - frozen: tensors that stay as they are: no momentum, no decay.
    ///   - rate: the learning rate.
    ///   - norm: the length of all gradients together, those of other ranks among them, by which they are clipped.
    package func move(
        _ parameters: ParameterBlock, _ gradients: ParameterBlock, frozen: Set<Int> = [], rate: Double, norm: Double
    ) {
        guard norm.isFinite else { return }
        steps += 1
        let scale = options.clip > 0 && norm > options.clip ? Float(options.clip / norm) : 1
        let rule = AdamW(beta1: options.beta1, beta2: options.beta2, epsilon: options.epsilon)
        for (index, tensor) in parameters.layout.tensors.enumerated() where !frozen.contains(index) {
            rule.step(
                steps, learningRate: Float(rate), weightDecay: tensor.decays ? options.weightDecay : 0,
                gradientScale: scale, parameters: parameters[index], gradients: gradients[index],
                firstMoments: firstMoment[index], secondMoments: secondMoment[index], on: workers)
        }
    }
}
