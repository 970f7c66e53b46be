import Foundation
import Mixture
import Testing
import Training

struct TrainFlagTests {
    @Test func `every field of a recipe is a flag`() throws {
        let help = try OffstageCommand(folder: TemporaryFolder())("help", "train").text
        let flags = Set(help.matches(of: /--[a-z0-9][a-z0-9-]*/).map { String($0.output) })
        let fields = names(of: Recipe()) + names(of: Recipe().router).filter { $0 != "name" }
        #expect(fields.count > 50)
        for field in fields { #expect(flags.contains("--" + field), "--\(field)") }
    }

    /// Field names as they are written on a command line.
    private func names(of value: Any) -> [String] {
        Mirror(reflecting: value).children.compactMap(\.label).map { label in
            label.reduce(into: "") { $0 += $1.isUppercase ? "-" + $1.lowercased() : String($1) }
        }
    }
}
