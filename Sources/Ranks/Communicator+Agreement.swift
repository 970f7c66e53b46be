extension Communicator {
    /// Makes sure that all ranks have the same of each subject, such as their version, their model and their options.
    ///
    /// - Parameter subjects: what must agree and what this rank has, in words short enough to print.
    /// - Throws: on every rank the same failure, which names the first rank that has another than rank 0.
    package func agree(on subjects: [(name: String, value: String)]) throws(RankFailure) {
        let own = subjects.map { "\($0.name)\u{0}\($0.value)" }.joined(separator: "\u{1}")
        let all = try allGather(Array(own.utf8), of: .start).map(Self.subjects)
        for (rank, theirs) in all.enumerated() where theirs != all[0] {
            let index = zip(theirs, all[0]).enumerated().first { $0.element.0 != $0.element.1 }?.offset
            guard let index, theirs[index].name == all[0][index].name else {
                throw .disagreement(of: rank, on: "version", "one that compares other things", "the same")
            }
            throw .disagreement(of: rank, on: theirs[index].name, theirs[index].value, all[0][index].value)
        }
    }

    /// Does what may fail on some ranks: then all of them fail, in the words of the first that did.
    package func together<Result>(of occasion: Occasion, _ work: () throws -> Result) throws -> Result {
        let result = Swift.Result { try work() }
        let words: [UInt8] =
            switch result {
            case .success: []
            case .failure(let error): Array("\(error)".utf8) + [0]
            }
        let all = try allGather(words, of: occasion)
        if let first = all.firstIndex(where: { !$0.isEmpty }) {
            throw RankFailure.failed(first, inWords: String(decoding: all[first].dropLast(), as: UTF8.self))
        }
        return try result.get()
    }

    private static func subjects(_ bytes: [UInt8]) -> [Subject] {
        bytes.split(separator: 1).map { bytes in
            let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
            return Subject(
                name: String(decoding: parts.first ?? [], as: UTF8.self),
                value: String(decoding: parts.dropFirst().first ?? [], as: UTF8.self))
        }
    }
}

private struct Subject: Equatable {
    let name: String
    let value: String
}
