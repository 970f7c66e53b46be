import Glibc

/// Routing traces in files.
package enum TraceFile {
    /// Reads one or more traces of the same model into a table.
    ///
    /// Only the table and a line at a time are in memory.
    ///
    /// - Parameters:
    ///   - paths: `-` is standard input. Each file holds a text or more; those of Megatron's ranks, further tokens.
    ///   - onProgress: hears how many bytes have been read, of how many; nothing where their number is not known.
    /// - Throws: ``ProfilingError`` that names file and line; `CancellationError`.
    package static func read(
        _ paths: [String], options: TraceOptions = TraceOptions(), isCancelled: @escaping () -> Bool = { false },
        onProgress: @escaping (_ bytesDone: Int, _ bytesAll: Int) -> Void = { _, _ in }
    ) throws -> (table: RoutingTable, format: TraceFormat) {
        precondition(!paths.isEmpty, "no trace to read")
        let monitor = TraceMonitor(
            all: paths.reduce(0) { $0 + size(of: $1) }, isCancelled: isCancelled, onProgress: onProgress)
        var reader: (any TraceReader)?
        var first: (form: TraceForm, name: String)?
        for path in paths {
            var scanner = try TraceScanner(TraceSource(path: path, monitor: monitor))
            let form = try TraceForm(of: scanner, given: options.format)
            if let first, first.form != form {
                throw ProfilingError(
                    "\(scanner.name) is a trace of another form (\(form.format.rawValue)) than \(first.name) "
                        + "(\(first.form.format.rawValue)); convert one of them")
            }
            first = first ?? (form, scanner.name)
            var current = reader ?? form.reader(TraceJob(options: options, paths: paths))
            try current.read(&scanner)
            reader = current
        }
        guard let reader, let first else { preconditionFailure("no trace was read") }
        let table = try reader.finish()
        guard table.layers.count * table.experts <= RoutingTable.greatestPool else {
            throw ProfilingError(
                "\(first.name) speaks of \(table.layers.count) layers of \(table.experts) experts; no model has more than "
                    + "\(RoutingTable.greatestPool.grouped) in all")
        }
        return (table, first.form.format)
    }

    private static func size(of path: String) -> Int {
        var status = stat()
        guard path != "-", stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return 0 }
        return Int(status.st_size)
    }
}
