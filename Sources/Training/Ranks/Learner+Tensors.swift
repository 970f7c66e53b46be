import Mixture
import Ranks
import Tensors

/// A checkpoint is one file, whose tensors are whole; those of experts are scattered over the ranks.
extension Learner {
    /// Lends a whole tensor, to the first rank.
    func withWhole<Result>(_ block: Block, _ index: Int, _ body: (MatrixView) throws -> Result) throws -> Result {
        guard let ranks, tensor(index).isOfExperts else { return try body(self[block][index]) }
        try ranks.announce(RankOrder(.give, block.rawValue, index))
        let whole = whole(index)
        try gather(block, index, into: whole)
        return try body(whole)
    }

    /// Fills a tensor on the ranks that hold it, or parts of it.
    ///
    /// - Parameter fill: fills the whole, on the first rank.
    func fill(_ block: Block, _ index: Int, _ fill: (MatrixView) throws -> Void) throws {
        guard let ranks else { return try fill(self[block][index]) }
        let view = tensor(index).isOfExperts ? whole(index) : self[block][index]
        try fill(view)
        try ranks.announce(RankOrder(.take, block.rawValue, index))
        try spread(block, index, from: view)
    }

    /// Sets what routers and the optimizer know beside their tensors.
    ///
    /// - Parameter routers: of each layer, by name.
    func restore(routers: [[String: [Float]]], optimizerSteps: Int) throws {
        for (router, state) in zip(model.routers, routers) { try router.restore(state) }
        optimizer.steps = optimizerSteps
        try ranks?.announce(
            RankOrder(
                .restore,
                StateOrder(
                    routers: routers.map { $0.mapValues { $0.map(\.bitPattern) } }, optimizerSteps: optimizerSteps)))
    }

    func restore(_ state: StateOrder) throws {
        for (router, state) in zip(model.routers, state.routers) {
            try router.restore(state.mapValues { $0.map(Float.init(bitPattern:)) })
        }
        optimizer.steps = state.optimizerSteps
    }

    /// The ranks' side of ``withWhole(_:_:_:)``.
    ///
    /// - Parameter whole: on the first rank.
    func gather(_ block: Block, _ index: Int, into whole: MatrixView?) throws {
        guard let ranks else { return }
        let (own, parts) = (self[block][index], parts(index, ranks))
        try ranks.timed(received: whole == nil ? 0 : tensor(index).wholeCount - own.count) {
            try own.withValues { (own) throws in
                try (whole ?? self[block][index].rows(0..<0)).withMutableValues { (whole) throws in
                    try ranks.communicator.allToAll(
                        own, .one(rank: 0, 0..<own.count), into: &whole,
                        ranks.isFirst ? .consecutive(parts) : .none, of: .tensor)
                }
            }
        }
    }

    /// The ranks' side of ``fill(_:_:_:)``.
    func spread(_ block: Block, _ index: Int, from whole: MatrixView?) throws {
        guard let ranks else { return }
        let (own, parts) = (self[block][index], parts(index, ranks))
        try ranks.timed(received: ranks.isFirst ? 0 : own.count) {
            guard tensor(index).isOfExperts else {
                return try own.withMutableValues {
                    try ranks.communicator.broadcast(&$0, from: 0, of: .tensor)
                }
            }
            try (whole ?? own.rows(0..<0)).withValues { (whole) throws in
                try own.withMutableValues { (own) throws in
                    try ranks.communicator.allToAll(
                        whole, ranks.isFirst ? .consecutive(parts) : .none, into: &own,
                        .one(rank: 0, 0..<own.count), of: .tensor)
                }
            }
        }
    }

    private subscript(block: Block) -> ParameterBlock {
        switch block {
        case .parameters: model.parameters
        case .firstMoment: optimizer.firstMoment
        case .secondMoment: optimizer.secondMoment
        }
    }

    private func tensor(_ index: Int) -> ParameterTensor { model.parameters.layout.tensors[index] }

    /// Room for a whole tensor, one at a time.
    private func whole(_ index: Int) -> MatrixView {
        let (count, columns) = (tensor(index).wholeCount, tensor(index).columns)
        return room.rows((count + room.columns - 1) / room.columns).part(at: 0, rows: count / columns, columns: columns)
    }

    /// Numbers of each rank.
    private func parts(_ index: Int, _ ranks: TrainingRanks) -> [Int] {
        let tensor = tensor(index)
        let owners = ranks.owners(of: tensor.wholeShape[0])
        return (0..<ranks.count).map { owners[$0].count * (tensor.wholeCount / tensor.wholeShape[0]) }
    }
}
