"""Makes `mixes.json`: which matrix gets which format of llama.cpp's mixes, in models of several shapes.

    .build/conformance/venv/bin/python Tests/Golden/make_mixes_golden.py

llama-quantize looks at names, widths and metadata alone, so that two rows a matrix are enough.
"""

import json
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from gguf import GGUFReader, GGUFWriter

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parents[1] / "Benchmarks/conformance"))

import environment  # noqa: E402
from llama_reference import Tools  # noqa: E402

MIXES = ["q4_K_M", "q4_K_S", "q5_K_M", "q5_K_S"]


@dataclass(frozen=True)
class Shape:
    name: str
    family: str
    layers: int
    experts: int
    hidden: int = 512
    width: int = 256
    tied: bool = False
    shared: bool = False

    @property
    def heads(self):
        return self.hidden // 64


SHAPES = [
    Shape("Mixtral 8x7B", "llama", layers=32, experts=8),
    Shape("few layers, tied", "llama", layers=5, experts=8, tied=True),
    Shape("six experts", "llama", layers=20, experts=6),
    Shape("Qwen3-MoE", "qwen3moe", layers=48, experts=16),
    Shape("OLMoE", "olmoe", layers=16, experts=12, tied=True),
    Shape("shared experts", "glm4moe", layers=23, experts=9, shared=True),
    Shape("rows of 320 and 96", "qwen3moe", layers=9, experts=8, hidden=320, width=96),
    Shape("rows of 320 and 96, tied", "llama", layers=3, experts=4, hidden=320, width=96, tied=True),
    Shape("rows of 80", "llama", layers=4, experts=8, hidden=256, width=80),
]

# Our names of the roles, and the widths of their rows.
ROLES = {
    "token_embd": ("token_embedding", "hidden"), "output": ("output", "hidden"), "attn_q": ("query", "hidden"),
    "attn_k": ("key", "hidden"), "attn_v": ("value", "hidden"), "attn_output": ("attention_output", "hidden"),
    "ffn_gate_exps": ("expert_gate", "hidden"), "ffn_up_exps": ("expert_up", "hidden"),
    "ffn_down_exps": ("expert_down", "width"), "ffn_gate_shexp": ("shared_gate", "hidden"),
    "ffn_up_shexp": ("shared_up", "hidden"), "ffn_down_shexp": ("shared_down", "width"),
}


def main():
    tools = Tools(environment.LLAMA_SOURCE, environment.LLAMA_BUILD)
    with tempfile.TemporaryDirectory() as scratch:
        models = [json.dumps(golden(tools, shape, Path(scratch))) for shape in SHAPES]
    (HERE / "mixes.json").write_text("[\n" + ",\n".join(models) + "\n]\n")


def golden(tools, shape, scratch):
    source = save(shape, scratch / "source.gguf")
    mixes = {mix: formats(tools.quantize(source, scratch / "mixed.gguf", mix)) for mix in MIXES}
    return {"name": shape.name, "architecture": architecture(shape), "mixes": mixes}


def save(shape, path):
    writer = GGUFWriter(path, shape.family)
    for key, value in {
        "block_count": shape.layers, "context_length": 512, "embedding_length": shape.hidden,
        "feed_forward_length": shape.width, "expert_feed_forward_length": shape.width, "expert_count": shape.experts,
        "expert_used_count": 2, "expert_shared_count": int(shape.shared), "attention.head_count": shape.heads,
        "attention.head_count_kv": 2, "rope.dimension_count": 64, "leading_dense_block_count": 0,
    }.items():
        writer.add_uint32(f"{shape.family}.{key}", value)
    writer.add_float32(f"{shape.family}.attention.layer_norm_rms_epsilon", 1e-5)
    writer.add_float32(f"{shape.family}.expert_weights_scale", 1)
    writer.add_file_type(0)
    for name, tensor in tensors(shape):
        writer.add_tensor(f"{name}.weight", np.ones(tensor, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def tensors(shape):
    for short, (role, width) in ROLES.items():
        rows = (2, getattr(shape, width))
        if short == "token_embd" or short == "output" and not shape.tied:
            yield short, rows
        elif short != "output" and ("shared" not in role or shape.shared):
            for layer in range(shape.layers):
                yield f"blk.{layer}.{short}", (shape.experts, *rows) if "exps" in short else rows


def formats(gguf):
    """By role: the format, or those of the layers where they are not all the same."""
    found = {}
    for tensor in GGUFReader(gguf).tensors:
        short = re.fullmatch(r"(blk\.\d+\.)?(\w+)\.weight", tensor.name)[2]
        layer = int(tensor.name.split(".")[1]) if tensor.name.startswith("blk.") else 0
        name = tensor.tensor_type.name
        found.setdefault(ROLES[short][0], {})[layer] = name if name.endswith("_K") and name[0] == "Q" else name.lower()
    listed = {role: [layers[layer].replace("Q", "q") for layer in sorted(layers)] for role, layers in found.items()}
    return {role: names[:1] if len(set(names)) == 1 else names for role, names in listed.items()}


def architecture(shape):
    values = {
        "vocabularySize": 512, "hiddenSize": shape.hidden, "layerCount": shape.layers, "headCount": shape.heads,
        "keyValueHeadCount": 2, "headSize": 64, "intermediateSize": shape.width, "expertCount": shape.experts,
        "expertsPerToken": 2, "normEpsilon": 1e-5, "rotaryBase": 10000, "rotaryPairing": "halves",
        "rotaryDimensions": 64, "tiedEmbeddings": shape.tied, "contextLength": 512,
    }
    return values | ({"sharedIntermediateSize": shape.width} if shape.shared else {})


if __name__ == "__main__":
    main()
