"""A GGUF opened by transformers: every weight turned back into float32, so that what it computes is free of rounding.

The difference to llama.cpp on the same file is then what llama.cpp's rounding of activations costs.
"""

import numpy as np
import torch
from gguf import GGUFReader
from gguf.quants import dequantize
from transformers import MixtralConfig, MixtralForCausalLM

from transformers_reference import PLAIN


def load(gguf):
    reader = GGUFReader(gguf)
    config = configuration(reader)
    model = MixtralForCausalLM(config).eval()
    weights = {tensor.name: float_weight(tensor) for tensor in reader.tensors}
    model.load_state_dict(state(weights, config), strict=False)
    return model


def float_weight(tensor):
    return torch.from_numpy(np.array(dequantize(tensor.data, tensor.tensor_type), dtype=np.float32))


def configuration(reader):
    def value(key):
        return reader.get_field(f"llama.{key}").contents()

    return MixtralConfig(
        vocab_size=value("vocab_size"),
        hidden_size=value("embedding_length"),
        intermediate_size=value("feed_forward_length"),
        num_hidden_layers=value("block_count"),
        num_attention_heads=value("attention.head_count"),
        num_key_value_heads=value("attention.head_count_kv"),
        head_dim=value("rope.dimension_count"),
        num_local_experts=value("expert_count"),
        num_experts_per_tok=value("expert_used_count"),
        rms_norm_eps=value("attention.layer_norm_rms_epsilon"),
        rope_parameters={"rope_type": "default", "rope_theta": value("rope.freq_base")},
        **PLAIN,
    )


NAMES = {
    "attn_norm": "input_layernorm",
    "attn_output": "self_attn.o_proj",
    "attn_v": "self_attn.v_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate_inp": "mlp.gate",
}


def state(weights, config):
    """llama.cpp's tensors under the names of transformers' modules."""
    named = {
        "model.embed_tokens.weight": weights["token_embd.weight"],
        "model.norm.weight": weights["output_norm.weight"],
        "lm_head.weight": weights.get("output.weight", weights["token_embd.weight"]),
    }
    for layer in range(config.num_hidden_layers):
        named |= layer_state(weights, config, f"blk.{layer}.", f"model.layers.{layer}.")
    return named


def layer_state(weights, config, ours, theirs):
    named = {theirs + name + ".weight": weights[ours + short + ".weight"] for short, name in NAMES.items()}
    named[theirs + "self_attn.q_proj.weight"] = unpermuted(weights[ours + "attn_q.weight"], config.num_attention_heads)
    named[theirs + "self_attn.k_proj.weight"] = unpermuted(weights[ours + "attn_k.weight"], config.num_key_value_heads)
    gate, up = weights[ours + "ffn_gate_exps.weight"], weights[ours + "ffn_up_exps.weight"]
    named[theirs + "mlp.experts.gate_up_proj"] = torch.cat([gate, up], dim=1)
    named[theirs + "mlp.experts.down_proj"] = weights[ours + "ffn_down_exps.weight"]
    return named


def unpermuted(weight, heads):
    """The converter interleaves the two halves of every head, because llama.cpp rotates neighbors; this undoes it."""
    rows, columns = weight.shape
    return weight.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)
