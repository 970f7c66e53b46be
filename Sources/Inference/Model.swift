import Foundation
import Mixture
public import ModelFiles
import Offload
public import Profiling
import Tensors

/// A packed model, opened: its shapes and its vocabulary. Nothing big is in memory before a ``Session`` begins.
public final class Model: Sendable {
    public let architecture: Architecture
    public let tokenizer: TextTokenizer
    /// What the model calls itself.
    public let name: String
    /// What the person who asked for it should know, in whole sentences.
    public let warnings: [String]
    let store: Store
    /// When opening began, so that a session can say how long loading took.
    let opened = ContinuousClock.now

    /// Opens the store in a folder.
    ///
    /// - Parameter expertsPerToken: experts that a token visits, where it shall not be as many as the model learned with; what
    ///   it says is then not what the model itself would.
    /// - Throws: an error that says what is wrong with the folder and what to do.
    public init(path: String, expertsPerToken: Int? = nil) throws {
        store = try Store(at: path)
        let own = store.manifest.architecture
        name = store.manifest.name
        let count = expertsPerToken ?? own.expertsPerToken
        architecture = expertsPerToken == nil ? own : try own.visiting(count, of: name)
        warnings = count == own.expertsPerToken ? [] : [Self.warning(of: count, insteadOf: own.expertsPerToken)]
        tokenizer = try TextTokenizer(store.tokenizer)
    }

    private static func warning(of count: Int, insteadOf own: Int) -> String {
        "a token visits \(count) expert\(count == 1 ? "" : "s") in a layer, as --experts-per-token says, where the model learned with \(own): its "
            + "output is not the model's own. offstage score measures what that costs."
    }

    /// What ranks that run it together must have alike.
    package var identity: String {
        get throws {
            let own = store.manifest.architecture.expertsPerToken
            let count = architecture.expertsPerToken
            return try store.manifest.identity + (count == own ? "" : ", \(count) experts per token")
        }
    }

    /// The ids of a text, after the beginning-of-text token if the model wants one.
    public func tokens(of text: [UInt8]) -> [Int] { tokenizer.tokens(of: text) }

    /// The ids of a question in the model's chat template.
    public func tokens(ofChat question: String, system: String? = nil) throws -> [Int] {
        let messages = system.map { [ChatMessage(role: .system, content: $0)] } ?? []
        return try tokenizer.tokens(ofChat: messages + [ChatMessage(role: .user, content: question)])
    }

    /// Bytes of memory that an expert of each layer takes.
    public var expertBytes: [Int] { store.layouts.map(SlabPlan.slotBytes) }

    /// Records routes to a file whose header describes this model.
    public func traceWriter(path: String) throws -> RoutingTraceWriter {
        let header = RoutingTraceHeader(
            model: name, layers: architecture.layerCount, experts: architecture.expertCount,
            topK: architecture.expertsPerToken, expertBytes: expertBytes)
        return try RoutingTraceWriter(path: path, header: header)
    }

    /// Plans memory, brings the dense weights into it and makes room for experts.
    ///
    /// - Throws: ``InferenceError`` when the budget cannot work, with the smallest that can.
    public func session(_ options: SessionOptions) throws -> Session {
        try Session(self, options)
    }

    /// The same for one of several ranks, all of which have the same model and the same options but for memory and threads.
    ///
    /// - Throws: as above, and `RankFailure` when ranks can no longer work together.
    package func session(_ options: SessionOptions, ranks: SessionRanks) throws -> Session {
        try Session(self, options, ranks)
    }

    /// What a session with these options would hold in memory.
    public func plan(_ options: SessionOptions) throws -> MemoryPlan {
        try MemoryPlanner(Footprint(store, architecture), options, in: AvailableMemory()).plan().memory
    }

    /// A token as a person can read it.
    public func visibleText(of token: Int) -> String { tokenizer.visibleText(of: token) }
}
