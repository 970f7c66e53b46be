/// A format, and which of the ways to write it where there are two.
enum TraceForm: Equatable {
    case offstage, megatron
    /// Rows of a layer and an expert.
    case pairs
    /// Rows whose columns have names.
    case columns(TraceFormat)

    var format: TraceFormat {
        switch self {
        case .offstage: .offstage
        case .megatron: .megatron
        case .pairs: .llamaCpp
        case .columns(let format): format
        }
    }

    /// Recognizes a trace by how it begins.
    init(of scanner: borrowing TraceScanner, given format: TraceFormat?) throws {
        try Self.checkKind(of: scanner)
        switch format {
        case .offstage: self = .offstage
        case .megatron: self = .megatron
        case .llamaCpp: self = Self.begins(scanner, ["phase"]) ? .columns(.llamaCpp) : .pairs
        case .routeTrace: self = .columns(.routeTrace)
        case nil: self = try Self.recognized(scanner)
        }
    }

    private static func recognized(_ scanner: borrowing TraceScanner) throws -> TraceForm {
        let start = String(decoding: scanner.head.prefix(4096), as: UTF8.self)
        if begins(scanner, ["{"]) {
            if start.contains("\"\(RoutingTraceHeader.formatName)\"") { return .offstage }
            if start.contains("\"top_indices\"") || start.contains("\"stage\"") { return .megatron }
        }
        if begins(scanner, ["# route_trace", "turn,"]) { return .columns(.routeTrace) }
        if begins(scanner, ["phase,token,layer"]) { return .columns(.llamaCpp) }
        if begins(scanner, ["layer,expert"]) || isPair(scanner.head) { return .pairs }
        throw ProfilingError(
            "\(scanner.name), line 1: tried to recognize a routing trace and found \(opening(of: scanner.head)); what can "
                + "be read begins with the header of our traces, a Megatron record {\"step\": …}, # route_trace v1, or rows "
                + "layer,expert (say which with --from)")
    }

    private static func begins(_ scanner: borrowing TraceScanner, _ openings: [String]) -> Bool {
        let text = scanner.head.drop { isBlank($0) }
        return openings.contains { text.starts(with: $0.utf8) }
    }

    private static func isPair(_ head: ArraySlice<UInt8>) -> Bool {
        let line = head.drop { isBlank($0) }.prefix { $0 != TraceScanner.lineFeed && $0 != UInt8(ascii: "\r") }
        let columns = line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        return columns.count == 2
            && columns.allSatisfy { column in
                !column.isEmpty && column.allSatisfy { $0 &- UInt8(ascii: "0") < 10 }
            }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }

    /// Refuses what cannot be a text.
    private static func checkKind(of scanner: borrowing TraceScanner) throws {
        let head = scanner.head
        if head.allSatisfy(isBlank), head.count < 1 << 16 { throw ProfilingError("\(scanner.name) is empty") }
        let compressions: [([UInt8], String)] = [
            ([0x1F, 0x8B], "gunzip"), ([0x28, 0xB5, 0x2F, 0xFD], "unzstd"), ([0xFD, 0x37, 0x7A, 0x58], "unxz"),
            (Array("BZh".utf8), "bunzip2"), ([0x50, 0x4B, 0x03, 0x04], "unzip"),
        ]
        if let (_, program) = compressions.first(where: { head.starts(with: $0.0) }) {
            throw ProfilingError("\(scanner.name) is compressed; \(program) it first")
        }
        if let odd = head.prefix(1 << 16).firstIndex(of: 0) {
            let line = head[..<odd].count { $0 == TraceScanner.lineFeed } + 1
            throw ProfilingError("\(scanner.name), line \(line): found a byte 0x0, so this is not a text and no trace")
        }
    }

    private static func opening(of head: ArraySlice<UInt8>) -> String {
        let line = head.prefix { $0 >= 0x20 && $0 < 0x7F }
        if line.isEmpty { return "the byte 0x" + String(head.first ?? 0, radix: 16, uppercase: true) }
        return "\"\(String(decoding: line.prefix(40), as: UTF8.self))\(line.count > 40 ? "…" : "")\""
    }
}
