import CUV

/// Seconds during which at least one of several things was going on.
struct BusyTime: Sendable {
    private var count = 0
    private var since: UInt64 = 0
    private var nanoseconds: UInt64 = 0

    mutating func begin() {
        if count == 0 { since = uv_hrtime() }
        count += 1
    }

    mutating func end() {
        count -= 1
        if count == 0 { nanoseconds += uv_hrtime() - since }
    }

    var isBusy: Bool { count > 0 }
    var seconds: Double { Double(nanoseconds + (isBusy ? uv_hrtime() - since : 0)) * 1e-9 }
}
