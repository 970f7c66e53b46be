import Glibc

/// What this process holds, by the kernel's count: its own memory and the file pages it has mapped.
package struct ProcessMemory {
    private static let status = "/proc/self/status"

    package let current: Int
    package let peak: Int
    /// What is no page of a file.
    package let anonymous: Int
    /// What the kernel keeps to find all of it, which is not part of what is held.
    package let pageTables: Int
    /// Addresses, touched or not.
    let addresses: Int
    /// Of these, what is private and may be written.
    let data: Int

    /// What is held now. Where there is no `/proc`, the most that was ever held stands for all of it.
    package init(files: KernelFiles = KernelFiles()) {
        func entry(_ key: String) -> Int? { files.entry(key, in: Self.status) }
        let most = Self.mostEver
        current = entry("VmRSS") ?? most
        peak = entry("VmHWM") ?? most
        anonymous = entry("RssAnon") ?? most
        pageTables = entry("VmPTE") ?? 0
        addresses = entry("VmSize") ?? most
        data = entry("VmData") ?? most
    }

    private static var mostEver: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss << 10
    }

    /// Gives back to the system what is free in the C library's heap, where that library can.
    package static func giveBackHeap() {
        guard let program = dlopen(nil, RTLD_NOW), let trim = dlsym(program, "malloc_trim") else { return }
        _ = unsafeBitCast(trim, to: (@convention(c) (Int) -> Int32).self)(0)
    }

    /// Begins a new peak, where the kernel allows it.
    package static func forgetPeak() {
        let descriptor = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = write(descriptor, "5", 1)
        close(descriptor)
    }
}
