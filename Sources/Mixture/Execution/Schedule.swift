/// Who computes what, and in which order: teams of threads side by side, each of which takes its phases one after the other.
package struct Schedule: Sendable, Equatable {
    /// Some visits to one expert that are computed together.
    package struct Part: Sendable, Equatable {
        /// Where the expert stands among those asked for.
        package var expert: Int
        /// Which of the expert's visits.
        package var visits: Range<Int>
        /// The rows of scratch memory that they may use, as many as there are visits.
        package var rows: Range<Int>

        package init(expert: Int, visits: Range<Int>, rows: Range<Int>) {
            self.expert = expert
            self.visits = visits
            self.rows = rows
        }
    }

    package struct Team: Sendable, Equatable {
        /// Threads that share the work of each phase.
        package var threads: Int
        /// The parts that are computed together, phase after phase.
        package var phases: [[Part]]

        package init(threads: Int, phases: [[Part]]) {
            self.threads = threads
            self.phases = phases
        }
    }

    package var teams: [Team]

    package init(_ teams: [Team]) { self.teams = teams.filter { !$0.phases.isEmpty } }
}

/// What a schedule has to get along with.
package struct ScheduleLimits: Sendable, Equatable {
    package var threads: Int
    /// Rows of scratch memory.
    package var rows: Int
    /// Visits to an expert that are multiplied together, from its first on, where cutting them elsewhere would change bits:
    /// products of BLAS. Nil where it would not.
    package var chunk: Int?

    package init(threads: Int, rows: Int, chunk: Int? = nil) {
        self.threads = threads
        self.rows = rows
        self.chunk = chunk
    }
}
