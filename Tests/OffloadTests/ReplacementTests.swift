import Foundation
import Mixture
import ModelFiles
import Offload
import Synchronization
import Tensors
import Testing

/// A new store takes the place of an old one within the folder, and touches nothing else.
@Suite struct ReplacementTests {
    private let old = RandomModel()
    private let new = RandomModel(experts: .q8_0)
    private static let site = ".offstage-packing"

    private func pack(_ model: RandomModel, to path: String, force: Bool = false) throws {
        try Packer(model).pack(to: path, force: force)
    }

    private func names(_ path: String) throws -> Set<String> {
        try Set(FileManager.default.contentsOfDirectory(atPath: path))
    }

    private func format(_ path: String) throws -> WeightFormat { try Store(at: path).manifest.experts[0].gateFormat }

    private func move(_ file: String, to other: String) throws {
        try? FileManager.default.removeItem(atPath: other)
        try FileManager.default.moveItem(atPath: file, toPath: other)
    }

    /// An old store whose complete replacement waits to take its place.
    private func beforeTheMove(_ folder: borrowing TemporaryFolder) throws -> String {
        let store = folder("store")
        try pack(old, to: store)
        #expect(throws: PackError.cancelled) {
            try Packer(new).pack(to: store, force: true) { _ in throw PackError.cancelled }
        }
        try pack(new, to: folder("new"))
        for file in ["data.mdb", "tree.crc"] { try move(folder("new/" + file), to: "\(store)/\(Self.site)/\(file)") }
        return store
    }

    @Test func `what lies beside a store and is called like it stays`() throws {
        let folder = try TemporaryFolder()
        for name in ["store.old", "store.packing", "other.old"] { try pack(old, to: folder(name)) }
        try pack(new, to: folder("other"))
        #expect(throws: StoreError.self) { try pack(new, to: folder("other")) }
        try pack(new, to: folder("store"))
        try pack(old, to: folder("store"), force: true)
        #expect(try names(folder.path) == ["store", "store.old", "store.packing", "other", "other.old"])
        #expect(try ["store", "store.old", "store.packing", "other.old"].allSatisfy { try format(folder($0)) == .f32 })
        #expect(try format(folder("other")) == .q8_0)
    }

    @Test func `a link to a store stays one, and the store behind it is replaced`() throws {
        let folder = try TemporaryFolder()
        try pack(old, to: folder("disk"))
        try FileManager.default.createSymbolicLink(atPath: folder("store"), withDestinationPath: "disk")
        for model in [new, old, new] {
            try pack(model, to: folder("store"), force: true)
            #expect(try format(folder("disk")) == model.experts)
        }
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder("store")) == "disk")
        #expect(try names(folder.path) == ["store", "disk"])
        #expect(try names(folder("disk")) == ["data.mdb", "tree.crc"])
    }

    @Test func `a link that leads nowhere and a file are named`() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createSymbolicLink(atPath: folder("link"), withDestinationPath: "gone")
        try Data().write(to: URL(filePath: folder("file")))
        for force in [false, true] {
            let link = #expect(throws: StoreError.self) { try pack(new, to: folder("link"), force: force) }
            #expect(link?.found == "is a link to gone, where nothing is")
            let file = #expect(throws: StoreError.self) { try pack(new, to: folder("file"), force: force) }
            #expect(file?.found == "the folder cannot be made: it is a file, not a folder")
        }
        #expect(throws: StoreError.self) { try Store(at: folder("link")) }
        #expect(try names(folder.path) == ["link", "file"])
    }

    @Test func `a packer that is killed while it replaces leaves the old store, and the next one goes on`() throws {
        let folder = try TemporaryFolder(inMemory: true)
        let store = folder("store")
        try pack(old, to: store)
        var options = PackOptions()
        options.bytesPerCommit = 40_000
        var snapshots = 0
        try Packer(new, options: options).pack(to: store, force: true) { _ in
            snapshots += 1
            try FileManager.default.copyItem(atPath: store, toPath: folder("killed \(snapshots)"))
        }
        #expect(snapshots > 30)
        for snapshot in 1...snapshots {
            let path = folder("killed \(snapshot)")
            #expect(try format(path) == .f32)
            let refusal = #expect(throws: StoreError.self) { try pack(new, to: path) }
            #expect(refusal?.found == "is a complete store")
            try Packer(new, options: options).pack(to: path, force: true)
            #expect(try format(path) == .q8_0)
            #expect(try names(path) == ["data.mdb", "tree.crc"])
        }
    }

    @Test func `a packer that is killed before its first byte leaves nothing that is in the way`() throws {
        let folder = try TemporaryFolder()
        let store = folder("store")
        try pack(old, to: store)
        try FileManager.default.createDirectory(atPath: "\(store)/\(Self.site)", withIntermediateDirectories: false)
        for draft in ["tree.crc.new", "unsynced.new"] { try Data().write(to: URL(filePath: "\(store)/\(draft)")) }
        #expect(try format(store) == .f32)
        try pack(new, to: store, force: true)
        #expect(try format(store) == .q8_0)
        #expect(try names(store) == ["data.mdb", "tree.crc"])
    }

    @Test func `a complete replacement takes its place without being packed again`() throws {
        let folder = try TemporaryFolder()
        let store = try beforeTheMove(folder)
        #expect(try format(store) == .f32)
        try Packer(new).pack(to: store, force: true) { _ in Issue.record("packed again") }
        #expect(try format(store) == .q8_0)
        #expect(try names(store) == ["data.mdb", "tree.crc"])
    }

    @Test(arguments: [true, false])
    func `a move that was killed halfway is whole for readers, and the next packer ends it`(force: Bool) throws {
        let folder = try TemporaryFolder()
        let store = try beforeTheMove(folder)
        try move("\(store)/\(Self.site)/data.mdb", to: "\(store)/data.mdb")
        #expect(try format(store) == .q8_0)
        let again = { _ = try Packer(new).pack(to: store, force: force) { _ in Issue.record("packed again") } }
        if force { try again() } else { #expect(throws: StoreError.self) { try again() } }
        #expect(try format(store) == .q8_0)
        #expect(try names(store) == ["data.mdb", "tree.crc"])
    }

    @Test func `a checksum that is left of something else does not take a good one's place`() throws {
        let folder = try TemporaryFolder()
        let store = try beforeTheMove(folder)
        try FileManager.default.removeItem(atPath: "\(store)/\(Self.site)/data.mdb")
        #expect(throws: StoreError.self) { try pack(new, to: store) }
        #expect(try format(store) == .f32)
        try pack(new, to: store, force: true)
        #expect(try format(store) == .q8_0)
    }

    @Test func `a folder of a person's own is no place to pack in, whatever it is called`() throws {
        let folder = try TemporaryFolder()
        let store = folder("store")
        try pack(old, to: store)
        let site = "\(store)/\(Self.site)"
        try FileManager.default.createDirectory(atPath: site, withIntermediateDirectories: false)
        try Data("dear diary".utf8).write(to: URL(filePath: site + "/data.mdb"))
        for force in [true, false] { #expect(throws: StoreError.self) { try pack(new, to: store, force: force) } }
        #expect(try String(contentsOfFile: site + "/data.mdb", encoding: .utf8) == "dear diary")
        #expect(try format(store) == .f32)
    }

    @Test func `a store is replaced by one packer at a time`() throws {
        let folder = try TemporaryFolder()
        let store = folder("store")
        try pack(old, to: store)
        try FileManager.default.createSymbolicLink(atPath: folder("link"), withDestinationPath: "store")
        var refused: [StoreError.Reason] = []
        try Packer(new).pack(to: store, force: true) { progress in
            guard progress.expertsDone == 1, refused.isEmpty else { return }
            for (path, force) in [(store, true), (store, false), (folder("link"), true)] {
                do { try pack(old, to: path, force: force) } catch let error as StoreError {
                    refused.append(error.reason)
                }
            }
            #expect(try format(store) == .f32)
        }
        #expect(refused == [.inUse, .inUse, .inUse])
        #expect(try format(store) == .q8_0)
    }

    @Test func `a full disk leaves the old store, and the new one is finished later`() throws {
        let folder = try TemporaryFolder()
        let store = folder("store")
        try pack(old, to: store)
        var options = PackOptions()
        options.bytesPerCommit = 20_000
        options.capacity = 400_000
        let error = #expect(throws: StoreError.self) { try Packer(new, options: options).pack(to: store, force: true) }
        #expect(error?.reason == .noSpace && error?.path == store)
        #expect(try format(store) == .f32)
        options.capacity = nil
        try Packer(new, options: options).pack(to: store, force: true)
        #expect(try format(store) == .q8_0)
    }

    @Test func `whoever opens a store while it is replaced finds the old one or the new`() throws {
        let folder = try TemporaryFolder(inMemory: true)
        let store = folder("store")
        try Packer(RandomModel.tiny).pack(to: store)
        let packing = Packing()
        let packer = Thread { packing.replace(store, times: 40) }
        packer.start()
        repeat {
            // Several replacements in a moment are told as such; damage never is.
            do { _ = try Store(at: store) } catch let error as StoreError where error.reason == .inUse {}
        } while !packing.isDone.load(ordering: .acquiring)
        #expect(packing.failures.withLock { $0 } == [])
        _ = try Store(at: store)
    }

    /// Replaces a store over and over, for a thread of its own.
    private final class Packing: Sendable {
        let isDone = Atomic(false)
        let failures = Mutex<[String]>([])

        func replace(_ store: String, times: Int) {
            var other = RandomModel.tiny
            other.digest = "another"
            for round in 0..<times {
                do {
                    try Packer(round % 2 == 0 ? other : RandomModel.tiny).pack(to: store, force: true)
                } catch {
                    failures.withLock { $0.append("\(error)") }
                }
            }
            isDone.store(true, ordering: .releasing)
        }
    }

    @Test func `a volume with a folder of its file system's own is a place to pack in`() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(
            atPath: folder("volume/lost+found"), withIntermediateDirectories: true)
        try pack(old, to: folder("volume"))
        try pack(new, to: folder("volume"), force: true)
        #expect(try format(folder("volume")) == .q8_0)
        #expect(try names(folder("volume")) == ["data.mdb", "tree.crc", "lost+found"])
    }
}
