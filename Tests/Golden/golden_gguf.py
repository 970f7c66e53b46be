"""Random Mixtrals as llama.cpp's converter and quantizer write them, each with what llama.cpp computes.

`exact_logprobs` beside them is what the same weights give without any rounding on the way (transformers, float32).
"""

import tempfile
from collections import Counter
from pathlib import Path

import dequantized
import random_mixtral
import sentencepiece
import transformers_reference
from gguf import GGUFReader
from golden_checkpoints import sequences, write_scores
from llama_reference import Model
from old_layout import split_experts
from random_mixtral import Shape

SMALL = Shape("small", hidden=64, intermediate=32, heads=6, kv_heads=2, head_dim=16, experts=8)
MANY = Shape("many-formats", hidden=256, intermediate=256, layers=2, heads=4, kv_heads=2, head_dim=64, experts=2)
# Every quantized format, as dynamic mixes of several are made: by tensor.
MIX = {
    "token_embd": "q5_1", "^output": "q6_k",
    "blk.0.attn_q": "q4_k", "blk.0.attn_k": "q5_k", "blk.0.attn_v": "q8_0", "blk.0.attn_output": "iq4_xs",
    "blk.0.ffn_gate_exps": "q2_k", "blk.0.ffn_up_exps": "q3_k", "blk.0.ffn_down_exps": "iq3_s",
    "blk.1.attn_q": "q5_0", "blk.1.attn_k": "q4_1", "blk.1.attn_v": "iq4_nl", "blk.1.attn_output": "q4_0",
    "blk.1.ffn_gate_exps": "mxfp4", "blk.1.ffn_up_exps": "q4_k", "blk.1.ffn_down_exps": "q5_k",
}
WIDE = Shape("wide", hidden=256, intermediate=256, layers=1, heads=4, kv_heads=2, head_dim=32, experts=3)


def make(folder, tools):
    tokenizer_model = folder / "tokenizers" / "stories.model"
    with tempfile.TemporaryDirectory() as scratch:
        make_small(folder, tools, tokenizer_model, Path(scratch))
        make_wide(folder, tools, tokenizer_model, Path(scratch))
        make_many(folder, tools, tokenizer_model, Path(scratch))
    tokenizer = sentencepiece.SentencePieceProcessor(model_file=str(tokenizer_model))
    for gguf in sorted(folder.glob("*.gguf")):
        print(gguf.name, dict(Counter(tensor.tensor_type.name for tensor in GGUFReader(gguf).tensors)))
        if not gguf.stem.endswith("old-layout"):
            write_reference(tools, gguf, sequences(tokenizer))


def make_small(folder, tools, tokenizer_model, scratch):
    """Every format we read, from one set of weights."""
    source = checkpoint(SMALL, tokenizer_model, scratch)
    for kind in ["f32", "f16", "bf16"]:
        tools.convert(source, folder / f"small-{kind}.gguf", kind)
    for kind in ["q8_0", "q4_0"]:
        tools.quantize(folder / "small-f32.gguf", folder / f"small-{kind}.gguf", kind, "--pure")
    tools.quantize(folder / "small-f32.gguf", folder / "small-q4_0-mixed.gguf", "q4_0")
    split_experts(folder / "small-q8_0.gguf", folder / "small-q8_0-old-layout.gguf")


def make_wide(folder, tools, tokenizer_model, scratch):
    """Rows of 256: the quantizer's defaults bring in K-quants."""
    source = checkpoint(WIDE, tokenizer_model, scratch)
    tools.convert(source, scratch / "wide.gguf", "f32")
    tools.quantize(scratch / "wide.gguf", folder / "wide-q4_0-mixed.gguf", "q4_0")


def make_many(folder, tools, tokenizer_model, scratch):
    """Every format that llama-quantize makes, in one file."""
    source = checkpoint(MANY, tokenizer_model, scratch)
    tools.convert(source, scratch / "many.gguf", "f32")
    types = [option for name, kind in MIX.items() for option in ["--tensor-type", f"{name}={kind}"]]
    tools.quantize(scratch / "many.gguf", folder / "many-formats.gguf", "q4_0", *types)


def checkpoint(shape, tokenizer_model, scratch):
    tokenizer = sentencepiece.SentencePieceProcessor(model_file=str(tokenizer_model))
    return random_mixtral.save(shape, scratch / shape.name, tokenizer_model, tokenizer.vocab_size())


def write_reference(tools, gguf, token_lists):
    model, exact = Model(tools, gguf), dequantized.load(gguf)
    scores = [model.score(tokens) for tokens in token_lists]
    for score in scores:
        score["exact_logprobs"] = transformers_reference.score(exact, score["tokens"])["logprobs"]
    write_scores(gguf.with_suffix(".json"), scores, llama_cpp=model.version())
