/// Characters by what the sets of an expression tell apart: all that are in the same sets are one symbol.
struct ScalarSymbols: Sendable {
    /// 256 characters: where the classes of each are, and where the symbols of these classes.
    struct Page {
        fileprivate(set) var classes: UInt16
        fileprivate(set) var row: UInt16
    }

    let pages: [Page]
    /// Those of Unicode, and for pages in which a range of characters ends the symbols themselves.
    let classes: [UInt8]
    /// Those of ASCII, then rows of ``rowLength``.
    let symbols: [UInt8]
    /// The sets that the characters of each symbol are in, a bit for each set.
    let memberships: [UInt64]

    static let setLimit = 64
    fileprivate static let rowLength = 256

    /// - Throws: `UnknownExpression` where the sets are too many, or tell too many characters apart.
    init(_ sets: [ScalarSet]) throws(UnknownExpression) {
        guard sets.count <= Self.setLimit else {
            throw UnknownExpression(finding: "\(sets.count) sets of characters, where \(Self.setLimit) are possible")
        }
        var pages = ScalarSymbolPages(sets)
        try pages.fill()
        self.pages = pages.pages
        (classes, symbols, memberships) = (pages.classes, pages.symbols, pages.memberships)
    }

    /// The symbol of a character beyond ASCII.
    @inline(__always)
    static func symbol(
        of value: UInt32, _ pages: Span<Page>, _ classes: Span<UInt8>, _ symbols: Span<UInt8>
    ) -> UInt8 {
        let page = pages[Int(value >> 8)]
        return symbols[Int(page.row) * rowLength + Int(classes[Int(page.classes) << 8 | Int(value & 0xFF)])]
    }
}

/// The tables while they are made, from the first character to the last.
private struct ScalarSymbolPages {
    private(set) var pages: [ScalarSymbols.Page] = []
    private(set) var classes = ScalarTable.shared.classes
    private(set) var symbols: [UInt8] = []
    private(set) var memberships: [UInt64] = []
    private var numbers: [UInt64: UInt8] = [:]

    private let sets: [ScalarSet]
    /// The sets with each class, and those that have what is not in their classes and ranges.
    private let withClass: [UInt64]
    private let negated: UInt64
    /// Where ranges begin and end, and of which sets.
    private let changes: [(start: UInt32, sets: UInt64)]
    private var nextChange = 0
    /// The sets with a range around the character at hand.
    private var ranged: UInt64 = 0
    /// The row for each of these.
    private var rows: [UInt64: UInt16] = [:]

    private static let lastPage = UInt32(0x10FF)
    /// The row of pages that have symbols for classes.
    private static let same = UInt16(1)

    init(_ sets: [ScalarSet]) {
        self.sets = sets
        withClass = UnicodeData.classNames.indices.map { kind in
            Self.bits(sets) { $0.classes.rawValue >> UInt64(kind) & 1 != 0 }
        }
        negated = Self.bits(sets, where: \.isNegated)
        var changes: [(start: UInt32, sets: UInt64)] = []
        for (index, set) in sets.enumerated() {
            for range in set.ranges {
                changes += [(range.lowerBound, 1 << UInt64(index)), (range.upperBound + 1, 1 << UInt64(index))]
            }
        }
        self.changes = changes.sorted { $0.start < $1.start }
    }

    private static func bits(_ sets: [ScalarSet], where isMember: (ScalarSet) -> Bool) -> UInt64 {
        sets.enumerated().reduce(0) { $0 | (isMember($1.element) ? 1 << UInt64($1.offset) : 0) }
    }

    mutating func fill() throws(UnknownExpression) {
        for byte in UInt8(0)..<128 { symbols.append(try number(of: Self.bits(sets) { $0.ascii.contains(byte) })) }
        symbols += repeatElement(0, count: ScalarSymbols.rowLength - symbols.count)
        symbols += UInt8.min...UInt8.max
        let shared = ScalarTable.shared.pages
        pages.reserveCapacity(shared.count)
        for page in 0...Self.lastPage {
            if nextChange < changes.count, changes[nextChange].start < (page + 1) << 8 {
                try addOwn(page)
            } else {
                pages.append(.init(classes: shared[Int(page)], row: try row()))
            }
        }
    }

    /// A page in which a range begins or ends.
    private mutating func addOwn(_ page: UInt32) throws(UnknownExpression) {
        pages.append(.init(classes: UInt16(classes.count >> 8), row: Self.same))
        for value in page << 8..<(page + 1) << 8 {
            while nextChange < changes.count, changes[nextChange].start == value {
                ranged ^= changes[nextChange].sets
                nextChange += 1
            }
            classes.append(symbols[Int(try row()) * ScalarSymbols.rowLength + Int(ScalarTable.shared[value])])
        }
    }

    private mutating func row() throws(UnknownExpression) -> UInt16 {
        if let row = rows[ranged] { return row }
        guard let row = UInt16(exactly: symbols.count / ScalarSymbols.rowLength) else { throw tooMany }
        for sets in withClass { symbols.append(try number(of: (sets | ranged) ^ negated)) }
        symbols += repeatElement(0, count: ScalarSymbols.rowLength - withClass.count)
        rows[ranged] = row
        return row
    }

    private mutating func number(of membership: UInt64) throws(UnknownExpression) -> UInt8 {
        if let number = numbers[membership] { return number }
        guard memberships.count < UInt8.max else { throw tooMany }
        let number = UInt8(memberships.count)
        numbers[membership] = number
        memberships.append(membership)
        return number
    }

    private var tooMany: UnknownExpression {
        UnknownExpression(finding: "sets that tell more than \(UInt8.max) kinds of characters apart")
    }
}
