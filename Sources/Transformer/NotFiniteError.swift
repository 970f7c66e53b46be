package import Tensors

/// The numbers of a pass have come to an end: a NaN or an infinity is among them, and all that follows would be more of them.
package struct NotFiniteError: Error, Equatable, CustomStringConvertible {
    /// What made it.
    package let place: String
    /// Of the token that it was made for.
    package let position: Int
    /// How keys and values are kept: what is too great for it is infinite there.
    package let keyValueFormat: KeyValueFormat

    package var description: String {
        let finding =
            "\(place) gives the token at position \(position) a number that is not finite: a weight is NaN or infinite, or what "
            + "is computed grows beyond all numbers"
        let way = "Get the model's files again, or others of it, and pack them with --force"
        guard !keyValueFormat.isExact else { return "\(finding). \(way)" }
        return
            "\(finding), or a key or value beyond those of \(keyValueFormat). Try --kv f32; if that does not help: \(way)"
    }
}

extension Scratch {
    /// Checks the residual stream, whose first row is that of a position.
    ///
    /// - Throws: ``NotFiniteError``
    mutating func checkHidden(at position: Int, _ place: @autoclosure () -> String, on workers: Workers) throws {
        try hidden.checkFinite(at: position, place, keyValueFormat, on: workers)
    }

    /// Checks the gate's scores.
    mutating func checkScores(at position: Int, _ place: @autoclosure () -> String, on workers: Workers) throws {
        try scores.checkFinite(at: position, place, keyValueFormat, on: workers)
    }

    /// Checks the logits.
    mutating func checkLogits(at position: Int, on workers: Workers) throws {
        try logits.checkFinite(at: position, { "the output projection" }, keyValueFormat, on: workers)
    }
}

extension Matrix {
    fileprivate mutating func checkFinite(
        at position: Int, _ place: () -> String, _ keyValueFormat: KeyValueFormat, on workers: Workers
    ) throws {
        guard let index = withView({ $0.firstNonFinite(on: workers) }) else { return }
        throw NotFiniteError(
            place: place(), position: position + index / columns, keyValueFormat: keyValueFormat)
    }
}
