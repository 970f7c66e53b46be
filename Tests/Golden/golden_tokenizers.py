"""Two small SentencePiece models, and what the sentencepiece package makes of hard strings with each.

`stories` has the same settings as Mixtral's tokenizer. `symbols` puts no space in front of a text, and has control
symbols (never found in a text) and user-defined ones (always found, before any merge).
"""

import base64
import io
import itertools
import json

import sentencepiece
from hard_strings import hard_strings
from stories import stories

COMMON = {"model_type": "bpe", "normalization_rule_name": "identity", "character_coverage": 1.0, "minloglevel": 2}

MODELS = {
    "stories": {
        "vocab_size": 320,
        "byte_fallback": True,
        "remove_extra_whitespaces": False,
        "allow_whitespace_only_pieces": True,
        "split_digits": True,
    },
    "symbols": {
        "vocab_size": 400,
        "byte_fallback": True,
        "add_dummy_prefix": False,
        "remove_extra_whitespaces": False,
        "control_symbols": ["<pad>", "[INST]"],
        "user_defined_symbols": ["<think>", "</think>", "the end", "()"],
    },
}


def make(folder):
    for name, settings in MODELS.items():
        tokenizer = train(folder / "tokenizers", name, settings)
        write_golden(tokenizer, folder / "tokenizers" / f"{name}.json")


def train(folder, name, settings):
    """Through memory: written to a file by the trainer itself, a model remembers the file's path."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=itertools.islice(stories(seed=5), 2000), model_writer=model, **COMMON, **settings
    )
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.model").write_bytes(model.getvalue())
    return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())


def write_golden(tokenizer, path):
    cases = [case(tokenizer, text) for text in texts()]
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    path.write_text(f"[\n{lines}\n]\n")


def case(tokenizer, text):
    """The ids are without BOS; `decoded` is what comes back from them, byte for byte."""
    tokens = tokenizer.encode(text)
    decoded = tokenizer.decode(tokens, out_type=bytes)
    return {"text": base64.b64encode(text).decode(), "tokens": tokens, "decoded": base64.b64encode(decoded).decode()}


def texts():
    """Hard strings, a few stories, and the symbols of the second model in every position."""
    symbols = [b"<think>a b</think>", b" the end", b"the end.", b"f()()", b"<pad>", b"[INST] x", b"()", b"a the endthe end"]
    told = [text.encode() for text in itertools.islice(stories(seed=6), 6)]
    return [text for text in hard_strings(300, seed=7) if len(text) <= 300] + symbols + told
