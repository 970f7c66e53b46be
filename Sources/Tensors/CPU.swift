import CKernels
import Glibc

/// The processor, and which kernels it runs.
package enum CPU {
    /// Instructions that kernels use; every level gives the same bits.
    package enum Level: Int32, Comparable, Sendable, CaseIterable {
        case generic, avx2, avxvnni, avx512, avx512vbmi

        package static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }
    }

    /// The processor's name for itself.
    package static let name: String = {
        let bytes = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 49) { buffer in
            ck_cpu_name(buffer.baseAddress!)
            return String(cString: buffer.baseAddress!)
        }
        let words = bytes.split(separator: " ")
        return words.isEmpty ? "unknown processor" : words.joined(separator: " ")
    }()

    /// The levels that this processor has, the best one last.
    package static let levels = Level.allCases.filter { ck_has_level(ck_level(rawValue: $0.rawValue)) }

    package static var bestLevel: Level { levels.last ?? .generic }

    /// The level in use: the best, or the best up to one that the environment names (`OFFSTAGE_KERNELS=generic`, `avx2`,
    /// `avxvnni`, `avx512`).
    package static let level: Level = {
        let named = getenv("OFFSTAGE_KERNELS").map { String(cString: $0) }
        let most = Level.allCases.first { "\($0)" == named } ?? bestLevel
        return levels.last { $0 <= most } ?? .generic
    }()

    static let kernels: ck_kernels = ck_kernels_of(ck_level(rawValue: level.rawValue)).pointee

    /// What is wrong with the environment's `OPENBLAS_CORETYPE`, if it holds OpenBLAS below this processor.
    package static var blasWarning: String? {
        guard let value = getenv("OPENBLAS_CORETYPE") else { return nil }
        return blasWarning(coreType: String(cString: value), level: bestLevel)
    }

    package static func blasWarning(coreType: String, level: Level) -> String? {
        let wide = ["skylakex", "cooperlake", "sapphirerapids"]
        let middle = wide + ["haswell", "zen"]
        let name = coreType.lowercased()
        let isEnough =
            switch level {
            case .avx512, .avx512vbmi: wide.contains(name)
            case .avx2, .avxvnni: middle.contains(name)
            case .generic: true
            }
        guard !isEnough else { return nil }
        return
            "OPENBLAS_CORETYPE=\(coreType) keeps OpenBLAS from using this processor's \(level) instructions; unset it"
    }
}
