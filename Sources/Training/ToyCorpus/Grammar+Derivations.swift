#if canImport(Glibc)
    import Glibc
#endif

extension Grammar {
    /// −log p of every way in which this grammar can bring a text about, in nats: none where it is not one of its texts,
    /// and more than one only where the grammar is ambiguous.
    package func derivations(of text: [UInt8]) -> [Double] {
        var found: [Double] = []
        let start = Place(offset: 0, rows: Array(repeating: nil, count: variables.count), nats: 0)
        match(root[...], of: text, at: start) { place in
            if place.offset == text.count { found.append(place.nats) }
        }
        return found
    }

    /// How far a text is understood, and as what.
    private struct Place {
        var offset: Int
        var rows: [Int?]
        var nats: Double

        /// Passes these bytes if they come next.
        func past(_ bytes: some Collection<UInt8>, of text: [UInt8]) -> Place? {
            guard text[offset...].starts(with: bytes) else { return nil }
            var place = self
            place.offset += bytes.count
            return place
        }
    }

    /// Calls `found` with every place where parts that begin at `place` can end.
    private func match(_ parts: ArraySlice<Part>, of text: [UInt8], at place: Place, _ found: (Place) -> Void) {
        guard let part = parts.first else { return found(place) }
        func next(_ place: Place) { match(parts.dropFirst(), of: text, at: place, found) }
        switch part {
        case .text(let bytes):
            if let place = place.past(bytes, of: text) { next(place) }
        case .choice(let alternatives):
            let total = Double(alternatives.reduce(0) { $0 + $1.weight })
            for alternative in alternatives {
                var place = place
                place.nats += log(total / Double(alternative.weight))
                match(alternative.parts[...], of: text, at: place, next)
            }
        case .mention(let mention): match(mention, of: text, at: place, next)
        }
    }

    private func match(_ mention: Mention, of text: [UInt8], at place: Place, _ found: (Place) -> Void) {
        let table = tables[variables[mention.variable]]
        let isDrawn = place.rows[mention.variable] != nil
        let others = variables.indices.filter { variables[$0] == variables[mention.variable] }
        let taken = others.compactMap { place.rows[$0] }
        let open = isDrawn ? taken : table.rows.indices.filter { !taken.contains($0) }
        let total = Double(open.reduce(0) { $0 + table.rows[$1].weight })
        for row in isDrawn ? [place.rows[mention.variable]!] : open {
            var place = place
            place.rows[mention.variable] = row
            if !isDrawn { place.nats += log(total / Double(table.rows[row].weight)) }
            let field = table.rows[row].fields[mention.field]
            if case .text(let bytes)? = field.first, field.count == 1 {
                if let place = place.past(mention.form(of: bytes), of: text) { found(place) }
            } else {
                match(field[...], of: text, at: place, found)
            }
        }
    }
}
