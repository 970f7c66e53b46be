/// Finds pieces by their bytes.
///
/// Not a `[String: Int]`: Swift's strings are equal when they are canonically equivalent, so that `é` as one scalar and
/// as two would be one key. Hashes are seeded, so that no vocabulary can be made to collide.
struct PieceTable: Sendable {
    /// The bytes of all pieces, one after the other; piece `id` ends where `id + 1` starts.
    private var bytes: [UInt8] = []
    private var starts: [Int] = [0]
    /// Open addressing, linear probing, at most half full; -1 is free.
    private var slots: [Int32]
    /// Bytes of the longest piece that can be found.
    private var longest = 0

    /// Holds all pieces, and finds those whose ids are listed; of two with equal bytes, the first.
    init(_ pieces: [String], listed: (Int) -> Bool) { self.init(pieces.lazy.map(\.utf8), listed: listed) }

    init(_ pieces: some Collection<some Collection<UInt8>>, listed: (Int) -> Bool) {
        for piece in pieces {
            bytes.append(contentsOf: piece)
            starts.append(bytes.count)
        }
        var capacity = 16
        while capacity < pieces.count * 2 { capacity *= 2 }
        slots = Array(repeating: -1, count: capacity)
        for id in 0..<pieces.count where listed(id) && starts[id] < starts[id + 1] { insert(id) }
    }

    var count: Int { starts.count - 1 }

    subscript(id: Int) -> ArraySlice<UInt8> { bytes[starts[id]..<starts[id + 1]] }

    func id(of piece: Span<UInt8>) -> Int? {
        guard piece.count <= longest else { return nil }
        let found = slots[slot(of: piece)]
        return found < 0 ? nil : Int(found)
    }

    private mutating func insert(_ id: Int) {
        let range = starts[id]..<starts[id + 1]
        let slot = slot(of: bytes.span.extracting(range))
        guard slots[slot] < 0 else { return }
        slots[slot] = Int32(id)
        longest = max(longest, range.count)
    }

    /// Where a piece is, or where it would go.
    private func slot(of piece: Span<UInt8>) -> Int {
        var hasher = Hasher()
        piece.bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        var slot = hasher.finalize() & (slots.count - 1)
        while slots[slot] >= 0, !isEqual(piece, to: Int(slots[slot])) { slot = (slot + 1) & (slots.count - 1) }
        return slot
    }

    private func isEqual(_ piece: Span<UInt8>, to id: Int) -> Bool {
        let start = starts[id]
        guard piece.count == starts[id + 1] - start else { return false }
        for index in piece.indices where piece[index] != bytes[start + index] { return false }
        return true
    }
}
