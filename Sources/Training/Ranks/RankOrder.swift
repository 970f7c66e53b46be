import Foundation
import Ranks

/// What the first rank, which alone has the text, the folder and the word, tells the others to do next.
struct RankOrder: Sendable {
    enum Kind: Int64 {
        /// Make a model by a recipe.
        case begin
        /// Set the parameters to the numbers they begin with.
        case initialize
        case learn, evaluate
        /// Move the parameters.
        case move
        /// Look for numbers that are not finite.
        case check
        /// Give the first rank the experts of a tensor, or take this rank's.
        case give, take
        /// Take what routers and the optimizer know beside their tensors.
        case restore
        /// Say what this rank had and did.
        case report
        case end
    }

    let kind: Kind
    /// Two numbers, whatever they are for this kind.
    var numbers: (Int, Int) = (0, 0)
    var content: [UInt8] = []

    init(_ kind: Kind, _ first: Int = 0, _ second: Int = 0, content: [UInt8] = []) {
        self.kind = kind
        numbers = (first, second)
        self.content = content
    }
}

extension TrainingRanks {
    /// Tells all other ranks what comes next.
    func announce(_ order: RankOrder) throws {
        precondition(isFirst, "rank \(rank) orders the others")
        var header = [order.kind.rawValue, Int64(order.numbers.0), Int64(order.numbers.1), Int64(order.content.count)]
        var content = order.content
        try timed {
            try broadcast(&header)
            if !content.isEmpty { try broadcast(&content) }
        }
    }

    /// Waits for the first rank's word, as long as that one lives: it may have much to read or to write.
    func nextOrder() throws -> RankOrder {
        var header = [Int64](repeating: 0, count: 4)
        try timed { try patiently { try broadcast(&header) } }
        guard let kind = RankOrder.Kind(rawValue: header[0]) else {
            preconditionFailure("an order \(header[0]) from the same program")
        }
        var content = [UInt8](repeating: 0, count: Int(header[3]))
        if !content.isEmpty { try timed { try broadcast(&content) } }
        return RankOrder(kind, Int(header[1]), Int(header[2]), content: content)
    }

    /// How training ends.
    package enum Ending: Int, Sendable {
        case done, stopped
    }

    /// Lets the other ranks go.
    package func end(_ ending: Ending = .done) throws { try announce(RankOrder(.end, ending.rawValue)) }

    private func broadcast<Element: BitwiseCopyable>(_ values: inout [Element]) throws {
        var span = values.mutableSpan
        try communicator.broadcast(&span, from: 0, of: .nextOrder)
    }
}

// What orders hold. All ranks are of one version and one byte order.

extension Batch {
    var bytes: [UInt8] {
        let numbers = [context, sequences] + domains + tokens + targets
        return numbers.map(Int32.init).withUnsafeBytes { Array($0) }
    }

    init(bytes: [UInt8]) {
        let numbers = bytes.withUnsafeBytes { bytes in
            (0..<bytes.count / 4).map { Int(bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self)) }
        }
        let (context, sequences) = (numbers[0], numbers[1])
        let tokens = 2 + sequences..<2 + sequences + sequences * context
        self.init(
            context: context, tokens: Array(numbers[tokens]), targets: Array(numbers[tokens.upperBound...]),
            domains: Array(numbers[2..<tokens.lowerBound]))
    }
}

/// What a rank needs to make its part of a model.
struct ModelOrder: Codable {
    let recipe: Recipe
    let tokenCounts: [Int]
}

/// What is not in tensors.
struct StateOrder: Codable {
    /// Of each layer's router, the numbers' bits by name.
    let routers: [[String: [UInt32]]]
    let optimizerSteps: Int
}

extension RankOrder {
    init(_ kind: Kind, _ value: some Encodable) throws {
        self.init(kind, content: Array(try JSONEncoder().encode(value)))
    }

    func value<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try JSONDecoder().decode(type, from: Data(content))
    }
}
