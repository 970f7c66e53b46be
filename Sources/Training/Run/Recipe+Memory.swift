import Tensors

extension Recipe {
    /// - Throws: ``TrainingError`` when the machine, or a limit of this process, can never give the memory that learning takes.
    func checkMemory(vocabularySize: Int) throws {
        let needed = memoryEstimate(vocabularySize: vocabularySize)
        guard let source = AvailableMemory().narrowest, needed > Double(source.limit) else { return }
        throw TrainingError(
            "learning would take \(mebibytes(Int(min(needed, 0x1p60)))) of memory at least, and \(source.words). "
                + "Lower batch (accumulate makes up for it) or context, say recompute, or make the model smaller")
    }

    /// Bytes that learning takes at least: the parameters, their gradients and two moments, and what a pass keeps of each
    /// token.
    private func memoryEstimate(vocabularySize: Int) -> Double {
        let (width, head) = (Double(hidden), Double(headSize))
        let attention = 2 * width + 5 * head * Double(heads) + 5 * head * Double(kvHeads ?? heads)
        let experts = Double(visitsPerToken) * (2 * width + 4 * Double(expertWidth))
        let shared = sharedIntermediate.map { 2 * width + 4 * Double($0) } ?? 0
        let kept = Double(recompute ? 1 : layers) * (attention + 3 * width + experts + shared)
        let token = kept + Double(layers + 4) * width
        let logits = Double(context) * Double(vocabularySize)
        return 16 * parameterEstimate + 4 * (Double(batch * context) * token + logits)
    }
}
