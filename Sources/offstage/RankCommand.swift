import ArgumentParser
import Foundation
import Inference
import ModelFiles
import Ranks

/// A command that mpirun may start as several ranks: one of them speaks for all.
protocol RankCommand: ParsableCommand {
    /// - Parameter ranks: nil where there is but one program.
    func run(as ranks: SessionRanks?) throws
}

/// What mpirun started as several ranks.
enum RankLaunch {
    /// Whether this is not the first of several ranks.
    static var isOther: Bool { Launch().map { $0.count > 1 && $0.rank > 0 } ?? false }

    /// Ends a rank that has nothing of its own to say, once the first has had time to say it: whoever fails first is all that
    /// mpirun lets speak.
    static func leaveWordsToFirst(code: Int32) {
        guard isOther else { return }
        sleep(5)
        exit(code)
    }
}

extension RankCommand {
    /// Does the command's work, as one of several ranks if mpirun started it so. What it throws on one rank ends all.
    func run() throws {
        Interruption.watch()
        try runAsRanks()
        if Interruption.isRequested { Interruption.leave() }
    }

    /// - Throws: ``Interrupted`` once all ranks have left what they did in order.
    func runAsRanks() throws {
        #if MPI
            if let launch = Launch(), launch.count > 1 {
                if launch.rank > 0 { Terminal.fallSilent() }
                let isDone = try MPIRanks.run(report: { Terminal.noteAloud("Error: \($0)") }, finishes)
                if !isDone { throw Interrupted() }
                return
            }
        #endif
        try run(as: nil)
    }

    /// - Returns: whether it was not interrupted.
    private func finishes(as communicator: Communicator) throws -> Bool {
        do { try run(as: SessionRanks(communicator)) } catch is Interrupted { return false }
        return true
    }
}

extension SessionRanks? {
    /// Whether what is to be read and written is this program's to do.
    var isFirst: Bool { self?.isFirst ?? true }

    /// Does what needs no other rank (``SessionRanks/inTurn(_:)``).
    func inTurn<Result>(_ work: () throws -> Result) throws -> Result { try self?.inTurn(work) ?? work() }

    /// Does what leaves nothing behind when it is cut off (``Interruption/endingAtOnce(_:)``). Of several ranks the first to
    /// fail has the word, and mpirun ends the others.
    func endingAtOnce<Value>(_ work: () throws -> Value) throws -> Value {
        try self == nil ? Interruption.endingAtOnce(work) : work()
    }

    /// The first rank's tokens.
    func tokens(_ own: () throws -> [Int]) throws -> [Int] {
        guard let self else { return try own() }
        return try self.fromFirst(self.isFirst ? own() : [], of: Occasion("the prompt"))
    }

    /// A session of one program, or of this rank.
    ///
    /// - Throws: where ranks have other models or options than the first, too.
    func session(of model: Model, _ options: SessionOptions, threadsAreGiven: Bool) throws -> Session {
        guard let self else { return try model.session(options) }
        var options = options
        if !threadsAreGiven { options.threads = self.threads }
        try self.communicator.agree(on: [
            ("version", Offstage.configuration.version), ("model", model.identity), ("setting", options.shared),
        ])
        return try model.session(options, ranks: self)
    }
}

extension SessionOptions {
    /// What all ranks must have alike.
    fileprivate var shared: String {
        "\(positions) positions, \(passTokens) tokens a pass, keys and values in \(keyValueFormat)"
    }
}
