import Foundation
import Synchronization

/// Lines at the foot of the terminal that are redrawn in place while text scrolls above them.
///
/// The terminal is told to scroll only what lies above (DECSTBM), so whoever prints need not know of the panel. One that
/// is resized forgets that, and moves its lines; the panel is then made anew below the cursor, which stays with the text.
final class LivePanel {
    private let lines: Int
    private var rows = 0
    private var columns = 0
    private var height = 0

    /// Whether there is a panel that the terminal has to be freed of.
    private static let isOpen = Atomic<Bool>(false)

    /// - Parameter lines: as many as there will be at most; fewer where the terminal is low.
    /// - Returns: nil where standard error is no terminal.
    init?(lines: Int) {
        guard isatty(STDERR_FILENO) == 1 else { return nil }
        self.lines = lines
        atexit { LivePanel.close() }
        fit()
    }

    /// Columns that a line may have.
    var width: Int { columns }
    /// Lines that are seen; none where the terminal is too small.
    var capacity: Int { height }

    /// Whether the terminal has another size than the panel was made for.
    var isOutgrown: Bool { size.map { $0 != (rows, columns) } ?? false }

    /// Makes the panel anew if the terminal has been resized.
    func fit() {
        guard let size, size != (rows, columns) else { return }
        (rows, columns) = size
        // All lines scroll while the old panel is wiped away; ESC 7 and 8 keep the cursor where it is.
        var text = Self.isOpen.load(ordering: .relaxed) ? "\u{1B}7\u{1B}[r\u{1B}8\u{1B}[J" : ""
        let room = min(lines, rows - 4)
        height = room >= 2 && columns >= 20 ? room : 0
        Self.isOpen.store(height > 0, ordering: .relaxed)
        if height > 0 {
            // Makes room below the cursor, goes back up, and keeps scrolling above the room.
            text += String(repeating: "\u{1B}D", count: height) + "\u{1B}[\(height)A"
            text += "\u{1B}7\u{1B}[1;\(rows - height)r\u{1B}8"
        }
        Terminal.draw(text)
    }

    func show(_ lines: [String]) {
        var text = "\u{1B}7"
        for row in 0..<height {
            let line = row < lines.count ? String(lines[row].prefix(columns)) : ""
            text += "\u{1B}[\(rows - height + 1 + row);1H\u{1B}[2K\(line)"
        }
        Terminal.draw(text + "\u{1B}8")
    }

    private var size: (rows: Int, columns: Int)? {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 else { return nil }
        return (Int(size.ws_row), Int(size.ws_col))
    }

    /// Makes what ``close()`` touches, before a signal's handler may call it.
    static func prepareToClose() { isOpen.store(false, ordering: .relaxed) }

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
