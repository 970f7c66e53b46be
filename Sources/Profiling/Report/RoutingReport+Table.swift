extension RoutingReport {
    /// Measures all that a table tells.
    ///
    /// - Parameters:
    ///   - kind: what was read, in words.
    ///   - snapshots: the routes of the same tokens at the checkpoints of a training run, if that was what was read.
    package init(_ table: RoutingTable, kind: String, files: [String] = [], snapshots: [LearningSnapshot] = []) {
        self.init(source: Source(table, kind: kind, files: files))
        (layers, acrossLayers) = LayerReport.measured(table)
        domains = DomainReport(table)
        let (told, all) = (domains?.names.count ?? 0, table.domains.count)
        if told > 0, told < all {
            source.remarks.append("Of \(all.grouped) domains the \(told) with the most tokens are told apart.")
        }
        vocabulary = VocabularyReport(table)
        transitions = TransitionReport.all(of: table)
        cache = CacheReport(table)
        drift = DriftReport(table)
        learning = LearningReport(snapshots)
        if let learning { takeDrops(of: learning) }
        findings = Finding.all(of: self)
    }

    /// Generation drops nothing; what training dropped at the last checkpoint belongs to the layers, too.
    private mutating func takeDrops(of learning: LearningReport) {
        for (index, layer) in learning.layers.enumerated() where index < layers.count {
            let rates = layer.dropRates.last ?? []
            guard rates.contains(where: { $0 > 0 }) else { continue }
            layers[index].dropRates = rates
            layers[index].intervals.dropRates = layer.intervals?.dropRates.last?.nonEmpty
        }
    }

    /// Notes what the experts' favorite tokens look like.
    package mutating func nameTokens(_ text: (_ id: Int) -> String) {
        let favorites = Set(vocabulary?.layers.flatMap { ($0.favorites ?? []).joined() } ?? [])
        vocabulary?.pieces = favorites.sorted().map { VocabularyReport.Piece(id: $0, text: text($0)) }
    }
}
