extension CPU {
    /// Bytes of all last-level caches together: what they may hold need not come from memory. 32 MiB where nobody says.
    package static func lastLevelCacheBytes(files: KernelFiles = KernelFiles()) -> Int {
        var caches: [String: Int] = [:]
        for processor in 0..<4096 {
            let folder = "/sys/devices/system/cpu/cpu\(processor)/cache"
            let last = (0..<8).compactMap { files.cache("\(folder)/index\($0)") }.max { $0.level < $1.level }
            guard let last else { break }
            caches[last.sharers] = last.bytes
        }
        return caches.isEmpty ? 32 << 20 : caches.values.reduce(0, +)
    }
}

extension KernelFiles {
    fileprivate func cache(_ folder: String) -> (level: Int, bytes: Int, sharers: String)? {
        guard let level = number(folder + "/level"), let size = text(folder + "/size"),
            let unit = size.last(where: \.isLetter),
            let count = Int(size.prefix { $0.isNumber }), let shift = ["K": 10, "M": 20][unit], count < 1 << 30
        else { return nil }
        return (level, count << shift, text(folder + "/shared_cpu_list") ?? folder)
    }
}
