/// Finds where a ``SplitExpression`` matches, in text that is UTF-8: the first alternative that can, and of each run of
/// characters as many as there are.
///
/// Cutting a text costs a few look-ups in tables for each character, and the time grows with the text, whatever it is.
struct SplitPattern: Sendable {
    private let symbols: ScalarSymbols
    private let automaton: SplitAutomaton

    /// - Throws: `UnknownExpression` for one that needs too large a table.
    init(_ expression: SplitExpression) throws(UnknownExpression) {
        let program = SplitProgram(expression)
        symbols = try ScalarSymbols(program.sets)
        automaton = try SplitAutomaton(program, memberships: symbols.memberships)
    }

    /// Calls `body` with each match in a text, in order.
    func forEachMatch(in text: Span<UInt8>, _ body: (Range<Int>) -> Void) {
        var deadEnds = DeadEnds()
        forEachMatch(within: 0..<text.count, of: text, &deadEnds) { match in
            body(match)
            return true
        }
    }

    /// Calls `body` with each match in a part of a text, which is taken for a text of its own, until it says false.
    @inline(__always)
    func forEachMatch(
        within part: Range<Int>, of text: Span<UInt8>, _ deadEnds: inout DeadEnds, _ body: (Range<Int>) -> Bool
    ) {
        let entries = automaton.entries.span
        let (pages, classes, symbols) = (symbols.pages.span, symbols.classes.span, symbols.symbols.span)
        let limit = part.upperBound
        var start = part.lowerBound
        while start < limit {
            let (symbol, second) = Self.symbol(at: start, of: text, pages, classes, symbols)
            var row = entries[automaton.start + symbol].row
            guard row != 0 else {
                start = second
                continue
            }
            var (position, end) = (second, start)
            var stop = min(limit, DeadEnds.stop(after: position))
            search: while true {
                while position < stop {
                    let (symbol, next) = Self.symbol(at: position, of: text, pages, classes, symbols)
                    let entry = entries[row + symbol]
                    if entry.isEnd { end = position }
                    row = entry.row
                    if row == 0 { break search }
                    position = next
                }
                if position == limit {
                    if entries[row + automaton.columns - 1].isEnd { end = limit }
                    break
                }
                if deadEnds.isKnown(row, at: position, from: start) { break }
                stop = min(limit, DeadEnds.stop(after: position))
            }
            deadEnds.learn(end)
            guard end > start else {
                start = second
                continue
            }
            guard body(start..<end) else { return }
            start = end
        }
    }

    @inline(__always)
    private static func symbol(
        at position: Int, of text: Span<UInt8>,
        _ pages: Span<ScalarSymbols.Page>, _ classes: Span<UInt8>, _ symbols: Span<UInt8>
    ) -> (symbol: Int, next: Int) {
        let byte = text[position]
        if byte < 0x80 { return (Int(symbols[Int(byte)]), position + 1) }
        let (value, next) = scalar(at: position, of: text)
        return (Int(ScalarSymbols.symbol(of: value, pages, classes, symbols)), next)
    }

    /// The character at a place of text that is UTF-8, and where the next one is.
    @inline(__always)
    static func scalar(at position: Int, of text: Span<UInt8>) -> (value: UInt32, next: Int) {
        let first = text[position]
        let length = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
        let next = min(position + length, text.count)
        var value = UInt32(first) & (length == 1 ? 0x7F : 0x7F >> UInt32(length))
        for index in position + 1..<next { value = value << 6 | UInt32(text[index] & 0x3F) }
        return (min(value, 0x10FFFF), next)
    }
}
