import Glibc

/// What this process holds, by the kernel's count: its own memory and the file pages it has mapped.
package struct ProcessMemory {
    private static let status = "/proc/self/status"

    package let current: Int
    package let peak: Int
    /// What is no page of a file.
    let anonymous: Int
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
        addresses = entry("VmSize") ?? most
        data = entry("VmData") ?? most
    }

    private static var mostEver: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss << 10
    }

    /// Begins a new peak, where the kernel allows it.
    package static func forgetPeak() {
        let descriptor = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = write(descriptor, "5", 1)
        close(descriptor)
    }
}
