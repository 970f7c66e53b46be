import Foundation
import ModelFiles
import Tensors
import Testing

@Suite struct CheckpointTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func sample(_ routing: Routing) -> CheckpointSample {
        var sample = CheckpointSample()
        sample.architecture.routing = routing
        sample.architecture.qkNorm = routing.hasBias ? .heads : .none
        sample.architecture.sharedIntermediateSize = routing.hasBias ? 16 : nil
        sample.architecture.tiedEmbeddings = routing.selection == .threshold
        if routing.selection == .table { sample.architecture.expertsPerToken = 1 }
        return sample
    }

    @Test(arguments: Routing.samples) func `every role's numbers are read back`(routing: Routing) throws {
        let sample = sample(routing)
        let path = folder.path + "/model.safetensors"
        try sample.write(to: path)
        let model = try ModelFile.open(path: path)
        #expect(model.architecture == sample.architecture)
        #expect(model.name == "sample")
        #expect(model.tokenizer.pieces == TinyModel.pieces)
        for role in TensorRole.dense(of: sample.architecture) + TensorRole.experts(of: sample.architecture) {
            #expect(try model.numbers(of: role) == sample.numbers(of: role), "\(role)")
        }
    }

    @Test func `a folder stands for its latest checkpoint`() throws {
        #expect(Checkpoint.fileName(step: 2000) == "step-00002000.safetensors")
        for (step, base) in [(900, 1), (123_456_789, 2), (20_000_000, 3)] {
            var sample = CheckpointSample()
            sample.architecture.rotaryBase = Float(base)
            try sample.write(to: folder.path + "/" + Checkpoint.fileName(step: step))
        }
        try folder.write("half a file", as: "step-99999999999.safetensors.partial")
        try folder.write("{}", as: "step-last.safetensors")
        #expect(try ModelFile.open(path: folder.path).architecture.rotaryBase == 2)
        #expect(try Checkpoint.latest(in: folder.path)?.hasSuffix("/step-123456789.safetensors") == true)
    }

    @Test(arguments: [3, 9, 500, 20_000, -1]) func `a checkpoint cut short is refused`(length: Int) throws {
        let path = folder.path + "/step-00000001.safetensors"
        try CheckpointSample().write(to: path)
        let bytes = try [UInt8](Data(contentsOf: URL(filePath: path)))
        try folder.write(bytes[..<(length < 0 ? bytes.count + length : length)], as: "step-00000001.safetensors")
        let error = #expect(throws: ModelFileError.self) { _ = try ModelFile.open(path: path) }
        let words = ["too short", "says that its header", "incomplete or damaged"]
        #expect(words.contains { error?.description.contains($0) == true }, "\(error?.description ?? "")")
    }

    @Test(arguments: [
        (["format": "pt"], "no architecture in its metadata"), (["architecture": "{"], "not valid JSON"),
        (["architecture": "{}"], "has no value for"),
    ]) func `metadata that names no architecture is refused`(metadata: [String: String], problem: String) throws {
        var sample = CheckpointSample()
        sample.metadata = metadata
        let path = folder.path + "/step-00000001.safetensors"
        try sample.write(to: path)
        let error = #expect(throws: ModelFileError.self) { _ = try ModelFile.open(path: path) }
        #expect(error?.problem.contains(problem) == true, "\(error?.description ?? "")")
    }

    @Test func `weights of another shape than the architecture says are refused`() throws {
        var sample = CheckpointSample()
        var other = sample.architecture
        other.intermediateSize = 64
        sample.metadata = try Checkpoint.metadata(other, name: "other", training: "")
        let path = folder.path + "/other.safetensors"
        try sample.write(to: path)
        let error = #expect(throws: ModelFileError.self) { _ = try ModelFile.open(path: path) }
        #expect(error?.problem.contains("has the shape [3, 48, 32], expected [3, 64, 32]") == true)
    }

    @Test(arguments: [3, -1]) func `a table that names an expert there is not is refused`(expert: Int) throws {
        var sample = sample(Routing(name: "hash", selection: .table, weighting: .constant))
        sample.table = { $0 == 5 ? expert : 0 }
        let path = folder.path + "/hash.safetensors"
        try sample.write(to: path)
        let error = #expect(throws: ModelFileError.self) { _ = try ModelFile.open(path: path) }
        #expect(error?.problem.contains("sends token 5 to expert \(expert).0") == true, "\(error?.description ?? "")")
    }

    @Test func `an architecture from before there were routers is one of Mixtral's`() throws {
        let architecture = TinyModel().architecture
        var values = try #require(
            JSONSerialization.jsonObject(with: JSONEncoder().encode(architecture)) as? [String: Any])
        values["routing"] = nil
        values["qkNorm"] = nil
        let old = try JSONDecoder().decode(Architecture.self, from: JSONSerialization.data(withJSONObject: values))
        #expect(old == architecture)
        #expect(old.routing == .mixtral && old.qkNorm == .none && old.sharedIntermediateSize == nil)
    }

    @Test(
        arguments: [
            (Routing(name: "", weighting: .sigmoid, groups: 2), "3 experts do not fall into 2"),
            (Routing(name: "", weighting: .sigmoid, groups: 3, allowedGroups: 1), "2 experts are to be chosen among 1"),
            (Routing(name: "", weighting: .constant), "2 of 3 experts are to be chosen, but there are no scores"),
            (Routing(name: "", selection: .table, weighting: .constant), "a table names one expert"),
            (Routing(name: "", selection: .threshold, weighting: .constant), "chosen by thresholds"),
        ] as [(Routing, String)])
    func `a routing that does not fit together is refused`(routing: Routing, problem: String) throws {
        var sample = CheckpointSample()
        var odd = sample.architecture
        odd.routing = routing
        sample.metadata = try Checkpoint.metadata(odd, name: "odd", training: "")
        let path = folder.path + "/odd.safetensors"
        try sample.write(to: path)
        let error = #expect(throws: ModelFileError.self) { _ = try ModelFile.open(path: path) }
        #expect(error?.problem.contains(problem) == true, "\(error?.description ?? "")")
    }
}
