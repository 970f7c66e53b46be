"""A mixture made of SmolLM2's weights, with its byte-level vocabulary, quantized by llama.cpp in several formats.

Both programs round activations, so a token near a tie may visit another expert in either. The measure is what the same
weights give without rounding: ours may be no farther from that than llama.cpp's, in routes and in log-probabilities, but for
what chance makes of so many tokens: twice the standard error of the differences between both, token by token.
"""

import json

import agreement
import dequantized
import environment
import numpy as np
import smollm2_mixture
from check_llama_cpp import ROUTES_BOUND, agreement_of
from finding import Finding, at_least, for_comparison
from llama_reference import Model, Tools
from stories import stories
from transformers_reference import score

# With rows that fill no blocks of 256 the quantizer takes another format for the matrices by itself.
NARROW = ["q8_0", "q4_0", "q4_1", "q5_0", "q5_1", "iq4_nl", "q4_k_m"]
WIDE = ["q4_k_m", "q5_k_m", "q6_k", "q3_k_m", "q2_k", "iq4_xs", "iq3_s", "mxfp4_moe"]
TEXTS, LENGTH = 4, 48
BEGINNINGS, GREEDY = 3, 24
ROUTES_NOISE = 0.005
# Where two tokens are nearly as likely, rounding decides between them.
GREEDY_BOUND = 0.85


def findings(offstage, scratch, narrow=NARROW, wide=WIDE):
    tools = Tools(environment.LLAMA_SOURCE, environment.LLAMA_BUILD)
    for width, formats in ((None, narrow), (smollm2_mixture.WIDE, wide)):
        source = smollm2_mixture.save(scratch / "mixture.gguf", width)
        for format in formats:
            gguf = tools.quantize(source, scratch / "quantized.gguf", format)
            yield from compared(offstage, tools, gguf, f"{format}, rows of {width or 576}")
            gguf.unlink()


def compared(offstage, tools, gguf, title):
    store = offstage.pack(gguf, "mixture")
    token_lists = texts(offstage, store)
    ours = [offstage.score_with_routes(store, tokens) for tokens in token_lists]
    llama = Model(tools, gguf)
    theirs = [llama.score(tokens) for tokens in token_lists]
    exact_model = dequantized.load(gguf)
    exact = [score(exact_model, tokens) for tokens in token_lists]
    together, own, their = (agreement_of(*pair)[0] for pair in ((ours, theirs), (ours, exact), (theirs, exact)))
    yield for_comparison(f"SmolLM2 × 4, {title}: same routes as llama.cpp", f"{together:.2%}")
    yield Finding(f"SmolLM2 × 4, {title}: routes of the exact products", f"{own:.2%}", f"llama.cpp {their:.2%}",
                  bool(own >= min(their, ROUTES_BOUND) - ROUTES_NOISE))
    own, their = (np.concatenate([np.abs(agreement.differences(one, other)) for one, other in zip(scores, exact)])
                  for scores in (ours, theirs))
    chance = 2 * (own - their).std(ddof=1) / np.sqrt(len(own))
    own, their = own.mean(), their.mean()
    yield Finding(f"SmolLM2 × 4, {title}: mean |Δ logprob| from exact products", f"{own:.2e}",
                  f"llama.cpp {their:.2e}, chance {chance:.1e}", bool(own <= their + chance))
    yield greedy(offstage, store, exact_model, title)


def greedy(offstage, store, exact_model, title):
    """The texts after some beginnings: the share of their tokens that are the best by the exact products, too."""
    prompts = [story.split(".")[0] for _, story in zip(range(BEGINNINGS), stories(seed=21))]
    same = np.concatenate([best_of_the_exact(offstage, store, exact_model, prompt) for prompt in prompts]).mean()
    return at_least(f"SmolLM2 × 4, {title}: greedy tokens that are the exact products'", same, GREEDY_BOUND)


def best_of_the_exact(offstage, store, exact_model, prompt):
    """Of each token that is written: would the exact products have written it, too?"""
    trace = offstage.path("trace")
    offstage.run("run", store, prompt, "-n", GREEDY, "--temp", "0", "--ignore-eos", "--trace", trace)
    _, *visits = map(json.loads, trace.read_text().splitlines())
    first = {visit["token"]: visit for visit in visits if visit.get("layer") == 0}
    tokens = [first[place]["id"] for place in sorted(first)]
    begin = sum(visit["phase"] == "prompt" for visit in first.values())
    best = score(exact_model, tokens)["top1"]
    return [best[place - 1] == tokens[place] for place in range(begin, len(tokens))]


def texts(offstage, store):
    """The beginnings of stories, in the model's own tokens."""
    told = (text for _, text in zip(range(TEXTS), stories(seed=20)))
    return [offstage.score_text(store, text)["tokens"][:LENGTH] for text in told]
