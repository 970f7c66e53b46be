import Foundation
import Profiling

/// The same three tokens, two read and one written, through two layers of four experts, in every format.
enum TraceSamples {
    static let offstage = """
        {"experts":4,"format":"offstage-trace","layers":2,"model":"tiny","top_k":2,"version":1}
        {"experts":[3,0],"id":7,"layer":0,"phase":"prompt","token":0,"weights":[0.75,0.25]}
        {"experts":[1,2],"id":8,"layer":0,"phase":"prompt","token":1,"weights":[0.5,0.5]}
        {"experts":[0,1],"id":7,"layer":1,"phase":"prompt","token":0,"weights":[0.5,0.5]}
        {"experts":[0,3],"id":8,"layer":1,"phase":"prompt","token":1,"weights":[0.875,0.125]}
        {"experts":[2,3],"id":9,"layer":0,"phase":"decode","token":2,"weights":[0.75,0.25]}
        {"experts":[0,2],"id":9,"layer":1,"phase":"decode","token":2,"weights":[0.5,0.5]}

        """
    static let megatron = """
        {"step": 0, "stage": "pre_dispatch", "block": "decoder", "layer": 0, "rank": 0, "num_tokens": 2, "topk": 2, "top_indices": [[3, 0], [1, 2]], "hs_shape": [2, {"a": "]"}]}
        {"step": 0, "stage": "pre_dispatch", "block": "decoder", "layer": 1, "rank": 0, "num_tokens": 2, "topk": 2, "top_indices": [[0, 1], [0, 3]]}
        {"step": 1, "stage": "pre_dispatch", "block": "decoder", "layer": 0, "rank": 0, "num_tokens": 1, "topk": 2, "top_indices": [[2, 3]]}
        {"step": 1, "stage": "pre_dispatch", "block": "decoder", "layer": 1, "rank": 0, "num_tokens": 1, "topk": 2, "top_indices": [[0, 2]]}

        """
    static let pairs = """
        0,3
        0,0
        0,1
        0,2
        1,0
        1,1
        1,0
        1,3
        0,2
        0,3
        1,0
        1,2

        """
    static let columns = """
        phase,token,layer,rank,expert
        prefill,0,0,0,3
        prefill,0,0,1,0
        prefill,1,0,0,1
        prefill,1,0,1,2
        prefill,0,1,0,0
        prefill,0,1,1,1
        prefill,1,1,0,0
        prefill,1,1,1,3
        decode,2,0,0,2
        decode,2,0,1,3
        decode,2,1,0,0
        decode,2,1,1,2

        """
    static let routeTrace = """
        # route_trace v1
        # model=tiny arch=toy n_layer=2 n_expert=4 n_expert_used=2
        # layer=0 expert_bytes=100 dense_bytes=7
        # layer=1 expert_bytes=200 dense_bytes=7
        turn,phase,step,layer,slot,expert,weight,residency,expert_bytes
        0,0,0,0,0,3,0.75,0,100
        0,0,0,0,1,0,0.25,0,100
        0,0,1,0,0,1,0.5,0,100
        0,0,1,0,1,2,0.5,1,0
        0,0,0,1,0,0,0.5,0,200
        0,0,0,1,1,1,0.5,0,200
        0,0,1,1,0,0,0.875,0,200
        0,0,1,1,1,3,0.125,0,200
        0,1,2,0,0,2,0.75,0,100
        0,1,2,0,1,3,0.25,0,100
        0,1,2,1,0,0,0.5,0,200
        0,1,2,1,1,2,0.5,0,200

        """

    static let all = [offstage, megatron, pairs, columns, routeTrace]
}

/// A folder of traces that goes away with its owner.
final class TraceFolder: Sendable {
    let path = NSTemporaryDirectory() + "/traces-" + UUID().uuidString

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }

    @discardableResult func write(_ bytes: some Sequence<UInt8>, to name: String = "t") throws -> String {
        let bytes = Array(bytes)
        // Foundation would wait for the disk, and so does a file that is emptied first.
        guard let stream = fopen(file(name), "r+") ?? fopen(file(name), "w") else { throw POSIXError(.EIO) }
        defer { fclose(stream) }
        guard fwrite(bytes, 1, bytes.count, stream) == bytes.count, ftruncate(fileno(stream), bytes.count) == 0 else {
            throw POSIXError(.EIO)
        }
        return file(name)
    }

    func read(_ text: String, options: TraceOptions = TraceOptions()) throws -> RoutingTable {
        try TraceFile.read([write(text.utf8)], options: options).table
    }

    /// What is said of a trace that cannot be read.
    func complaint(about text: String, options: TraceOptions = TraceOptions()) throws -> String {
        complaint(aboutFile: try write(text.utf8), options: options)
    }

    func complaint(aboutFile path: String, options: TraceOptions = TraceOptions()) -> String {
        do {
            _ = try TraceFile.read([path], options: options)
            return "no complaint"
        } catch {
            return error is ProfilingError ? "\(error)".replacing(self.path + "/", with: "") : "a stranger: \(error)"
        }
    }
}

extension RoutingTable {
    /// Every token's experts, layer by layer.
    var choices: [[[Int]]] {
        routes.map { routes in (0..<tokenCount).map { routes.experts(of: $0).map(Int.init) } }
    }
}
