import ModelFiles
import Testing

/// A change to a good file, and what must be said about it.
struct Refusal: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let words: [String]
    let change: @Sendable (inout GGUFBytes) -> Void

    init(_ description: String, says words: String..., change: @escaping @Sendable (inout GGUFBytes) -> Void) {
        testDescription = description
        self.words = words
        self.change = change
    }
}

@Suite struct GGUFRefusalTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: models + tokenizers + structures)
    func `is refused by name`(refusal: Refusal) throws {
        var file = TinyModel().gguf
        refusal.change(&file)
        let path = try folder.write(file.encoded, as: "tiny.gguf")
        let error = #expect(throws: ModelFileError.self) { try ModelFile.open(path: path) }
        let message = error?.description ?? ""
        #expect(message.hasPrefix(path))
        for word in refusal.words { #expect(message.contains(word), "\(message)") }
    }

    @Test func `every length of a cut file is refused`() throws {
        let whole = TinyModel().gguf.encoded
        for length in stride(from: 0, to: whole.count - 31, by: 97) {
            let path = try folder.write(whole.prefix(length), as: "cut.gguf")
            #expect(throws: ModelFileError.self) { try ModelFile.open(path: path) }
        }
    }

    static let models: [Refusal] = [
        Refusal("another architecture", says: "qwen2moe", "Supported are the architectures llama, qwen3moe") {
            $0.set("general.architecture", "qwen2moe")
        },
        Refusal("no architecture", says: "general.architecture") { $0.remove("general.architecture") },
        Refusal("an adapter", says: "is an adapter (lora), not a model", "llama-export-lora") {
            $0.set("general.type", "adapter")
            $0.set("adapter.type", "lora")
            $0.remove("llama.expert_count")
        },
        Refusal("a projector", says: "projector", "not a language model") { $0.set("general.type", "mmproj") },
        Refusal("an older projector", says: "projector") { $0.set("general.architecture", "clip") },
        Refusal("an importance matrix", says: "importance matrix") {
            $0.set("general.type", "imatrix")
            $0.remove("general.architecture")
        },
        Refusal("a control vector", says: "control vector") { $0.set("general.architecture", "controlvector") },
        Refusal("a draft model", says: "draft model (eagle3)", "for another") {
            $0.set("general.architecture", "eagle3")
        },
        Refusal("an assistant", says: "draft model (gemma4-assistant)") {
            $0.set("general.architecture", "gemma4-assistant")
        },
        Refusal("no block but those that guess", says: "has 2 of 2 blocks as nextn_predict_layers") {
            $0.set("llama.nextn_predict_layers", 2 as UInt32)
        },
        Refusal("less than no block that guesses", says: "has -1 of 2 blocks") {
            $0.set("llama.nextn_predict_layers", type: 5, bytes(-1 as Int32))
        },
        Refusal("another type", says: "of the type dataset") { $0.set("general.type", "dataset") },
        Refusal("a vocabulary alone", says: "no weights, only a vocabulary") { $0.tensors = [] },
        Refusal("a dense model", says: "dense", "llama.expert_count", "Supported") { $0.remove("llama.expert_count") },
        Refusal("scaled rotation", says: "rotary", "yarn", "Supported") { $0.set("llama.rope.scaling.type", "yarn") },
        Refusal("linear scaling", says: "linear", "factor 2") { $0.set("llama.rope.scaling.factor", 2 as Float) },
        Refusal("a sigmoid gate", says: "2 as llama.expert_gating_func") {
            $0.set("llama.expert_gating_func", 2 as UInt32)
        },
        Refusal("bidirectional attention", says: "false as llama.attention.causal") {
            $0.set("llama.attention.causal", false)
        },
        Refusal("an unknown value", says: "llama.logit_scale", "Supported") { $0.set("llama.logit_scale", 2 as Float) },
        Refusal("keys and values that differ", says: "keys of 32 and values of 16") {
            $0.set("llama.attention.key_length", 32 as UInt32)
        },
        Refusal("heads that do not divide", says: "4 heads do not divide among 3") {
            $0.set("llama.attention.head_count_kv", 3 as UInt32)
        },
        Refusal("no heads", says: "number of heads is 0") { $0.set("llama.attention.head_count", 0 as UInt32) },
        Refusal("more experts per token than experts", says: "experts per token is 4", "from 1 to 3") {
            $0.set("llama.expert_used_count", 4 as UInt32)
        },
        Refusal("an odd number of rotary dimensions", says: "15, an odd number") {
            $0.set("llama.rope.dimension_count", 15 as UInt32)
        },
        Refusal("a string for a number", says: "a string as llama.block_count", "integer") {
            $0.set("llama.block_count", "2")
        },
        Refusal("a number per layer", says: "an array of 2 × int32 as llama.attention.head_count") {
            $0.set("llama.attention.head_count", [4, 4] as [Int32])
        },
        Refusal("too many layers", says: "too few for 3000 layers") { $0.set("llama.block_count", 3000 as UInt32) },
        Refusal("one layer too many", says: "blk.2.attn_norm.weight", "incomplete") {
            $0.set("llama.block_count", 3 as UInt32)
        },
        Refusal("a missing tensor", says: "no tensor blk.1.attn_q.weight") { $0.removeTensor("blk.1.attn_q.weight") },
        Refusal("missing experts", says: "blk.0.ffn_up_exps.weight or blk.0.ffn_up.0.weight") {
            $0.removeTensor("blk.0.ffn_up_exps.weight")
        },
        Refusal("frequency factors", says: "rope_freqs.weight", "Supported") {
            $0.tensors.append(
                .init(name: "rope_freqs.weight", dimensions: [8], type: 0, bytes: [UInt8](repeating: 0, count: 32)))
        },
        Refusal("biases", says: "blk.0.attn_q.bias and 1 more", "without biases") { file in
            for name in ["blk.0.attn_q.bias", "blk.0.attn_v.bias"] {
                file.tensors.append(
                    .init(name: name, dimensions: [8], type: 0, bytes: [UInt8](repeating: 0, count: 32)))
            }
        },
        Refusal(
            "a format that is not supported", says: "blk.0.attn_k.weight", "IQ2_XXS", "F32, F16, BF16, Q8_0"
        ) {
            $0.change("blk.0.attn_k.weight") { $0.type = 16 }
        },
        Refusal("a type that ggml does not have", says: "token_embd.weight", "number 77") {
            $0.change("token_embd.weight") { $0.type = 77 }
        },
        Refusal("another shape", says: "blk.0.attn_q.weight", "[32, 128]", "[64, 64]") {
            $0.change("blk.0.attn_q.weight") { $0.dimensions = [128, 32] }
        },
        Refusal("rows that do not divide into blocks", says: "rows of 65", "Q8_0") {
            $0.change("blk.0.attn_q.weight") { ($0.dimensions, $0.type) = ([65, 64], 8) }
        },
    ]

    static let tokenizers: [Refusal] = [
        Refusal("another tokenizer", says: "bert", "Supported are llama") { $0.set("tokenizer.ggml.model", "bert") },
        Refusal("bytes that are not said to be cut", says: "does not say how", "tokenizer.ggml.pre") {
            $0.set("tokenizer.ggml.model", "gpt2")
        },
        Refusal(
            "bytes that are cut in an unknown way", says: #"in the way "babel""#, "Known are gpt-2", "tokenizer.json"
        ) {
            $0.set("tokenizer.ggml.model", "gpt2")
            $0.set("tokenizer.ggml.pre", "babel")
        },
        Refusal("bytes without merges", says: "tokenizer.ggml.merges") {
            $0.set("tokenizer.ggml.model", "gpt2")
            $0.set("tokenizer.ggml.pre", "gpt-2")
        },
        Refusal("a merge of what is no token", says: #"merge 0 of "qq", which is no token"#) {
            $0.set("tokenizer.ggml.model", "gpt2")
            $0.set("tokenizer.ggml.pre", "gpt-2")
            $0.set("tokenizer.ggml.merges", ["qq u"])
        },
        Refusal("no tokenizer", says: "tokenizer.ggml.model") { $0.remove("tokenizer.ggml.model") },
        Refusal("a character map", says: "precompiled_charsmap of 2 bytes") {
            $0.setArray("tokenizer.ggml.precompiled_charsmap", of: 0, [[1], [2]])
        },
        Refusal("a score too few", says: "scores") { $0.set("tokenizer.ggml.scores", [0, 1] as [Float]) },
        Refusal("a token type too many", says: "token types") { $0.set("tokenizer.ggml.token_type", [1] as [Int32]) },
        Refusal("a token type that does not exist", says: "token type 9") {
            $0.set("tokenizer.ggml.token_type", [Int32](repeating: 9, count: TinyModel.pieces.count))
        },
        Refusal("an end beyond the tokens", says: "eos token 4000") {
            $0.set("tokenizer.ggml.eos_token_id", 4000 as UInt32)
        },
        Refusal("another number of tokens", says: "262 tokens", "vocabulary of 300") {
            $0.set("llama.vocab_size", 300 as UInt32)
        },
        Refusal("fewer embeddings than tokens of text", says: "262 tokens", "vocabulary of 250") { file in
            for name in ["token_embd.weight", "output.weight"] { file.change(name) { $0.dimensions[1] = 250 } }
        },
        Refusal("an end that the embeddings have no row for", says: "263 tokens", "vocabulary of 262") {
            $0.add(token: "<|im_end|>", kind: 3)
            $0.set("tokenizer.ggml.eos_token_id", UInt32(TinyModel.pieces.count))
        },
        Refusal("tokens that are not UTF-8", says: "UTF-8") {
            $0.setArray("tokenizer.ggml.tokens", of: 8, [bytes(1 as UInt64) + [0xff]])
        },
    ]

    static let structures: [Refusal] = [
        Refusal("version 1", says: "version 1", "2 and 3") { $0.version = 1 },
        Refusal("version 4", says: "version 4", "2 and 3") { $0.version = 4 },
        Refusal("big endian", says: "big-endian", "little endian") { $0.version = 0x0300_0000 },
        Refusal("2^60 tensors", says: "1152921504606846976 tensors") { $0.tensorCount = 1 << 60 },
        Refusal("2^60 values", says: "1152921504606846976 metadata values") { $0.metadataCount = 1 << 60 },
        Refusal("a string of 2^63 bytes", says: "9223372036854775808 bytes in x") {
            $0.set("x", type: 8, bytes(UInt64(1) << 63))
        },
        Refusal("an array of 2^61 elements", says: "2305843009213693952 elements of x") {
            $0.set("x", type: 9, bytes(10 as UInt32) + bytes(UInt64(1) << 61))
        },
        Refusal("an array of arrays", says: "arrays in an array as x") {
            $0.set("x", type: 9, bytes(9 as UInt32) + bytes(1 as UInt64))
        },
        Refusal("a value type that does not exist", says: "value type 13") { $0.set("x", type: 13, []) },
        Refusal("a key twice", says: "llama.block_count twice") {
            $0.metadata.append(("llama.block_count", 4, bytes(2 as UInt32)))
        },
        Refusal("a tensor twice", says: "output_norm.weight twice") { file in
            file.tensors.append(file.tensors.first { $0.name == "output_norm.weight" }!)
        },
        Refusal("no dimensions", says: "output.weight with 0 dimensions") {
            $0.change("output.weight") { $0.dimensions = [] }
        },
        Refusal("five dimensions", says: "output.weight with 5 dimensions") {
            $0.change("output.weight") { $0.dimensions = [1, 1, 1, 1, 1] }
        },
        Refusal("a dimension of 0", says: "output.weight with a dimension of 0") {
            $0.change("output.weight") { $0.dimensions = [0, 64] }
        },
        Refusal("dimensions of 2^40", says: "output.weight", "no memory holds") {
            $0.change("output.weight") { $0.dimensions = [1 << 40, 1 << 40] }
        },
        Refusal("an offset beyond the file", says: "output.weight takes") {
            $0.change("output.weight") { $0.offset = 1 << 62 }
        },
        Refusal("an offset that is not aligned", says: "output.weight at 33", "aligned to 32") {
            $0.change("output.weight") { $0.offset = 33 }
        },
        Refusal("two tensors in one place", says: "token_embd.weight and", "same place") {
            $0.change("output_norm.weight") { $0.offset = 64 }
        },
        Refusal("an alignment of 0", says: "aligned to 0 bytes") { $0.set("general.alignment", 0 as UInt32) },
        Refusal("an alignment of 48", says: "aligned to 48 bytes") { $0.set("general.alignment", 48 as UInt32) },
        Refusal("an alignment of 2^62", says: "0 bytes of tensors") {
            $0.set("general.alignment", type: 10, bytes(UInt64(1) << 62))
        },
    ]
}
