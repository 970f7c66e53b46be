/// How long strategies were predicted to take, and took, to compute the experts of some loads: what a page of it says.
package struct PlanReport: Sendable, Equatable {
    package struct Strategy: Sendable, Equatable {
        package var name: String
        /// In seconds.
        package var predicted: Double?
        package var measured: Double?
        /// By how much halves of the measurements differ, relative to them.
        package var spread: Double?

        package init(name: String, predicted: Double?, measured: Double?, spread: Double? = nil) {
            self.name = name
            self.predicted = predicted
            self.measured = measured
            self.spread = spread
        }
    }

    package struct Load: Sendable, Equatable {
        /// Its place in maps.
        package var row: String
        package var column: String
        package var tokens: Int
        /// Experts that are visited.
        package var active: Int
        /// The greatest load over the mean one.
        package var imbalance: Double
        package var chosen: String
        package var strategies: [Strategy]

        package init(
            row: String, column: String, tokens: Int, active: Int, imbalance: Double, chosen: String,
            strategies: [Strategy]
        ) {
            self.row = row
            self.column = column
            self.tokens = tokens
            self.active = active
            self.imbalance = imbalance
            self.chosen = chosen
            self.strategies = strategies
        }
    }

    /// What a machine's part costs, in words.
    package struct Constant: Sendable, Equatable {
        package var name: String
        package var text: String

        package init(_ name: String, _ text: String) {
            self.name = name
            self.text = text
        }
    }

    /// A model's name, or what the experts are like.
    package var subject: String
    /// What rows and columns of maps are: layer and phase, or whatever loads differ in.
    package var rowName: String
    package var columnName: String
    /// What there is to know about the loads.
    package var remarks: [String]
    package var machine: [Constant]
    package var loads: [Load]

    package init(
        subject: String, rowName: String, columnName: String, remarks: [String] = [], machine: [Constant] = [],
        loads: [Load]
    ) {
        self.subject = subject
        self.rowName = rowName
        self.columnName = columnName
        self.remarks = remarks
        self.machine = machine
        self.loads = loads
    }
}
