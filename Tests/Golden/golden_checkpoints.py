"""Random mixtures as Hugging Face folders, each with what transformers computes for a few token sequences."""

import itertools
import json
import random

import random_mixtral
import sentencepiece
import torch
import transformers_reference
from random_mixtral import Shape
from stories import stories

# Its configuration's own are those of a greater vocabulary.
OLMOE = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}

SHAPES = [
    # Three query heads per key-value head, widths that fit no vector, a head width of its own.
    Shape("odd", hidden=36, intermediate=45, heads=6, kv_heads=2, head_dim=8, experts=5, theta=1e4),
    # A window shorter than the text, bfloat16, several files.
    Shape("window", hidden=40, intermediate=77, heads=4, kv_heads=1, head_dim=10, experts=6, window=9,
          dtype=torch.bfloat16, shard_size="100KB"),
    # Tied embeddings, float16, three experts per token, and a config.json of transformers 4.
    Shape("tied", hidden=28, intermediate=32, heads=4, kv_heads=4, head_dim=12, experts=7, top_k=3, tied=True,
          dtype=torch.float16, old_config=True),
    # Queries and keys normalized as a whole, weights that do not sum to 1.
    Shape("olmoe", family="olmoe", hidden=30, intermediate=21, heads=5, kv_heads=5, head_dim=6, experts=7,
          top_k=3, theta=1e4, more=OLMOE),
]

NEAR_TIE = 2e-4


def make(folder):
    tokenizer_model = folder / "tokenizers" / "stories.model"
    tokenizer = sentencepiece.SentencePieceProcessor(model_file=str(tokenizer_model))
    for shape in SHAPES:
        target = random_mixtral.save(shape, folder / shape.name, tokenizer_model, tokenizer.vocab_size())
        model = transformers_reference.load(target)
        scores = [transformers_reference.score(model, tokens) for tokens in sequences(tokenizer)]
        write_scores(target / "reference.json", scores)


def sequences(tokenizer):
    """Two beginnings of stories and one sequence of random tokens."""
    told = [tokenizer.encode(text, add_bos=True) for text in itertools.islice(stories(seed=8), 2)]
    rng = random.Random(9)
    noise = [tokenizer.bos_id()] + [rng.randrange(3, tokenizer.vocab_size()) for _ in range(49)]
    return [told[0][:40], told[1][:80], noise]


def write_scores(path, scores, **more):
    """One line per sequence. A route that hangs by a hair would make every test that reads it fail by chance."""
    for score in scores:
        margin = score.pop("margin", None)
        if margin is not None and margin < NEAR_TIE:
            raise SystemExit(f"{path}: two experts are only {margin} apart; choose another seed for this model")
    lines = ",\n".join(json.dumps(rounded(score), separators=(",", ":")) for score in scores)
    head = "".join(f"{json.dumps(key)}:{json.dumps(value)},\n" for key, value in more.items())
    path.write_text(f"{{{head}\"sequences\":[\n{lines}\n]}}\n")


def rounded(value):
    """Six digits behind the point: the comparisons allow 1e-4."""
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, list):
        return [rounded(part) for part in value]
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    return value
