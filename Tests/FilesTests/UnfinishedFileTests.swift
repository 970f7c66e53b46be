import Files
import Foundation
import Testing

@Suite struct UnfinishedFileTests {
    private let folder = NSTemporaryDirectory() + "/files-" + UUID().uuidString

    init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

    private func path(_ name: String) -> String { folder + "/" + name }

    private func names(_ folder: String? = nil) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder ?? self.folder).sorted()
    }

    private func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

    private func put(_ text: String, as name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
    }

    private func permissions(of name: String) -> mode_t {
        var status = stat()
        return stat(path(name), &status) == 0 ? status.st_mode & 0o777 : 0
    }

    @Test func `what was there stays until the new one is whole`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try put("old", as: "report")
        do {
            let file = try UnfinishedFile(path: path("report"))
            try file.write(Array("ne".utf8))
            #expect(try text("report") == "old")
        }
        #expect(try text("report") == "old" && names() == ["report"])
        var file = try UnfinishedFile(path: path("report"))
        try file.write(Array("new".utf8))
        try file.finish()
        #expect(try text("report") == "new" && names() == ["report"])
    }

    @Test func `two that are written to one path do not meet, and the last one wins`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try put("somebody's", as: "out.partial")
        var one = try UnfinishedFile(path: path("out"))
        var other = try UnfinishedFile(path: path("out"))
        try one.write(Array("one".utf8))
        try other.write(Array("other".utf8))
        try other.finish()
        try one.finish()
        #expect(try text("out") == "one" && text("out.partial") == "somebody's")
        #expect(try names() == ["out", "out.partial"])
    }

    @Test func `links stay links, wherever they lead`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: path("deep"), withIntermediateDirectories: true)
        try put("old", as: "deep/there")
        for (link, target) in [("link", "next"), ("next", "deep/there"), ("dangling", "deep/new")] {
            try FileManager.default.createSymbolicLink(atPath: path(link), withDestinationPath: target)
        }
        try UnfinishedFile.write(Array("1".utf8), to: path("link"))
        try UnfinishedFile.write(Array("2".utf8), to: path("dangling"))
        #expect(try text("deep/there") == "1" && text("deep/new") == "2")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path("link")) == "next")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path("dangling")) == "deep/new")
        #expect(try names() == ["dangling", "deep", "link", "next"])
    }

    @Test func `permissions of what is replaced stay`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try put("old", as: "secret")
        chmod(path("secret"), 0o640)
        try UnfinishedFile.write(Array("new".utf8), to: path("secret"), writesThrough: true)
        #expect(permissions(of: "secret") == 0o640)
    }

    @Test func `devices and pipes are written into, if that is wanted`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(!UnfinishedFile.canReplace("/dev/null") && !UnfinishedFile.canReplace(folder))
        #expect(UnfinishedFile.canReplace(path("new")))
        try UnfinishedFile.write([1], to: "/dev/null", writesThrough: true)
        #expect(throws: SystemError(code: ENOSPC)) {
            try UnfinishedFile.write([1], to: "/dev/full", writesThrough: true)
        }
        #expect(throws: SystemError(code: EISDIR)) { try UnfinishedFile.checkWritable(folder) }
        mkfifo(path("pipe"), 0o600)
        // Looking at a pipe does not wait for its reader, nor end what the reader reads.
        try UnfinishedFile.checkWritable(path("pipe"))
        let reader = open(path("pipe"), O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        try UnfinishedFile.write(Array("text".utf8), to: path("pipe"), writesThrough: true)
        var bytes = [UInt8](repeating: 0, count: 8)
        #expect(read(reader, &bytes, 8) == 4)
        #expect(try names() == ["pipe"])
    }

    @Test func `what a program that was killed left goes with the next file, and nothing else does`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let kept = [".offstage-notes", ".offstage-0123456789abcde", "x.partial", ".offstage-0123456789abcdeg"]
        for name in kept + [".offstage-0123456789abcdef"] { try put("left", as: name) }
        let written = try UnfinishedFile(path: path("other"))
        try UnfinishedFile.write(Array("new".utf8), to: path("out"))
        #expect(try names().filter { !kept.contains($0) }.count == 2, "one is being written")
        #expect(try !names().contains(".offstage-0123456789abcdef"))
        #expect(try Set(names()).isSuperset(of: kept))
        _ = consume written
    }

    @Test func `a place where no file can be is told before anything is written`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createSymbolicLink(atPath: path("loop"), withDestinationPath: "loop")
        for (name, code) in [("none/out", ENOENT), ("out/", EISDIR), ("loop", ELOOP)] {
            #expect(throws: SystemError(code: code)) { try UnfinishedFile.checkWritable(path(name)) }
            #expect(throws: SystemError(code: code)) { _ = try UnfinishedFile(path: path(name)) }
        }
        try UnfinishedFile.checkWritable(path("out"))
        #expect(try names() == ["loop"])
    }

    @Test(.enabled(if: SmallDisk.isPossible, "needs root and a disk that can be filled"))
    func `a full disk leaves what was there whole`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let disk = try SmallDisk(bytes: 1 << 16)
        let old = [UInt8](repeating: 1, count: 20_000)
        try UnfinishedFile.write(old, to: disk.path + "/report")
        #expect(throws: SystemError(code: ENOSPC)) {
            try UnfinishedFile.write(
                [UInt8](repeating: 2, count: 60_000), to: disk.path + "/report", writesThrough: true)
        }
        #expect(try [UInt8](Data(contentsOf: URL(fileURLWithPath: disk.path + "/report"))) == old)
        #expect(try names(disk.path) == ["report"])
    }

    @Test(.enabled(if: SmallDisk.isPossible, "needs root and mounts"))
    func `a file that something is mounted on is written into`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try put("outside", as: "outside")
        try put("mounted", as: "inside")
        try #require(mount(path("outside"), path("inside"), nil, UInt(MS_BIND), nil) == 0)
        defer { umount2(path("inside"), Int32(MNT_DETACH)) }
        try UnfinishedFile.write(Array("new".utf8), to: path("inside"), writesThrough: true)
        #expect(try text("outside") == "new")
        #expect(try names() == ["inside", "outside"])
        #expect(throws: SystemError(code: EBUSY)) { try UnfinishedFile.write([1], to: path("inside")) }
        #expect(try names() == ["inside", "outside"])
    }
}
