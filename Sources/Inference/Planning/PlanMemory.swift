import Files
import Foundation
package import Mixture
import Tensors

/// What planning keeps from one run to the next: what the machine's parts cost, and which strategies were fast.
///
/// It is made again where the file is damaged or was made on another machine; nothing but time depends on it.
package struct PlanMemory: Codable {
    /// What must be the same for measurements to hold.
    package struct Machine: Codable, Equatable {
        package var processor = CPU.name
        package var kernels = "\(CPU.level)"
        package var processors = CPU.defaultThreads
        package var threads: Int
        /// An unoptimized program is slow in other places.
        package var isOptimized = Machine.isOptimized
        /// Goes up when kernels or strategies change.
        package var revision = 3

        private static var isOptimized: Bool {
            #if DEBUG
                false
            #else
                true
            #endif
        }
    }

    /// What was measured of experts of one shape.
    package struct Shape: Codable {
        package var costs: UnitCosts
        /// Memory that the weights took while they were measured: little is read faster than it comes from memory.
        package var measuredBytes: Int
        package var strategies: StrategyDictionary

        init(costs: UnitCosts, measuredBytes: Int, strategies: StrategyDictionary? = nil) {
            self.costs = costs
            self.measuredBytes = measuredBytes
            self.strategies = strategies ?? StrategyDictionary()
        }

        /// Whether it was measured for as many rows, and with about as much memory, as there are now.
        func holds(rows: Int, bytes: Int) -> Bool { costs.reaches(rows) && measuredBytes >= bytes / 4 }
    }

    package var machine: Machine
    package var constants: CostConstants?
    package var shapes: [String: Shape] = [:]

    /// What the machine's parts cost, if that was measured with about as much memory as there is now.
    package func constants(of bytes: Int) -> CostConstants? {
        constants.flatMap { $0.measuredBytes >= bytes / 4 ? $0 : nil }
    }

    package init(threads: Int) { machine = Machine(threads: threads) }

    /// Reads what there is for so many threads on this machine.
    package init(in folder: String, threads: Int) {
        self.init(threads: threads)
        let path = Self.path(in: folder, threads)
        // A pipe would never end.
        let attributes = try? FileManager.default.attributesOfItem(atPath: (path as NSString).resolvingSymlinksInPath)
        guard attributes?[.type] as? FileAttributeType == .typeRegular,
            attributes?[.size] as? Int ?? .max < Self.mostBytes, let data = FileManager.default.contents(atPath: path),
            let found = try? JSONDecoder().decode(PlanMemory.self, from: data),
            found.machine == machine, found.isSound
        else { return }
        self = found
    }

    /// Keeps it, if the folder takes it: what cannot be kept is measured again.
    package func write(in folder: String) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        guard let data = try? encoder.encode(self),
            (try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)) != nil
        else { return }
        let path = Self.path(in: folder, machine.threads)
        if UnfinishedFile.canReplace(path) { try? UnfinishedFile.write(Array(data), to: path) }
    }

    package static func path(in folder: String, _ threads: Int) -> String { "\(folder)/plan-\(threads).json" }

    /// The name that measurements of a layout go by.
    package static func key(_ layout: ExpertLayout) -> String {
        let shape = layout.shape
        return "\(shape.hiddenSize)x\(shape.intermediateSize) \(shape.gateFormat.rawValue) \(shape.upFormat.rawValue) "
            + "\(shape.downFormat.rawValue) in \(layout.tiles.count) tiles"
    }

    private static let mostBytes = 16 << 20

    /// Whether all numbers are some that may be measured.
    private var isSound: Bool {
        (constants?.isSound ?? true) && shapes.values.allSatisfy { $0.costs.isSound && $0.strategies.isSound }
    }
}
