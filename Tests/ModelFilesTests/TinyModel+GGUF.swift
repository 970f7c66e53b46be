import ModelFiles
import Tensors

extension TinyModel {
    /// The model as a GGUF file.
    var gguf: GGUFBytes {
        var file = GGUFBytes()
        let architecture = architecture
        file.set("general.architecture", "llama")
        file.set("general.name", "tiny")
        file.set("llama.vocab_size", UInt32(architecture.vocabularySize))
        file.set("llama.context_length", UInt32(architecture.contextLength))
        file.set("llama.embedding_length", UInt32(architecture.hiddenSize))
        file.set("llama.block_count", UInt32(architecture.layerCount))
        file.set("llama.feed_forward_length", UInt32(architecture.intermediateSize))
        file.set("llama.attention.head_count", UInt32(architecture.headCount))
        file.set("llama.attention.head_count_kv", UInt32(architecture.keyValueHeadCount))
        file.set("llama.attention.layer_norm_rms_epsilon", architecture.normEpsilon)
        file.set("llama.rope.freq_base", architecture.rotaryBase)
        file.set("llama.expert_count", UInt32(architecture.expertCount))
        file.set("llama.expert_used_count", UInt32(architecture.expertsPerToken))
        file.set("tokenizer.ggml.model", "llama")
        file.set("tokenizer.ggml.tokens", Self.pieces)
        file.set("tokenizer.ggml.scores", Self.scores)
        file.set("tokenizer.ggml.token_type", Self.kinds)
        file.tensors = ggufTensors
        return file
    }

    private var ggufTensors: [GGUFBytes.Tensor] {
        var tensors = TensorRole.dense(of: architecture).map { role in
            tensor(ggufName(role), role, shape(role))
        }
        for layer in 0..<architecture.layerCount {
            for (part, role) in Self.parts(layer) {
                switch experts {
                case .separate:
                    for expert in 0..<architecture.expertCount {
                        tensors.append(
                            tensor("blk.\(layer).\(part).\(expert).weight", role(expert), shape(role(expert))))
                    }
                case .stacked:
                    var stacked = tensor("blk.\(layer).\(part)_exps.weight", role(0), shape(role(0)))
                    stacked.dimensions.append(UInt64(architecture.expertCount))
                    stacked.bytes = (0..<architecture.expertCount).flatMap { bytes(of: role($0)) }
                    tensors.append(stacked)
                }
            }
        }
        return tensors
    }

    private static func parts(_ layer: Int) -> [(String, (Int) -> TensorRole)] {
        zip(["ffn_gate", "ffn_up", "ffn_down"], TensorRole.Kind.experts).map { part, kind in
            (part, { TensorRole(kind, layer: layer, expert: $0) })
        }
    }

    private func tensor(_ name: String, _ role: TensorRole, _ dimensions: [UInt64]) -> GGUFBytes.Tensor {
        GGUFBytes.Tensor(
            name: name, dimensions: dimensions, type: Self.typeNumber(format(of: role)), bytes: bytes(of: role))
    }

    private func shape(_ role: TensorRole) -> [UInt64] {
        let (rows, columns) = role.shape(in: architecture)
        return rows == 1 ? [UInt64(columns)] : [UInt64(columns), UInt64(rows)]
    }

    /// ggml's numbers, written down a second time on purpose.
    private static func typeNumber(_ format: WeightFormat) -> UInt32 {
        switch format {
        case .f32: 0
        case .f16: 1
        case .q4_0: 2
        case .q4_1: 3
        case .q5_0: 6
        case .q5_1: 7
        case .q8_0: 8
        case .q2_K: 10
        case .q3_K: 11
        case .q4_K: 12
        case .q5_K: 13
        case .q6_K: 14
        case .iq4_nl: 20
        case .iq3_s: 21
        case .iq4_xs: 23
        case .mxfp4: 39
        case .bf16: 30
        }
    }

    private func ggufName(_ role: TensorRole) -> String {
        let layer = role.layer ?? 0
        return switch role.kind {
        case .tokenEmbedding: "token_embd.weight"
        case .outputNorm: "output_norm.weight"
        case .output: "output.weight"
        case .attentionNorm: "blk.\(layer).attn_norm.weight"
        case .query: "blk.\(layer).attn_q.weight"
        case .key: "blk.\(layer).attn_k.weight"
        case .value: "blk.\(layer).attn_v.weight"
        case .attentionOutput: "blk.\(layer).attn_output.weight"
        case .expertNorm: "blk.\(layer).ffn_norm.weight"
        case .gate: "blk.\(layer).ffn_gate_inp.weight"
        default: fatalError("\(role) is none of Mixtral's, or is named where it is stacked")
        }
    }
}

extension GGUFBytes {
    /// Adds a token that the embeddings have no row for.
    mutating func add(token: String, kind: Int32) {
        set("tokenizer.ggml.tokens", TinyModel.pieces + [token])
        set("tokenizer.ggml.scores", TinyModel.scores + [0])
        set("tokenizer.ggml.token_type", TinyModel.kinds + [kind])
    }
}
