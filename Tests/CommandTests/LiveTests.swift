import Foundation
import Testing

/// The panel of `--live` on a terminal, and standard error that nobody can read.
@Suite struct LiveTests {
    private let folder = try! TemporaryFolder()
    private var offstage: OffstageCommand { OffstageCommand(folder: folder) }

    @Test(
        arguments: [("", 0), ("| head -c 3 > /dev/null; exit ${PIPESTATUS[0]}", 1), ("> /dev/full", 1)]
            as [(String, Int32)])
    func `a terminal is given back however a run ends`(_ ending: String, _ code: Int32) throws {
        let terminal = try PseudoTerminal(rows: 24, columns: 80)
        let outcome = try run(on: terminal, "-n 400 --live", ending)
        #expect(outcome.code == code, "\(outcome.notes)")
        let shown = terminal.shown()
        let last = try #require(shown.ranges(of: /\u{1B}\[1;\d+r/).last, "no panel was shown")
        #expect(shown[last.upperBound...].contains("\u{1B}[r"))
    }

    @Test func `a terminal without room for a panel sees none`() throws {
        let terminal = try PseudoTerminal(rows: 5, columns: 20)
        let live = try run(on: terminal, "-n 12 --live")
        #expect(try live.text == run(on: terminal, "-n 12").text)
        #expect(!terminal.shown().contains(/[{]|\u{1B}\[\d+;\d+r/))
    }

    @Test func `a panel follows the terminal to another size`() throws {
        let terminal = try PseudoTerminal(rows: 24, columns: 80)
        // Four layers, a line and a title: six lines at the foot, so that 18 rows scroll, and 6 of 12.
        let running = try offstage.startShell(
            "exec \"$offstage\" run '\(SharedModels.wide())' Once -n 20000 --ignore-eos --live 2> \(terminal.path)")
        var (before, after) = ("", "")
        let isShown = running.send(SIGINT) { _ in
            if before.contains("\u{1B}[24;1H") {
                after += terminal.shown()
            } else {
                before += terminal.shown()
                if before.contains("\u{1B}[24;1H") { terminal.resize(rows: 12, columns: 60) }
            }
            return after.contains("\u{1B}[12;1H")
        }
        #expect(isShown)
        #expect(try running.finished().code == 130)
        after += terminal.shown()
        #expect(before.contains("\u{1B}[1;18r"))
        let anew = try #require(after.firstRange(of: "\u{1B}7\u{1B}[r\u{1B}8\u{1B}[J"), "the old panel was not wiped")
        let drawn = after[anew.upperBound...]
        #expect(drawn.contains("\u{1B}[1;6r"))
        #expect(drawn.contains("\u{1B}[2K" + String(repeating: "─", count: 60) + "\u{1B}"))
        #expect(Set(drawn.matches(of: /\[(\d+);1H/).map(\.1)) == ["7", "8", "9", "10", "11", "12", "9999"])
        #expect(drawn.contains("\u{1B}[r\u{1B}[9999;1H"))
    }

    @Test(arguments: ["2>&-", "2> /dev/full"]) func `work goes on where nobody can read of it`(_ nowhere: String) throws
    {
        let model = try SharedModels.small()
        let run = try offstage.shell("\"$offstage\" run '\(model)' Once -n 12 --ignore-eos --live \(nowhere)")
        #expect(try (run.code, run.text) == (0, offstage("run", model, "Once", "-n", "12", "--ignore-eos").text))
        #expect(try offstage.shell("\"$offstage\" profile --trace nothing \(nowhere)").code == 1)
    }

    private func run(on terminal: PseudoTerminal, _ flags: String, _ ending: String = "") throws -> Outcome {
        try offstage.shell(
            "\"$offstage\" run '\(SharedModels.small())' Once --ignore-eos \(flags) 2> \(terminal.path) \(ending)")
    }
}

/// A terminal that keeps what it is told.
private final class PseudoTerminal {
    /// Where programs open it.
    let path: String
    private let descriptor: Int32

    init(rows: UInt16, columns: UInt16) throws {
        descriptor = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK)
        guard descriptor >= 0 else { throw POSIXError(.ENODEV) }
        // TIOCSPTLCK and TIOCGPTN, which Swift is not told of: unlock the terminal, and ask for its number.
        var (lock, number) = (Int32(0), UInt32(0))
        guard ioctl(descriptor, 0x4004_5431, &lock) == 0, ioctl(descriptor, 0x8004_5430, &number) == 0 else {
            throw POSIXError(.ENOTTY)
        }
        path = "/dev/pts/\(number)"
        guard resize(rows: rows, columns: columns) else { throw POSIXError(.ENOTTY) }
    }

    deinit { close(descriptor) }

    @discardableResult func resize(rows: UInt16, columns: UInt16) -> Bool {
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        return ioctl(descriptor, UInt(TIOCSWINSZ), &size) == 0
    }

    /// What came since the last call.
    func shown() -> String {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while case let count = read(descriptor, &piece, piece.count), count > 0 { bytes += piece[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
