"""A byte-level vocabulary with added tokens, and what Hugging Face's tokenizers make of strings with it in every way to cut
text; a vocabulary of characters with byte fallback, as SentencePiece's are in a tokenizer.json, and the same of that.

Needs only the packages of `Benchmarks/conformance/requirements.txt`:

    .build/conformance/venv/bin/python Tests/Golden/golden_byte_level.py
"""

import base64
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE.parents[1] / "Benchmarks"), str(HERE.parents[1] / "Benchmarks/conformance")]

import byte_level  # noqa: E402
from byte_level import ADDED, CUTS, FAMILIES, loaded, texts, tokenizer_json  # noqa: E402

LENGTH = 160


def make(folder):
    vocab, merges = byte_level.vocabulary(900)
    strings = CUTS + [text for text in texts(70, seed=8) if len(text) <= LENGTH]
    families = [family(name, vocab, merges, strings) for name in FAMILIES]
    whole = tokenizer_json("gpt-2", vocab, merges, ADDED) | {"pre_tokenizer": None}
    write(folder / "bytes.json", whole)
    write(folder / "bytes-cases.json", {"texts": [encoded(text) for text in strings], "families": families})

    characters = byte_level.characters_json()
    write(folder / "characters.json", characters)
    tokenizer = loaded(characters)
    tokens = [tokenizer.encode(text, add_special_tokens=False).ids for text in strings]
    decoded = [encoded(tokenizer.decode(ids)) for ids in tokens]
    write(folder / "characters-cases.json", {"texts": [encoded(text) for text in strings], "tokens": tokens, "decoded": decoded})


def family(name, vocab, merges, strings):
    """The parts of a tokenizer.json that make it one of this family, and the ids."""
    description = tokenizer_json(name, vocab, merges, ADDED)
    tokenizer = loaded(description)
    return {
        "name": name,
        "ignore_merges": description["model"]["ignore_merges"],
        "normalizer": json.dumps(description["normalizer"]),
        "pre_tokenizer": json.dumps(description["pre_tokenizer"], ensure_ascii=False),
        "tokens": [tokenizer.encode(text).ids for text in strings],
    }


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def write(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    make(HERE / "tokenizers")
