"""Random checkpoints of every routing that has a name elsewhere: what `offstage export` writes gives transformers and
llama.cpp the log-probabilities that the packed model has here, and is read back. The routings that have none are
refused."""

import agreement
import environment
import random_checkpoint
import sentencepiece
import small_tokenizer
import torch
from finding import at_most, none_of
from hard_strings import hard_strings
from llama_reference import Model, Tools
from random_checkpoint import Kind
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers_reference import PLAIN, token_logprobs

BOUND = 1e-4
VOCABULARY = 512

KINDS = [
    Kind("Mixtral"),
    Kind("Mixtral, window, tied", window=11, tied=True, top_k=3, experts=5),
    Kind("dense", weighting="constant", experts=1, top_k=1),
    Kind("Qwen3-MoE", qk_norm=True, head_dim=24),
    Kind("Qwen3-MoE, shares of all", qk_norm=True, weighting="softmax", tied=True),
    Kind("Switch, normalized heads", qk_norm=True, weighting="softmax", top_k=1),
    Kind("Switch", weighting="softmax", top_k=1),
    Kind("Qwen2-MoE with a shared expert", weighting="softmaxOfChosen", shared=48),
    Kind("sigmoid, bias, groups, shared", weighting="sigmoidOfChosen", scale=2.5, groups=4, allowed_groups=2,
         has_bias=True, qk_norm=True, shared=128),
    Kind("OLMoE", qk_norm="whole", weighting="softmax", top_k=3, kv_heads=4),
    Kind("sigmoid of one", weighting="sigmoid", top_k=1, tied=True),
]

# What only llama.cpp has a name for, and what nobody has.
ONLY_LLAMA = [Kind("softmax with a bias", has_bias=True, qk_norm=True)]
NAMELESS = [
    Kind("expert choice", selection="threshold", weighting="softmax"),
    Kind("hash", selection="table", weighting="constant", top_k=1),
    Kind("StableMoE", selection="table", weighting="sigmoid", top_k=1),
]
# A quarter of a window is no window to llama.cpp's llama, and its Qwen2-MoE never makes weights sum to 1.
NOT_LLAMA = ["Mixtral, window, tied", "Qwen2-MoE with a shared expert"]


def findings(offstage, scratch):
    tokenizer_model = small_tokenizer.train(scratch, VOCABULARY)
    tokenizer = sentencepiece.SentencePieceProcessor(model_file=str(tokenizer_model))
    tokens = small_tokenizer.story_tokens(tokenizer, length=150, seed=1)
    tools = Tools(environment.LLAMA_SOURCE, environment.LLAMA_BUILD)
    for kind in KINDS + ONLY_LLAMA:
        checkpoint = random_checkpoint.save(kind, scratch / "step-00000001.safetensors", tokenizer_model, VOCABULARY)
        ours = offstage.score(offstage.pack(checkpoint, "exported"), tokens)
        if kind in KINDS:
            folder = scratch / "folder"
            offstage.run("export", checkpoint, "--format", "hugging-face", "--out", folder, "--force")
            difference = agreement.largest_difference(ours, transformers_score(folder, tokens))
            yield at_most(f"export, transformers: largest |Δ logprob|, {kind.name}", difference, BOUND)
            if kind is KINDS[0]:
                yield tokenizer_finding(folder, tokenizer)
        if kind.name not in NOT_LLAMA:
            gguf = scratch / "exported.gguf"
            offstage.run("export", checkpoint, "--format", "gguf", "--out", gguf, "--force")
            difference = agreement.largest_difference(ours, Model(tools, gguf).score(tokens))
            yield at_most(f"export, llama.cpp: largest |Δ logprob|, {kind.name}", difference, BOUND)
            read_back = agreement.largest_difference(ours, offstage.score(offstage.pack(gguf, "read back"), tokens))
            yield at_most(f"export, read back: largest |Δ logprob|, {kind.name}", read_back, BOUND)
    yield refusals(offstage, scratch, tokenizer_model)


@torch.no_grad()
def transformers_score(folder, tokens):
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, **PLAIN).eval()
    logits = model(input_ids=torch.tensor([tokens]), use_cache=False).logits[0].double()
    return {"tokens": tokens, "logprobs": token_logprobs(logits, tokens)}


def tokenizer_finding(folder, tokenizer):
    texts = [text.decode() for text in hard_strings(1000, seed=2) if is_text(text)]
    exported = AutoTokenizer.from_pretrained(folder)
    others = sum(exported(text)["input_ids"] != tokenizer.encode(text, add_bos=True) for text in texts)
    return none_of("export, transformers: texts with other ids", others, len(texts))


def is_text(text):
    """Whether the bytes are UTF-8, and none of them spells a mark out, which transformers takes for the mark."""
    try:
        return not any(mark in text.decode() for mark in ["<s>", "</s>", "<unk>"])
    except UnicodeDecodeError:
        return False


def refusals(offstage, scratch, tokenizer_model):
    """How many that have no name were written all the same."""
    written = 0
    for kind in NAMELESS:
        checkpoint = random_checkpoint.save(kind, scratch / "step-00000001.safetensors", tokenizer_model, VOCABULARY)
        for format in ["hugging-face", "gguf"]:
            written += not is_refused(offstage, checkpoint, format, scratch / f"refused-{format}")
    return none_of("export: routings without a name that are written all the same", written, 2 * len(NAMELESS))


def is_refused(offstage, checkpoint, format, path):
    try:
        offstage.run("export", checkpoint, "--format", format, "--out", path)
    except RuntimeError as error:
        return "has no name" in str(error) and not path.exists()
    return False
