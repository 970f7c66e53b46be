/// Reads files of one form, one after the other, into a table.
protocol TraceReader {
    /// Reads a file from its first line to its end.
    mutating func read(_ scanner: inout TraceScanner) throws
    consuming func finish() throws -> RoutingTable
}

extension TraceForm {
    func reader(_ job: TraceJob) -> any TraceReader {
        switch self {
        case .offstage: OffstageTraceReader(job)
        case .megatron: MegatronTraceReader(job)
        case .pairs: PairTraceReader(job)
        case .columns: ColumnTraceReader(job)
        }
    }
}

/// What readers are to do, and do alike.
struct TraceJob {
    let options: TraceOptions
    let paths: [String]

    /// What to call a model that the trace does not name.
    var modelName: String {
        let file = paths[0].split(separator: "/").last.map(String.init) ?? paths[0]
        return file == "-" ? "standard input" : String(file.prefix { $0 != "." })
    }

    /// A text without a name is called after its file where there are several.
    func text(of scanner: borrowing TraceScanner) -> RoutingTable.Text {
        let file = scanner.name.split(separator: "/").last.map(String.init)
        return RoutingTable.Text(name: paths.count > 1 ? file : nil)
    }

    /// Hands over line by line.
    ///
    /// - Returns: the number of a line that was cut off and left out, where this is allowed.
    func forEachLine(
        of scanner: inout TraceScanner, _ body: (_ scanner: inout TraceScanner) throws -> Void
    ) throws -> Int? {
        while try scanner.nextLine() {
            do {
                try body(&scanner)
            } catch is CutOffLine {
                if options.allowsPartial { return scanner.line }
                throw scanner.error(
                    "the file ends in the middle of this line, so it was cut off; write or copy it again, or leave its "
                        + "end out with --partial")
            }
        }
        return nil
    }

    /// What a person should know of a trace without an end.
    func remark(ofEndAt line: Int, in scanner: borrowing TraceScanner) -> String {
        "\(scanner.name) was cut off; from line \(line) on it is left out."
    }

    /// The number of experts, where the trace knows only those that were visited.
    func experts(greatest: Int, remark: (String) -> Void) throws -> Int {
        if let experts = options.experts {
            guard greatest < experts else {
                throw ProfilingError(
                    "\(paths[0]): a token visits expert \(greatest), but --experts says there are only \(experts)")
            }
            return experts
        }
        remark(
            "The trace does not say how many experts a layer has; \(greatest + 1) is the greatest id + 1, say --experts "
                + "if there are more.")
        return greatest + 1
    }

    /// What a trace says of itself has to be what the person says of it.
    func check(experts: Int?, topK: Int?, name: String) throws {
        for (flag, said, found) in [("--experts", options.experts, experts), ("--top-k", options.topK, topK)] {
            if let said, let found, said != found {
                throw ProfilingError("\(name) says \(found) where \(flag) says \(said); leave \(flag) out")
            }
        }
        if let topK, let experts = options.experts, topK > experts {
            throw ProfilingError(
                "\(name) says that a token visits \(topK) experts, but --experts that there are only \(experts)")
        }
    }
}

/// The places of layers in a table by their numbers.
struct LayerPlaces {
    private var places: [Int] = []

    mutating func place(of layer: Int, expertBytes: Int? = nil, in builder: inout RoutingTableBuilder) -> Int {
        while places.count <= layer { places.append(-1) }
        if places[layer] < 0 { places[layer] = builder.layer(named: "\(layer)", expertBytes: expertBytes) }
        return places[layer]
    }
}
