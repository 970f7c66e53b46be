import CUV
import Glibc
import Logging

/// A file read past the page cache (`O_DIRECT`), in aligned stretches.
///
/// Where that is refused, as on tmpfs, it is read through the page cache and each stretch dropped from it at once.
final class DirectFile: ReadSource {
    /// Offsets, lengths and addresses of direct reads are multiples of this.
    static let alignment = RecordLayout.windowAlignment

    private let file: OpenFile
    let isDirect: Bool

    var path: String { file.path }
    var descriptor: Int32 { file.descriptor }
    var identity: FileIdentity? { file.identity }

    init(_ path: String, logger: Logger) throws(ReadError) {
        if let direct = try? OpenFile(path, flags: UV_FS_O_DIRECT), Self.canRead(direct) {
            file = direct
            isDirect = true
        } else {
            file = try OpenFile(path)
            isDirect = false
            // Reading ahead would fill the page cache beside what is dropped.
            posix_fadvise(file.descriptor, 0, 0, POSIX_FADV_RANDOM)
            logger.notice("\(path) cannot be read directly; reading it through the page cache, which is slower")
        }
    }

    func begin(_ lane: Lane) -> Int32 {
        let memory = lane.memory
        var buffer = uv_buf_init(memory.baseAddress!.assumingMemoryBound(to: CChar.self), UInt32(memory.count))
        return uv_fs_read(lane.loop, lane.request, descriptor, &buffer, 1, Int64(lane.offset)) { request in
            let lane = Unmanaged<Lane>.fromOpaque(request!.pointee.data).takeUnretainedValue()
            let result = request!.pointee.result
            uv_fs_req_cleanup(request)
            lane.landed(result)
        }
    }

    /// Lets go of the page cache behind bytes that were read through it.
    func dropCache(_ bytes: Range<Int>) {
        if !isDirect { file.dropCache(bytes) }
    }

    /// Some file systems take the flag and refuse the read.
    private static func canRead(_ file: borrowing OpenFile) -> Bool {
        let page = UnsafeMutableRawBufferPointer.allocate(byteCount: alignment, alignment: alignment)
        defer { page.deallocate() }
        return pread(file.descriptor, page.baseAddress, page.count, 0) >= 0
    }
}
