"""Random Mixtrals through llama.cpp's converter and quantizer: routes and log-probabilities of the same GGUF.

Quantized products round the activations too, so a token near a tie may visit another expert. So two things are
compared: how many visits agree, and the log-probabilities after the tokens whose visits agree in every layer. A token
that strayed before them still counts through what later tokens attend to.

Where the two round activations in other blocks (32 here, 256 in llama.cpp's K-quants), both are compared with the same
weights turned back into float32 and multiplied without rounding: ours must be as near to that as llama.cpp. That takes
models whose tokens visit all experts, for a token that strays says nothing about rounding.
"""

import agreement
import dequantized
import environment
import numpy as np
import random_mixtral
import sentencepiece
import small_tokenizer
import transformers_reference
from finding import at_least, at_most, for_comparison
from llama_reference import Model, Tools
from random_mixtral import Shape

ROUTES_BOUND = 0.99
LOGPROB_BOUND = 0.01
VOCABULARY = 512

SHAPES = [
    Shape("eight experts", hidden=128, intermediate=160, layers=4, sharpness=1.0),
    Shape("rows of 256", hidden=256, intermediate=512, layers=4, heads=6, head_dim=32, experts=6, sharpness=1.0),
]

ALL_EXPERTS = [
    Shape("rows of 256, all experts", hidden=256, intermediate=512, layers=4, heads=8, head_dim=32, experts=2, sharpness=1.0),
    Shape("rows of 160, all experts", hidden=128, intermediate=160, layers=4, experts=2, sharpness=1.0),
]

FORMATS = {
    "f32": None,
    "q8_0": ["--pure"],
    "q4_0": ["--pure"],
    "q4_0 and others": [],
}

# Rows that 256 does not divide become another format of llama-quantize's choice; without `--pure` it mixes formats.
ROUNDED_OTHERWISE = {
    format: ["--pure"]
    for format in "q4_1 q5_0 q5_1 q2_k q3_k_s q4_k_s q5_k_s q6_k iq4_nl iq4_xs iq3_s".split()
} | {
    format: []
    for format in ["mxfp4_moe", "q2_k and others", "q3_k_m and others", "q4_k_m and others", "q5_k_m and others"]
}
# Where both round in blocks of 32, either may be a few percent nearer by chance.
CHANCE = 1.15


def findings(offstage, scratch):
    tools = Tools(environment.LLAMA_SOURCE, environment.LLAMA_BUILD)
    for name, folder in checkpoints(scratch):
        token_lists = texts(folder)
        source = tools.convert(folder, scratch / "converted.gguf", "f32")
        for format, options in FORMATS.items():
            gguf = quantized(tools, source, scratch / "quantized.gguf", format, options)
            yield from compared(offstage, tools, gguf, token_lists, f"{name}, {format}")
    tokenizer_model = small_tokenizer.train(scratch, VOCABULARY)
    for shape in ALL_EXPERTS:
        folder = random_mixtral.save(shape, scratch / "checkpoint", tokenizer_model, VOCABULARY)
        source = tools.convert(folder, scratch / "converted.gguf", "f32")
        for format, options in ROUNDED_OTHERWISE.items():
            gguf = quantized(tools, source, scratch / "quantized.gguf", format, options)
            yield judged(offstage, tools, gguf, texts(folder), f"{shape.name}, {format}")


def checkpoints(scratch):
    """Random models, and the one that ships with the project: trained weights are smoother than random ones."""
    tokenizer_model = small_tokenizer.train(scratch, VOCABULARY)
    for shape in SHAPES:
        yield shape.name, random_mixtral.save(shape, scratch / "checkpoint", tokenizer_model, VOCABULARY)
    yield "shipped", environment.PROJECT / "experts" / "shipped"


def texts(folder):
    tokenizer = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    return [small_tokenizer.story_tokens(tokenizer, length=64, seed=seed) for seed in range(16)]


def quantized(tools, source, target, format, options):
    if options is None:
        return source
    return tools.quantize(source, target, format.split()[0], *options)


def compared(offstage, tools, gguf, token_lists, title):
    store = offstage.pack(gguf, "quantized")
    plain, repacked = Model(tools, gguf), Model(tools, gguf, repacked=True)
    reference = [plain.score(tokens) for tokens in token_lists]
    ours = [offstage.score_with_routes(store, tokens) for tokens in token_lists]
    routes, difference, share = agreement_of(ours, reference)
    yield at_least(f"llama.cpp, {title}: same routes", routes, ROUTES_BOUND)
    yield at_most(f"llama.cpp, {title}: mean |Δ logprob|, {share:.0%} of tokens", difference, LOGPROB_BOUND)
    routes, difference, share = agreement_of([repacked.score(tokens) for tokens in token_lists], reference)
    figure = f"{routes:.3%} {difference:.2e}"
    yield for_comparison(f"    its own two kernels: same routes, mean |Δ logprob|, {share:.0%} of tokens", figure)


def judged(offstage, tools, gguf, token_lists, title):
    """Our mean |Δ logprob| to products without rounding, and llama.cpp's as its bound."""
    store, model, exact = offstage.pack(gguf, "quantized"), Model(tools, gguf), dequantized.load(gguf)
    our, their = [], []
    for tokens in token_lists:
        reference = transformers_reference.score(exact, tokens)
        our.append(np.abs(agreement.differences(offstage.score(store, tokens), reference)))
        their.append(np.abs(agreement.differences(model.score(tokens), reference)))
    bound = np.concatenate(their).mean() * CHANCE
    return at_most(f"llama.cpp, {title}: mean |Δ logprob| to no rounding", np.concatenate(our).mean(), bound)


def agreement_of(ours, theirs):
    """The share of token × layer with the same experts; the mean |Δ logprob| where routes agree; of what share of tokens."""
    pairs = list(zip(ours, theirs, strict=True))
    routes = np.concatenate([agreement.same_routes(our, their) for our, their in pairs], axis=1)
    compared = np.concatenate([agreement.differences_where_routes_agree(our, their) for our, their in pairs])
    return routes.mean(), compared.mean(), len(compared) / sum(len(their["tokens"]) - 1 for their in theirs)
