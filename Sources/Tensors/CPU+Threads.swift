import CKernels

extension CPU {
    /// Threads that compute when nobody says how many: one for each processor that this process may use.
    package static let defaultThreads = threads(files: KernelFiles(), processors: allowedProcessors)

    /// As many as there are processors to run on, or as the narrowest quota of a control group pays for.
    ///
    /// - Parameter processors: those that the scheduler may put this process on.
    package static func threads(files: KernelFiles, processors: Int) -> Int {
        let quotas = files.controlGroups("cpu").compactMap { files.quota(of: $0) }
        let paid = quotas.min().map(threads(quota:)) ?? processors
        return min(max(1, min(processors, paid)), 1024)
    }

    /// The nearest whole number. Threads whose time runs out stop in the middle of a loop that the others wait in: with the
    /// time of 1 processor two threads are a sixth slower than one, with that of 1.25 as fast, with that of 1.5 a fifth faster.
    private static func threads(quota: Double) -> Int { Int(min(quota, 1024).rounded()) }

    /// The processors in the mask of this thread, which `taskset` and `cpuset` groups narrow.
    /// The numbers of the processors that this process may use, as the kernel writes them: `0-3,8`; empty where it does not say.
    package static func processorList(files: KernelFiles = KernelFiles()) -> String {
        let title = "Cpus_allowed_list:"
        let line = files.text("/proc/self/status")?.split(separator: "\n").first { $0.hasPrefix(title) }
        return line.map { $0.dropFirst(title.count).filter { !$0.isWhitespace } } ?? ""
    }

    private static var allowedProcessors: Int { max(1, Int(ck_allowed_processors())) }
}

extension KernelFiles {
    /// Processors that a group's time is worth; nil without a limit.
    fileprivate func quota(of group: ControlGroup) -> Double? {
        let (time, period): (Int?, Int?)
        switch group.version {
        case .one:
            time = number(group.folder + "/cpu.cfs_quota_us")
            period = number(group.folder + "/cpu.cfs_period_us")
        case .two:
            let words = numbers(group.folder + "/cpu.max")
            guard words.count == 2 else { return nil }
            (time, period) = (words[0], words[1])
        }
        guard let time, let period, time > 0, period > 0 else { return nil }
        return Double(time) / Double(period)
    }
}
