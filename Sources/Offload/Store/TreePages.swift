import Tensors

/// LMDB's tree, read page by page with `pread` and believed in nothing.
///
/// The layouts are those of LMDB 0.9 (`mdb.c`: `MDB_page`, `MDB_meta`, `MDB_db`, `MDB_node`), data version 1, with
/// 8-byte page numbers in little-endian order.
struct TreePages: ~Copyable {
    private let file: OpenFile
    private let folder: StoreFolder
    private let meta: Meta
    private var checksum: TreeChecksum
    private var seen: Set<UInt64> = []

    /// What was found, and in which file.
    struct Checked {
        let checksum: TreeChecksum
        let identity: FileIdentity?
    }

    /// Checks the structure of a store's tree and sums it up, with bounded reads only.
    ///
    /// - Parameter isComplete: whether every page must be there, or only those in use.
    /// - Throws: ``StoreError`` `.foreign`, `.truncated` or `.corrupt`.
    static func checked(_ folder: StoreFolder, isComplete: Bool) throws -> Checked {
        var tree = try TreePages(folder)
        if isComplete { try tree.meta.checkLength(tree.file.length, folder) }
        try tree.walk(tree.meta.free, .freePages)
        try tree.walk(tree.meta.main, .names)
        return Checked(checksum: tree.checksum, identity: tree.file.identity)
    }

    private init(_ folder: StoreFolder) throws {
        let file = try OpenFile(folder.data)
        guard file.length >= 2 * Meta.smallestPage else {
            throw StoreError(
                .truncated, folder.path, "data.mdb has only \(file.length) bytes", wayOut: StoreError.packAgain)
        }
        let first = try Meta(Page(number: 0, size: Meta.smallestPage, in: file), folder)
        guard file.length >= 2 * first.pageSize else {
            throw StoreError(
                .truncated, folder.path, "data.mdb has only \(file.length) bytes", wayOut: StoreError.packAgain)
        }
        let pages = [
            try Page(number: 0, size: first.pageSize, in: file), try Page(number: 1, size: first.pageSize, in: file),
        ]
        let second = try Meta(pages[1], folder)
        guard first.pageSize == second.pageSize else {
            throw StoreError.corrupt(
                folder.path, "the two meta pages name page sizes \(first.pageSize) and \(second.pageSize)")
        }
        meta = first.transaction < second.transaction ? second : first
        checksum = TreeChecksum(transaction: meta.transaction, pages: 0, crc32c: 0)
        for page in pages { checksum.add(page) }
        self.file = file
        self.folder = folder
    }

    /// What the leaves of a tree hold.
    private enum Content { case freePages, names, records }

    private mutating func walk(_ tree: Tree, _ content: Content) throws {
        guard let root = tree.root else { return }
        guard (1...32).contains(tree.depth) else { throw corrupt("a tree of depth \(tree.depth)") }
        try walk(page: root, depth: tree.depth, content)
    }

    private mutating func walk(page number: UInt64, depth: Int, _ content: Content) throws {
        try check(pages: 1, from: number)
        guard seen.insert(number).inserted else { throw corrupt("page \(number) is used twice") }
        let page = try Page(number: Int(number), size: meta.pageSize, in: file)
        checksum.add(page)
        guard page.integer(0, as: UInt64.self) == number,
            page.integer(10, as: UInt16.self) == (depth == 1 ? Page.leaf : Page.branch),
            let nodes = page.nodes, nodes.count >= (depth == 1 ? 1 : 2)
        else { throw corrupt("page \(number) is not the page it should be") }
        for node in nodes {
            if depth > 1 {
                // LMDB compares keys of free pages as whole numbers; the first of a branch has none.
                let keySize = page.integer(node + 6, as: UInt16.self)
                guard content != .freePages || node == nodes[0] || keySize == 8 else {
                    throw corrupt("page \(number) lists no free pages")
                }
                try walk(page: page.child(node), depth: depth - 1, content)
            } else {
                try check(leaf: node, of: page, number, content)
            }
        }
    }

