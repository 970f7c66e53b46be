import Mixture
import Ranks
import Tensors

/// What it takes, forward and backward, until a layer's experts are computed by several ranks, as their link and one pass of an
/// expert make expect it.
struct TravelCosts {
    let link: Link
    /// Of an expert, forward and backward.
    let secondsPerVisit: Double
    let hiddenSize: Int
    let width: Int

    private static let bytesOfANumber = MemoryLayout<Float>.stride

    /// Tokens go to their experts and come back, and so do their gradients: the busiest rank counts.
    func tokens(_ assignment: Assignment, _ shares: TokenShares, _ owners: ExpertRanges) -> Double {
        let rankOfToken = shares.ranks
        var loads = [Int](repeating: 0, count: owners.ranks)
        // Rows that come to a rank for its experts, and outputs that come to it for its tokens.
        var (there, back) = (loads, loads)
        for rank in 0..<owners.ranks {
            let held = assignment.visits(to: owners[rank])
            loads[rank] = held.visits.count
            there[rank] = held.tokens(of: held.visits.indices).count { rankOfToken[$0] != rank }
            for visit in held.visits where rankOfToken[visit.token] != rank { back[rankOfToken[visit.token]] += 1 }
        }
        let ways = [there, back].map { link.seconds($0.max()! * hiddenSize * Self.bytesOfANumber) }
        return 2 * ways.reduce(0, +) + Double(loads.max()!) * secondsPerVisit
    }

    /// All experts go to all ranks, forward and backward, and their gradients to where they are held.
    func weights(_ assignment: Assignment, _ shares: TokenShares, _ owners: ExpertRanges) -> Double {
        let rankOfToken = shares.ranks
        var loads = [Int](repeating: 0, count: owners.ranks)
        for visit in assignment.visits { loads[rankOfToken[visit.token]] += 1 }
        let fewest = (0..<owners.ranks).map { owners[$0].count }.min()!
        let matrix = (assignment.experts - fewest) * hiddenSize * width * Self.bytesOfANumber
        return 9 * link.seconds(matrix) + Double(loads.max()!) * secondsPerVisit
    }
}

extension TravelCosts {
    /// Finds the link and the experts' speed, together with all other ranks.
    init(measuredBy ranks: TrainingRanks, hiddenSize: Int, width: Int, on workers: Workers) throws {
        let seconds = ExpertSpeed(hiddenSize: hiddenSize, width: width, on: workers).secondsPerVisit
        (link, secondsPerVisit) = try ranks.patiently {
            (try ranks.communicator.measuredLink(), try ranks.communicator.allGather(seconds, of: .start).max()!)
        }
        self.hiddenSize = hiddenSize
        self.width = width
    }
}

/// How long an expert takes that learns.
private struct ExpertSpeed {
    let secondsPerVisit: Double

    private static let visits = 64
    private static let rounds = 3

    init(hiddenSize: Int, width: Int, on workers: Workers) {
        let weights = Matrices(hiddenSize: hiddenSize, width: width)
        let gradients = Matrices(hiddenSize: hiddenSize, width: width)
        let tokens = RowBuffer(columns: hiddenSize, rows: Self.visits)
        let expert = TrainableExperts(
            experts: 1, weights: weights.tensors, gradients: gradients.tensors, layer: 0,
            planner: Planner(.fixed(.tiles), threads: workers.count))
        let memory = TrainableExperts.Memory(hiddenSize: hiddenSize, intermediateSize: width)
        let assignment = Assignment.everyToken(count: Self.visits)
        let times = (0...Self.rounds).map { _ in
            let start = ContinuousClock.now
            _ = expert.outputs(of: tokens.view, assignment, memory, on: workers)
            _ = expert.visitGradients(of: tokens.view, assignment, memory, on: workers)
            return (ContinuousClock.now - start) / .seconds(1)
        }
        secondsPerVisit = times.dropFirst().min()! / Double(Self.visits)
    }

    private struct Matrices {
        let gate, up, down: RowBuffer

        init(hiddenSize: Int, width: Int) {
            gate = RowBuffer(columns: hiddenSize, rows: width)
            up = RowBuffer(columns: hiddenSize, rows: width)
            down = RowBuffer(columns: width, rows: hiddenSize)
        }

        var tensors: TrainableExperts.Tensors {
            TrainableExperts.Tensors(gate: gate.view, up: up.view, down: down.view)
        }
    }
}
