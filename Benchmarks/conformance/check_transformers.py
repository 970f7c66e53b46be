"""Random mixtures of many shapes, as folders: log-probabilities in float32 against transformers'."""

import agreement
import random_mixtral
import sentencepiece
import small_tokenizer
import torch
import transformers_reference
from finding import at_most, none_of
from random_mixtral import Shape
from stories import stories

BOUND = 1e-4
VOCABULARY = 512

# Its configuration's own are those of a greater vocabulary.
OLMOE = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}

SHAPES = [
    Shape("plain"),
    Shape("three heads share", heads=6, kv_heads=2, layers=4),
    Shape("odd widths", hidden=51, intermediate=77, head_dim=14, experts=7, theta=1e4),
    Shape("window of 11", window=11, layers=3),
    Shape("tied", tied=True, kv_heads=4, head_dim=24),
    Shape("bfloat16, old config", dtype=torch.bfloat16, old_config=True),
    Shape("float16, many files", dtype=torch.float16, shard_size="100KB", top_k=3, experts=5),
    Shape("one expert per token", top_k=1, heads=8, kv_heads=1),
    Shape("Qwen3-MoE", family="qwen3_moe", hidden=44, intermediate=37, heads=6, head_dim=10, experts=9, top_k=3),
    Shape("Qwen3-MoE, weights that sum to 1", family="qwen3_moe", layers=3, more={"norm_topk_prob": True}),
    Shape("OLMoE", family="olmoe", hidden=60, intermediate=35, heads=6, kv_heads=6, head_dim=10, experts=7,
          top_k=3, theta=1e4, more=OLMOE),
    Shape("OLMoE, heads share", family="olmoe", hidden=60, heads=6, kv_heads=2, head_dim=10, layers=3, more=OLMOE),
    Shape("wider", hidden=256, intermediate=352, layers=4, heads=8, kv_heads=2, head_dim=32),
]


def findings(offstage, scratch):
    tokenizer_model = small_tokenizer.train(scratch, VOCABULARY)
    tokenizer = sentencepiece.SentencePieceProcessor(model_file=str(tokenizer_model))
    for shape in SHAPES:
        folder = random_mixtral.save(shape, scratch / "checkpoint", tokenizer_model, VOCABULARY)
        store = offstage.pack(folder, "random", "--quantize", "f32", "--quantize-dense", "f32")
        reference = transformers_reference.load(folder)
        figure = max(difference(offstage, store, reference, tokenizer, seed) for seed in [1, 2])
        yield at_most(f"transformers, f32: largest |Δ logprob|, {shape.name}", figure, BOUND)
    yield from text_findings(offstage, store, tokenizer)


def difference(offstage, store, reference, tokenizer, seed):
    tokens = small_tokenizer.story_tokens(tokenizer, length=200, seed=seed)
    return agreement.largest_difference(offstage.score(store, tokens), transformers_reference.score(reference, tokens))


def text_findings(offstage, store, tokenizer):
    """Scoring a text begins with BOS and the text's own ids."""
    text = next(stories(seed=4))
    ours = offstage.score_text(store, text)["tokens"]
    yield none_of("sentencepiece: texts scored with other tokens", int(ours != tokenizer.encode(text, add_bos=True)), 1)