    private mutating func check(leaf node: Int, of page: borrowing Page, _ number: UInt64, _ content: Content) throws {
        let flags = page.integer(node + 4, as: UInt16.self)
        let size = Int(page.integer(node, as: UInt32.self))
        let keySize = Int(page.integer(node + 6, as: UInt16.self))
        let value = node + 8 + keySize
        guard flags & ~(Page.bigData | Page.subData) == 0,
            value + (flags & Page.bigData == 0 ? size : 8) <= meta.pageSize
        else {
            throw corrupt("page \(number) has a value that does not lie in it")
        }
        if flags & Page.bigData != 0 {
            try check(pages: (size + 15) / meta.pageSize + 1, from: page.integer(value, as: UInt64.self))
        }
        switch content {
        case .records:
            guard flags & Page.subData == 0 else { throw corrupt("page \(number) has a database where none belongs") }
        case .names:
            guard flags == Page.subData, size == Tree.byteCount else {
                throw corrupt("page \(number) names no database")
            }
            let tree = Tree(page, at: value)
            guard tree.flags == 0 else { throw corrupt("a database has the flags \(tree.flags)") }
            try walk(tree, .records)
        case .freePages:
            // A list is about as long as there are pages, at most; LMDB leaves some room in it.
            guard flags & Page.subData == 0, keySize == 8, UInt64(size) / 8 <= meta.lastPage + 1 << 17 else {
                throw corrupt("page \(number) lists no free pages")
            }
            try check(freePages: try bytes(of: value, size, flags, page))
        }
    }

    /// The bytes of a value, wherever they lie.
    private func bytes(of value: Int, _ size: Int, _ flags: UInt16, _ page: borrowing Page) throws -> [UInt8] {
        guard flags & Page.bigData != 0 else { return Array(page.bytes[value..<value + size]) }
        var bytes = [UInt8](repeating: 0, count: size)
        let start = Int(page.integer(value, as: UInt64.self)) * meta.pageSize + 16
        try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: start) }
        return bytes
    }

    /// Checks a list of page numbers, its length in front: who writes will use these pages.
    private func check(freePages bytes: [UInt8]) throws {
        let list = bytes.withUnsafeBytes { bytes in
            (0..<bytes.count / 8).map { bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self) }
        }
        guard let count = list.first, count < list.count,
            list[1...].prefix(Int(count)).allSatisfy({ $0 >= 2 && $0 <= meta.lastPage })
        else { throw corrupt("its list of free pages is impossible") }
    }

    /// Checks that pages lie in the file, behind the meta pages.
    private func check(pages: Int, from number: UInt64) throws {
        guard number >= 2, number <= meta.lastPage, UInt64(pages) <= meta.lastPage - number + 1 else {
            throw corrupt("\(pages) pages at \(number) are used, and the last page is \(meta.lastPage)")
        }
        guard (number + UInt64(pages)) <= UInt64(file.length / meta.pageSize) else {
            throw StoreError(
                .truncated, folder.path, "data.mdb has \(file.length) bytes, and page \(number) lies behind them",
                wayOut: StoreError.packAgain)
        }
    }

    private func corrupt(_ found: String) -> StoreError { .corrupt(folder.path, "data.mdb is damaged: \(found)") }
}

extension TreeChecksum {
    fileprivate mutating func add(_ page: borrowing Page) {
        pages += 1
        crc32c = page.bytes.withUnsafeBytes { Tensors.crc32c($0, seed: crc32c) }
    }
}

/// One page, read into memory of our own.
private struct Page {
    static let branch: UInt16 = 0x01
    static let leaf: UInt16 = 0x02
    static let meta: UInt16 = 0x08
    static let bigData: UInt16 = 0x01
    static let subData: UInt16 = 0x02

    let bytes: [UInt8]

