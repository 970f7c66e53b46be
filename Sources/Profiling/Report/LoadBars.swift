/// A layer's load as a row of bars, one for each expert or for a few neighbors together.
///
/// Half of a bar's height is the fair share, its full height twice that and more; a dot is an expert without a visit.
package struct LoadBars: Sendable {
    package let text: String

    private static let bars: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// - Parameter width: columns at most.
    package init(_ load: [Int], width: Int) {
        let total = load.reduce(0, +)
        let columns = min(load.count, max(width, 1))
        var text = ""
        for column in 0..<columns {
            let part = load[column * load.count / columns..<(column + 1) * load.count / columns]
            guard let most = part.max(), most > 0 else {
                text.append("·")
                continue
            }
            // Of neighbors the busiest is shown, so that none hides.
            let share = Double(most) * Double(load.count) / Double(total)
            text.append(Self.bars[max(0, min(7, Int((4 * share).rounded(.up)) - 1))])
        }
        self.text = text
    }
}
