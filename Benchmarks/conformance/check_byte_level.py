"""Byte-level vocabularies on ten thousand hard strings, in every way to cut text: against Hugging Face's tokenizers (from a
tokenizer.json), against llama.cpp (from a GGUF), and against the vocabularies of published models in llama.cpp's source.

Where llama.cpp cuts otherwise than the model's own tokenizer.json, the latter is right: `OTHERWISE` tells in which strings
that is known to be so and why, and everywhere else no id may differ.
"""

import ctypes
import json
import unicodedata
from dataclasses import dataclass
from typing import Callable

import byte_level
import environment
from byte_level import ADDED, CUTS, FAMILIES
from check_tokenizer import compared
from llama_reference import Tools

COUNT = 10_000


@dataclass(frozen=True)
class Otherwise:
    """The strings that llama.cpp tokenizes otherwise than the models' own tokenizers, and why."""

    strings: str
    reason: str
    may_differ: Callable[[str], bool]


def has(is_one):
    return lambda text: any(is_one(character) for character in text if ord(character) > 127)


def is_letter_or_mark(character):
    return unicodedata.category(character)[0] in "LM" or "\u2e80" <= character < "\u3040"


CASED = Otherwise(
    "letters, marks or Han signs beyond ASCII",
    "its expression has [a-z] and [A-Z] for small letters and capitals, no marks (llama-vocab.cpp), and a few blocks for "
    "\\p{Han} (unicode_cpt_is_han)",
    has(is_letter_or_mark),
)
SPACED = Otherwise(
    "white space among the characters of Asia",
    "it puts U+000B for white space beyond ASCII before it matches (unicode_regex_split), so ranges around it lack it",
    has(lambda character: character.isspace() and "\u0800" <= character <= "\u4e00"),
)
OTHERWISE = {
    "gpt-4o": CASED, "tekken": CASED, "kimi-k2": CASED, "deepseek-coder": SPACED, "deepseek-llm": SPACED,
    "ggml-vocab-deepseek-coder": SPACED, "ggml-vocab-deepseek-llm": SPACED,
    "ggml-vocab-phi-3": Otherwise(
        "</s>",
        "the file has it as a token of the user's (type 4), as the model's tokenizer does; llama.cpp makes it a control "
        "token, whatever the file says (llama-vocab.cpp, \"its type will be overridden\")",
        lambda text: "</s>" in text,
    ),
}


def findings(offstage, scratch):
    texts = CUTS + byte_level.texts(COUNT, seed=11)
    encoded = [text.encode() for text in texts]
    vocabulary, merges = byte_level.vocabulary()
    llama = Vocabularies(Tools(environment.LLAMA_SOURCE, environment.LLAMA_BUILD))
    plain = [token for token in ADDED if not {"lstrip", "single_word", "normalized"} & set(token)]
    for family in FAMILIES:
        description = byte_level.tokenizer_json(family, vocabulary, merges, ADDED)
        path = scratch / f"{family}.json"
        path.write_text(json.dumps(description, ensure_ascii=False))
        reference = byte_level.loaded(description)
        ours, _ = offstage.tokenize(path, encoded)
        theirs = [encoding.ids for encoding in reference.encode_batch(texts)]
        yield compared(f"{family}: other ids than tokenizers", encoded, ours, theirs)

        gguf = scratch / f"{family}.gguf"
        byte_level.write_gguf(gguf, family, vocabulary, merges, plain)
        ours, _ = offstage.tokenize(gguf, encoded)
        theirs = llama.tokenize(gguf, encoded)
        yield against_llama(family, encoded, ours, theirs)
    yield from published(offstage, llama, encoded)
    yield from characters(offstage, scratch, texts)


def characters(offstage, scratch, texts):
    """SentencePiece's kind in a tokenizer.json."""
    description = byte_level.characters_json()
    path = scratch / "characters.json"
    path.write_text(json.dumps(description, ensure_ascii=False))
    reference = byte_level.loaded(description)
    ours, _ = offstage.tokenize(path, [text.encode() for text in texts])
    theirs = [encoding.ids for encoding in reference.encode_batch(texts, add_special_tokens=False)]
    yield compared("characters with byte fallback: other ids than tokenizers", [text.encode() for text in texts], ours, theirs)


def published(offstage, llama, texts):
    """Models' own vocabularies, with the cases that llama.cpp's developers took from the models' own tokenizers."""
    for gguf in sorted((environment.LLAMA_SOURCE / "models").glob("ggml-vocab-*.gguf")):
        cases, answers = gguf.with_suffix(".gguf.inp"), gguf.with_suffix(".gguf.out")
        if not cases.exists():
            continue
        try:
            ours, _ = offstage.tokenize(gguf, cases.read_bytes().split(b"\n__ggml_vocab_test__\n")[:-1])
        except RuntimeError as refusal:
            print(f"      {gguf.name} is refused: {str(refusal).splitlines()[-1][:150]}")
            continue
        theirs = [[int(token) for token in line.split()] for line in answers.read_text().split("\n")][: len(ours)]
        yield compared(f"{gguf.stem}: other ids than its own tokenizer", [b""] * len(ours), ours, theirs)
        ours, _ = offstage.tokenize(gguf, texts)
        yield against_llama(gguf.stem, texts, ours, llama.tokenize(gguf, texts))


def against_llama(name, texts, ours, theirs):
    """No id may differ, but in strings of a kind that is known."""
    known = OTHERWISE.get(name)
    triples = list(zip(texts, ours, theirs, strict=True))
    if known:
        otherwise = [(our, their) for text, our, their in triples if known.may_differ(text.decode())]
        different = sum(our != their for our, their in otherwise)
        print(f"      {name}: {different} of {len(otherwise)} strings with {known.strings} differ: {known.reason}")
        triples = [triple for triple in triples if not known.may_differ(triple[0].decode())]
    return compared(f"{name}: other ids than llama.cpp", *zip(*triples))


class Vocabularies:
    """llama.cpp with nothing but the vocabulary of a file."""

    def __init__(self, tools):
        self.api = tools.library()
        self.silence = self.api.llama_log_callback(lambda level, text, data: None)
        self.api.llama_log_set(self.silence, None)

    def tokenize(self, gguf, texts):
        options = self.api.llama_model_default_params()
        options.vocab_only = True
        model = self.api.llama_model_load_from_file(str(gguf).encode(), options)
        vocabulary = self.api.llama_model_get_vocab(model)
        tokens = [self.tokens(vocabulary, text) for text in texts]
        self.api.llama_model_free(model)
        return tokens

    def tokens(self, vocabulary, text):
        """Special tokens in a text are text."""
        room = len(text) + 16
        buffer = (ctypes.c_int32 * room)()
        count = self.api.llama_tokenize(vocabulary, text, len(text), buffer, room, False, False)
        return list(buffer[:count])
