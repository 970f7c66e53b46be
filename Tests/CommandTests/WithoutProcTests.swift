import Foundation
import Testing

/// Programs in a container that has no `/proc`.
struct WithoutProcTests {
    private static let canUnmount: Bool = {
        guard let folder = try? TemporaryFolder() else { return false }
        let outcome = try? OffstageCommand(folder: folder).shell(unmounting + "true")
        return outcome?.code == 0
    }()
    private static let unmounting =
        "exec unshare --mount --propagation private bash -c 'umount --lazy /proc && exec \"$@\"' - "

    private let folder = try! TemporaryFolder()
    private var offstage: OffstageCommand { OffstageCommand(folder: folder) }

    @Test(.enabled(if: canUnmount, "needs root and mount namespaces"))
    func `commands know their arguments`() throws {
        let version = try offstage.shell(Self.unmounting + "\"$offstage\" --version")
        #expect(version.code == 0)
        #expect(version.text.split(separator: ".").count == 3, "\(version.text)")
        let wrong = try offstage.shell(Self.unmounting + "\"$offstage\" run a b --nonsense")
        #expect(wrong.code == 2)
        #expect(wrong.notes.contains("--nonsense"))
    }

    @Test(.enabled(if: canUnmount, "needs root and mount namespaces"), arguments: ["auto", "min"])
    func `a model runs and its peak is known`(budget: String) throws {
        let line = "run \(try SharedModels.small()) 'Once upon' -n 4 --json --ram \(budget)"
        let run = try offstage.shell(Self.unmounting + "\"$offstage\" \(line)")
        #expect(run.code == 0, "\(run.notes)")
        let statistics = try run.json(Statistics.self)
        #expect(statistics.peakMemoryBytes > 10 << 20)
        #expect(statistics.peakMemoryBytes <= statistics.ramBudgetBytes)
    }
}
