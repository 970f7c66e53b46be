import Foundation

extension RoutingTraceHeader {
    /// Reads the first line of a text.
    ///
    /// - Throws: ``ProfilingError`` that names what is missing, or cannot be.
    init(_ scanner: inout TraceScanner) throws {
        guard try scanner.nextLine(), let said = try? scanner.decoded(Said.self, "header"),
            said.format == Self.formatName
        else {
            throw ProfilingError(
                "\(scanner.name) is not a routing trace: its first line should be the header --trace writes")
        }
        guard Self.versions.contains(said.version ?? 0) else {
            throw ProfilingError(
                "\(scanner.name) is a routing trace of \(said.version.map { "version \($0)" } ?? "no version"); this program "
                    + "reads versions \(Self.versions.lowerBound) to \(Self.versions.upperBound)")
        }
        guard let model = said.model else {
            throw scanner.error("the header has no \"model\", which should be its name")
        }
        let layers = try scanner.checked(said.layers, "layers", in: 1...TraceFormat.mostLayers)
        let experts = try scanner.checked(said.experts, "experts", in: 1...RoutingTableBuilder.mostExperts)
        let topK = try scanner.checked(said.topK, "top_k", in: 1...experts, of: "the \(experts) experts")
        let sizes = said.expertBytes ?? []
        guard sizes.isEmpty || sizes.count == layers, sizes.allSatisfy({ $0 >= 0 }) else {
            throw scanner.error(
                "the header's \"expert_bytes\" should be a size for each of \(layers) layers, and has \(sizes.count)")
        }
        self.init(model: model, layers: layers, experts: experts, topK: topK, expertBytes: said.expertBytes)
        version = said.version ?? Self.currentVersion
    }

    /// What a first line says, as far as it says it.
    private struct Said: Decodable {
        var format: String?
        var version: Int?
        var model: String?
        var layers: Int?
        var experts: Int?
        var topK: Int?
        var expertBytes: [Int]?

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            format = try? fields.decode(String.self, forKey: .format)
            version = try? fields.decode(Int.self, forKey: .version)
            model = try? fields.decode(String.self, forKey: .model)
            layers = try? fields.decode(Int.self, forKey: .layers)
            experts = try? fields.decode(Int.self, forKey: .experts)
            topK = try? fields.decode(Int.self, forKey: .topK)
            expertBytes = try fields.decodeIfPresent([Int].self, forKey: .expertBytes)
        }
    }
}

extension TraceScanner {
    /// A number of the header that has to be there.
    fileprivate func checked(
        _ number: Int?, _ name: String, in range: ClosedRange<Int>, of all: String? = nil
    ) throws -> Int {
        let wanted = "\(range.lowerBound) to \(range.upperBound)" + (all.map { ", \($0)" } ?? "")
        guard let number else {
            throw error("the header has no \"\(name)\", which should be a number from \(wanted)")
        }
        guard range.contains(number) else {
            throw error("the header's \"\(name)\" is \(number); it can be \(wanted)")
        }
        return number
    }
}
