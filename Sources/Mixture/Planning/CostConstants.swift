/// What a machine's parts cost, as measured; times in seconds, rates in bytes per second.
package struct CostConstants: Codable, Sendable, Equatable {
    /// A way between two places that have memory of their own.
    package struct Link: Codable, Sendable, Equatable {
        package var latency: Double
        package var bandwidth: Double

        package init(latency: Double, bandwidth: Double) {
            self.latency = latency
            self.bandwidth = bandwidth
        }
    }

    package var threads: Int
    /// To begin a parallel loop and end it.
    package var loop: Double
    /// To go from one step to the next once its last unit is done.
    package var step: Double
    /// To take a unit, run its checks, and say that it is done.
    package var unit: Double
    /// Memory read by one thread, and by all together.
    package var bandwidthAlone: Double
    package var bandwidthTogether: Double
    /// How much of it was read: little is read faster than it comes from memory.
    package var measuredBytes: Int
    /// Memory nodes, each of which has an equal share of every expert's rows (``Placement``).
    package var nodes = 1
    /// Between them; nil where there is one, or where nobody knows: reading from afar then costs as much as reading nearby.
    package var link: Link?

    package init(
        threads: Int, loop: Double, step: Double, unit: Double, bandwidthAlone: Double, bandwidthTogether: Double,
        measuredBytes: Int = 0, nodes: Int = 1, link: Link? = nil
    ) {
        self.threads = threads
        self.loop = loop
        self.step = step
        self.unit = unit
        self.bandwidthAlone = bandwidthAlone
        self.bandwidthTogether = bandwidthTogether
        self.measuredBytes = measuredBytes
        self.nodes = nodes
        self.link = link
    }

    /// Whether all numbers are some that may have been measured.
    package var isSound: Bool {
        threads >= 1 && nodes >= 1 && [loop, step, unit].allSatisfy { $0.isFinite && abs($0) < 1 }
            && [bandwidthAlone, bandwidthTogether].allSatisfy { $0.isFinite && $0 >= 0 }
    }
}