    init(number: Int, size: Int, in file: borrowing OpenFile) throws {
        var bytes = [UInt8](repeating: 0, count: size)
        try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: number * size) }
        self.bytes = bytes
    }

    /// The integer at an offset, which the caller has checked to lie in the page.
    func integer<Value: FixedWidthInteger>(_ offset: Int, as: Value.Type) -> Value {
        precondition(
            offset >= 0 && offset + MemoryLayout<Value>.size <= bytes.count, "offset \(offset) of \(bytes.count)")
        return Value(littleEndian: bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Value.self) })
    }

    /// Where the nodes begin, or nil when one does not lie in the page with its key.
    var nodes: [Int]? {
        let lower = Int(integer(12, as: UInt16.self))
        let upper = Int(integer(14, as: UInt16.self))
        guard lower >= 16, lower % 2 == 0, lower <= upper, upper <= bytes.count else { return nil }
        let nodes = stride(from: 16, to: lower, by: 2).map { Int(integer($0, as: UInt16.self)) }
        let fits = nodes.allSatisfy { node in
            node >= upper && node % 2 == 0 && node + 8 <= bytes.count
                && node + 8 + Int(integer(node + 6, as: UInt16.self)) <= bytes.count
        }
        return fits ? nodes : nil
    }

    /// The page below a branch node: 48 bits of its header.
    func child(_ node: Int) -> UInt64 {
        UInt64(integer(node, as: UInt32.self)) | UInt64(integer(node + 4, as: UInt16.self)) << 32
    }
}

/// What a meta page says.
private struct Meta {
    static let smallestPage = 4096
    private static let magic: UInt32 = 0xBEEF_C0DE
    private static let integerKeys: UInt16 = 0x08

    let pageSize: Int
    let free: Tree
    let main: Tree
    let lastPage: UInt64
    let transaction: UInt64

    init(_ page: borrowing Page, _ folder: StoreFolder) throws {
        guard page.integer(10, as: UInt16.self) == Page.meta, page.integer(16, as: UInt32.self) == Self.magic else {
            throw StoreError(.foreign, folder.path, "data.mdb is not an LMDB file", wayOut: StoreError.packAgain)
        }
        let version = page.integer(20, as: UInt32.self)
        guard version == 1 else {
            throw StoreError(
                .foreign, folder.path, "data.mdb has LMDB's data version \(version), not 1",
                wayOut: StoreError.packAgain)
        }
        pageSize = Int(page.integer(40, as: UInt32.self))
        free = Tree(page, at: 40)
        main = Tree(page, at: 88)
        lastPage = page.integer(136, as: UInt64.self)
        transaction = page.integer(144, as: UInt64.self)
        guard [4096, 8192, 16384, 32768].contains(pageSize), lastPage >= 1, lastPage < 1 << 40,
            free.flags == Self.integerKeys, main.flags == 0
        else {
            throw StoreError.corrupt(
                folder.path,
                "a meta page names pages of \(pageSize) bytes, the last being \(lastPage), flags \(free.flags) and \(main.flags)"
            )
        }
    }

    func checkLength(_ length: Int, _ folder: StoreFolder) throws {
        let needed = (Int(lastPage) + 1) * pageSize
        guard length >= needed else {
            throw StoreError(
                .truncated, folder.path, "data.mdb has \(length) bytes of \(needed)",
                wayOut: "copy the folder again, or " + StoreError.packAgain)
        }
    }
}

/// What LMDB keeps about one database.
private struct Tree {
    static let byteCount = 48

    let flags: UInt16
    let depth: Int
    /// nil when the database is empty.
    let root: UInt64?

    init(_ page: borrowing Page, at offset: Int) {
        flags = page.integer(offset + 4, as: UInt16.self)
        depth = Int(page.integer(offset + 6, as: UInt16.self))
        let root = page.integer(offset + 40, as: UInt64.self)
        self.root = root == .max ? nil : root
    }
}
