#if OpenBLAS
    import Glibc

    /// OpenBLAS, opened when f32 weights first need it.
    ///
    /// A program that is linked to it starts its threads before `main`, one for each core, and all of them map a buffer
    /// whose allocation is tried again for ever where the address space is limited. So it is opened late, with one thread,
    /// and its buffers are mapped while it is known that there is room for them.
    final class OpenBLAS: @unchecked Sendable {  // Pointers that never change, and a semaphore made to be shared.
        /// The library, or why it is not used; opened by whoever asks first.
        static let opened = Result { () throws(Absence) in try OpenBLAS() }

        /// Why the library is not used.
        struct Absence: Error {
            let found: String
        }

        typealias Multiply =
            @convention(c) (
                UInt32, UInt32, UInt32, Int32, Int32, Int32, Float, UnsafePointer<Float>?, Int32,
                UnsafePointer<Float>?, Int32, Float, UnsafeMutablePointer<Float>?, Int32
            ) -> Void
        private typealias Allocate = @convention(c) (Int32) -> UnsafeMutableRawPointer?
        private typealias Free = @convention(c) (UnsafeMutableRawPointer?) -> Void

        private let multiply: Multiply
        /// Counts the buffers that nobody multiplies in.
        private let buffers = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

        private static let name = "libopenblas.so.0"
        /// More than one buffer takes in any build, so that there is room for it when this much could be mapped.
        private static let room = 256 << 20
        /// What OpenBLAS has room for whatever its build, and no more than there are processors.
        private static let mostBuffers = min(max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1), 64)

        private init() throws(Absence) {
            guard Self.hasRoom else { throw Self.noRoom }
            guard let library = Self.openWithOneThread() else {
                throw Absence(found: "\(Self.lastError) (Debian has it as libopenblas0)")
            }
            guard let multiply = dlsym(library, "cblas_sgemm"), let allocate = dlsym(library, "blas_memory_alloc"),
                let free = dlsym(library, "blas_memory_free")
            else { throw Absence(found: Self.lastError) }
            self.multiply = unsafeBitCast(multiply, to: Multiply.self)
            let count = Self.mapBuffers(
                unsafeBitCast(allocate, to: Allocate.self), unsafeBitCast(free, to: Free.self))
            guard count > 0 else { throw Self.noRoom }
            sem_init(buffers, 0, UInt32(count))
        }

        /// `result[i, r]` = Σ over c of `left[i, c]` × `right[r, c]`, on the calling thread; `result` has rows of `stride`.
        ///
        /// Waits while as many threads multiply as there are buffers.
        func multiply(
            _ left: UnsafePointer<Float>, by right: UnsafePointer<Float>, rows: Int, columns: Int, depth: Int,
            into result: UnsafeMutablePointer<Float>, stride: Int
        ) {
            let (rowMajor, plain, transposed): (UInt32, UInt32, UInt32) = (101, 111, 112)
            while sem_wait(buffers) != 0 {}  // Only a signal ends the wait early.
            defer { sem_post(buffers) }
            multiply(
                rowMajor, plain, transposed, Int32(rows), Int32(columns), Int32(depth), 1, left, Int32(depth), right,
                Int32(depth), 0, result, Int32(stride))
        }

        /// Its constructor reads how many threads to start from the environment. Programs that this one starts see what
        /// was there before.
        private static func openWithOneThread() -> UnsafeMutableRawPointer? {
            let names = ["OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS"]
            let before = names.map { name in getenv(name).map { String(cString: $0) } }
            for name in names { setenv(name, "1", 1) }
            defer {
                for (name, value) in zip(names, before) {
                    if let value { setenv(name, value, 1) } else { unsetenv(name) }
                }
            }
            return dlopen(name, RTLD_NOW | RTLD_LOCAL)
        }

        /// Lets OpenBLAS map its buffers, which it keeps from then on: one for each processor, or as many as there is room
        /// for. They take memory only where they are written to.
        private static func mapBuffers(_ allocate: Allocate, _ free: Free) -> Int {
            var buffers: [UnsafeMutableRawPointer?] = []
            while buffers.count < mostBuffers, hasRoom { buffers.append(allocate(0)) }
            for buffer in buffers { free(buffer) }
            return buffers.count
        }

        private static var hasRoom: Bool {
            let held = ProcessMemory()
            guard leavesRoom(RLIMIT_AS, held.addresses), leavesRoom(RLIMIT_DATA, held.data) else { return false }
            let memory = mmap(nil, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            guard let memory, memory != MAP_FAILED else { return false }
            munmap(memory, room)
            return true
        }

        /// What other threads allocate while the room is tried must find room beside it.
        private static func leavesRoom(_ resource: __rlimit_resource, _ held: Int) -> Bool {
            var limit = rlimit()
            let isKnown = getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0
            return !isKnown || limit.rlim_cur > 1 << 60 || Int(limit.rlim_cur) - held >= room + (64 << 20)
        }

        private static var noRoom: Absence {
            Absence(found: "there is no address space for its buffers (raise ulimit -v)")
        }
        private static var lastError: String { dlerror().map { String(cString: $0) } ?? "\(name) cannot be opened" }
    }
#endif

extension WeightMatrix {
    /// Whether products of f32 weights with so many activation rows go through BLAS, which is opened now if they do: from
    /// then on its files are mapped, and each thread that multiplies keeps a buffer.
    package static func multipliesWithBLAS(tokens: Int) -> Bool {
        #if OpenBLAS
            guard tokens >= leastTokensForBLAS, case .success = OpenBLAS.opened else { return false }
            return true
        #else
            return false
        #endif
    }

    /// Why BLAS does not multiply, where it was meant to.
    package static var absenceOfBLAS: String? {
        #if OpenBLAS
            guard case .failure(let absence) = OpenBLAS.opened else { return nil }
            return
                "OpenBLAS is not used: \(absence.found). The built-in kernels multiply f32 weights instead, more slowly"
        #else
            return nil
        #endif
    }
}
