import Foundation

/// How many inputs a fuzz test tries: fewer in a debug build, which is slow, and more where the environment asks for it.
/// Ten times as many:
///
///     OFFSTAGE_FUZZ=10 swift test -c release --filter FuzzTests
enum FuzzEffort {
    static func tries(_ count: Int) -> Int { max(1, count * factor / divisor) }

    /// What the seeds of a longer run begin with, so that it does not do the short one again.
    static func seed(_ seed: Int) -> Int { seed + (factor - 1) * 1_000_000 }

    private static let factor = ProcessInfo.processInfo.environment["OFFSTAGE_FUZZ"].flatMap(Int.init) ?? 1
    #if DEBUG
        private static let divisor = 50
    #else
        private static let divisor = 1
    #endif
}
