"""llama.cpp's mixes of formats: every matrix has the format that llama-quantize gives it, and errs no more.

The converter makes a GGUF of float32, from which both quantize; of Qwen3-MoE, for which it knows no vocabulary of
SentencePiece, `export` makes it. What `pack` makes of that file gives the bits that the
quantized file gives, so what is seen of the file holds for the store.
"""

import environment
import numpy as np
import random_mixtral
import sentencepiece
import small_tokenizer
from finding import Finding, none_of
from gguf import GGUFReader
from gguf.quants import dequantize
from llama_reference import Tools
from random_mixtral import Shape

VOCABULARY = 512
MIXES = ["q4_k_m", "q4_k_s", "q5_k_m", "q5_k_s"]
# Both add up the same numbers in another order.
ROUNDING = 1 + 1e-6

SHAPES = [
    Shape("Mixtral", hidden=512, intermediate=256, layers=9, heads=8, head_dim=64),
    Shape("Mixtral, tied, six experts", hidden=256, intermediate=512, layers=4, heads=4, head_dim=64, experts=6, tied=True),
    Shape("Qwen3-MoE", family="qwen3_moe", hidden=256, intermediate=256, layers=17, heads=4, head_dim=64, experts=12,
          more={"norm_topk_prob": True}),
    Shape("rows of 160 and 96", family="qwen3_moe", hidden=160, intermediate=96, layers=5, heads=5, kv_heads=1, head_dim=32,
          more={"norm_topk_prob": True}),
]


def findings(offstage, scratch):
    tools = Tools(environment.LLAMA_SOURCE, environment.LLAMA_BUILD)
    tokenizer_model = small_tokenizer.train(scratch, VOCABULARY)
    tokenizer = sentencepiece.SentencePieceProcessor(model_file=str(tokenizer_model))
    tokens = small_tokenizer.story_tokens(tokenizer, length=64, seed=1)
    for shape in SHAPES:
        folder = random_mixtral.save(shape, scratch / "checkpoint", tokenizer_model, VOCABULARY)
        source = converted(offstage, tools, folder, shape, scratch / "converted.gguf")
        for mix in MIXES:
            ours = scratch / "ours.gguf"
            offstage.run("export", source, "--format", "gguf", "--quantize", mix, "--out", ours, "--force")
            theirs = tools.quantize(source, scratch / "theirs.gguf", mix)
            yield from compared(source, ours, theirs, f"{shape.name}, {mix}")
            stores = offstage.pack(source, "mixed", "--quantize", mix), offstage.pack(ours, "exported")
            packed, exported = (offstage.score(store, tokens)["logprobs"] for store in stores)
            others = sum(one != other for one, other in zip(packed, exported))
            yield none_of(f"mixes, {shape.name}, {mix}: log-probabilities of the store and the file", others, len(packed))


def converted(offstage, tools, folder, shape, path):
    if shape.family == "mixtral":
        return tools.convert(folder, path, "f32")
    offstage.run("export", folder, "--format", "gguf", "--out", path, "--force")
    return path


def compared(source, ours, theirs, title):
    exact, our, their = ({tensor.name: tensor for tensor in GGUFReader(path).tensors} for path in (source, ours, theirs))
    if exact.keys() != our.keys() or exact.keys() != their.keys():
        raise ValueError(f"{title}: the files have other tensors")
    others = [name for name in exact if our[name].tensor_type != their[name].tensor_type]
    yield none_of(f"mixes, {title}: tensors of another format", len(others), len(exact))
    ratios = [
        squared_error(our[name], tensor) / error
        for name, tensor in exact.items() if (error := squared_error(their[name], tensor)) > 0
    ]
    yield Finding(f"mixes, {title}: squared errors over llama-quantize's", f"{min(ratios):.3f} to {max(ratios):.3f}",
                  f"at most 1, {len(ratios)} tensors", max(ratios) <= ROUNDING)


def squared_error(tensor, exact):
    numbers = dequantize(tensor.data, tensor.tensor_type).astype(np.float64)
    return ((numbers - dequantize(exact.data, exact.tensor_type)) ** 2).sum()
