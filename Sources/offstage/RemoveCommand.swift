import ArgumentParser
import Foundation
import Inference
import Offload

struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Delete a packed model.",
        discussion: "What it was packed from stays. A folder that holds anything but a store is refused.")

    @OptionGroup var model: ModelOptions
    @Flag(name: [.long, .customLong("force")], help: "Do not ask.") var yes = false

    func run() throws {
        Interruption.watch()
        guard let store = model.home.entry(named: model.model) else {
            if access(model.model, F_OK) == 0 {
                throw Complaint("\(model.model) is not a packed model; nothing was removed")
            }
            throw model.home.unknown(model.model)
        }
        let size = formatted(bytes: store.bytes)
        if !yes {
            guard isatty(STDIN_FILENO) == 1 else {
                throw Complaint("\(store.path) (\(size)) was not removed: nobody can be asked; --yes does it without")
            }
            Terminal.draw(("Remove \(store.path), \(size)? [y/N] " as Message).text)
            let answer = try Interruption.endingAtOnce { readLine() ?? "" }
            guard ["y", "yes"].contains(answer.lowercased()) else { throw Complaint("nothing was removed") }
        }
        try store.remove()
        Terminal.note("Removed \(store.path), \(size).")
    }
}
