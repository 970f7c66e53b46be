import Foundation
import Synchronization

/// Lines at the foot of the terminal that are redrawn in place while text scrolls above them.
///
/// The terminal is told to scroll only what lies above (DECSTBM), so whoever prints need not know of the panel.
final class LivePanel {
    private let rows: Int
    private let columns: Int
    private let height: Int

    /// Whether there is a panel that the terminal has to be freed of.
    private static let isOpen = Atomic<Bool>(false)

    /// - Parameter lines: as many as there will be at most; fewer where the terminal is low.
    /// - Returns: nil where standard error is no terminal, or too low a one.
    init?(lines: Int) {
        var size = winsize()
        guard isatty(STDERR_FILENO) == 1, ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 else { return nil }
        rows = Int(size.ws_row)
        columns = Int(size.ws_col)
        height = min(lines, rows - 4)
        guard height >= 2, columns >= 20 else { return nil }
        let top = rows - height
        atexit { LivePanel.close() }
        Self.isOpen.store(true, ordering: .relaxed)
        // Make room below, keep scrolling above it, and go on at its last line.
        Terminal.draw(String(repeating: "\n", count: height) + "\u{1B}[1;\(top)r\u{1B}[\(top);1H")
    }

    /// Columns that a line may have.
    var width: Int { columns }
    /// Lines that are seen.
    var capacity: Int { height }

    func show(_ lines: [String]) {
        var text = "\u{1B}7"
        for row in 0..<height {
            let line = row < lines.count ? String(lines[row].prefix(columns)) : ""
            text += "\u{1B}[\(rows - height + 1 + row);1H\u{1B}[2K\(line)"
        }
        Terminal.draw(text + "\u{1B}8")
    }

    /// Leaves the last picture where it is and gives the terminal back.
    ///
    /// Also when the program ends at once, so it does only what a signal's handler may.
    static func close() {
        guard isOpen.exchange(false, ordering: .relaxed) else { return }
        // All lines scroll again; below the lowest there is none, so the cursor stops there.
        let text: StaticString = "\u{1B}[r\u{1B}[9999;1H\n"
        _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
    }
}
