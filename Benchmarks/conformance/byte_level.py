"""Byte-level vocabularies in all the ways that text is cut into words before it is encoded: small ones of our own making.

Merges are learned from whole lines, so that pieces reach over words, digits and punctuation: wherever a text is cut
differently, its ids are different ones.
"""

import itertools
import json

from gguf import GGUFWriter
from hard_strings import CODE, EMOJI, SCRIPTS, WORDS, hard_strings
from stories import stories
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
SPACES = r"\s*[\r\n]+|\s+(?!\S)|\s+"
OTHERS = r" ?[^\s\p{L}\p{N}]+[\r\n]*"
LETTERS = r"[^\r\n\p{L}\p{N}]?\p{L}+"
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
UPPER, LOWER = r"\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}", r"\p{Ll}\p{Lm}\p{Lo}\p{M}"
# Letters with two cases, of a number of scripts.
DEEPSEEK_LETTERS = (
    "A-Za-z\u00b5\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u01ba\u01bc-\u01bf\u01c4-\u0293\u0295-\u02af\u0370-\u0373\u0376\u0377"
    "\u037b-\u037d\u037f\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03f5\u03f7-\u0481\u048a-\u052f\u0531-\u0556\u10a0-"
    "\u10c5\u13a0-\u13f5\u13f8-\u13fd\u1c90-\u1cba\u1cbd-\u1cbf\u1d00-\u1d2b\u1d6b-\u1d77\u1d79-\u1d9a\u1e00-\u1f15\u1f18"
    "-\u1f1d\u1f20-\u1f45\u1f48-\u1f4d\u1f50-\u1f57\u1f59\u1f5b\u1f5d\u1f5f-\u1f7d\u1f80-\u1fb4\u1fb6-\u1fbc\u1fbe\u1fc2-"
    "\u1fc4\u1fc6-\u1fcc\u1fd0-\u1fd3\u1fd6-\u1fdb\u1fe0-\u1fec\u1ff2-\u1ff4\u1ff6-\u1ffc\u2102\u2107\u210a-\u2113\u2115"
    "\u2119-\u211d\u2124\u2126\u2128\u212a-\u212d\u212f-\u2134\u2139\u213c-\u213f\u2145-\u2149\u214e\u2183\u2184\u2c00-"
    "\u2c7b\u2c7e-\u2ce4\u2ceb-\u2cee\u2cf2\u2cf3\ua640-\ua66d\ua680-\ua69b\ua722-\ua76f\ua771-\ua787\ua78b-\ua78e\uab70-"
    "\uabbf\ufb00-\ufb06\ufb13-\ufb17\uff21-\uff3a\uff41-\uff5a\U00010400-\U0001044f\U000104b0-\U000104d3\U000104d8-"
    "\U000104fb\U00010c80-\U00010cb2\U00010cc0-\U00010cf2\U000118a0-\U000118df\U0001e900-\U0001e943"
)
CJK = "[一-龥\u0800-\u4e00가-\ud7ff]+"


def cased(ending, but=""):
    first = r"[^\r\n\p{L}\p{N}]?"
    return f"{first}[{UPPER}{but}]*[{LOWER}{but}]+{ending}|{first}[{UPPER}{but}]+[{LOWER}{but}]*{ending}"


DEEPSEEK3 = (
    r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|"""
    + SPACES
)
KIMI = r"[\p{Han}]+|" + cased(CONTRACTIONS + "?", r"&&[^\p{Han}]") + rf"|\p{{N}}{{1,3}}|{OTHERS}|{SPACES}"

# The name in GGUF files, and what `Split` steps of a tokenizer.json do; then what goes with it.
FAMILIES = {
    "gpt-2": ([GPT2], {}),
    "llama-bpe": ([rf"{CONTRACTIONS}|{LETTERS}|\p{{N}}{{1,3}}|{OTHERS}|{SPACES}"], {"ignore_merges": True}),
    "chatglm-bpe": ([rf"{CONTRACTIONS}|{LETTERS}|\p{{N}}{{1,3}}|{OTHERS}|{SPACES}"], {}),
    "qwen2": ([rf"{CONTRACTIONS}|{LETTERS}|\p{{N}}|{OTHERS}|{SPACES}"], {"normalizer": {"type": "NFC"}}),
    "qwen35": (
        [CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|" + SPACES],
        {"normalizer": {"type": "NFC"}},
    ),
    "smollm": ([r"\p{N}", GPT2], {}),
    "gpt-4o": ([cased(CONTRACTIONS + "?") + r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|" + SPACES], {}),
    "tekken": ([cased("") + r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|" + SPACES], {"ignore_merges": True}),
    "deepseek-v3": ([r"\p{N}{1,3}", "[一-龥\u3040-ゟ゠-ヿ]+", DEEPSEEK3], {}),
    "deepseek-coder": (["[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", CJK, r"\p{N}"], {}),
    "deepseek-llm": (
        [
            "[\r\n]", rf"\s?[{DEEPSEEK_LETTERS}]+", "\\s?[!-/:-~\uff01-\uff0f\uff1a-\uff5e\u2018-\u201f\u3000-\u3002]+",
            r"\s+$", CJK, r"\p{N}+",
        ],
        {},
    ),
    "kimi-k2": ([KIMI], {}),
    "bailingmoe": (
        [
            r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|"
            r"\s+(?!\S)|\s+"
        ],
        {},
    ),
    "seed-coder": ([rf"{CONTRACTIONS}|{LETTERS}" + r"|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|" + SPACES], {}),
    "minicpm5": ([r"\p{N}{1,3}", rf"{CONTRACTIONS}|{LETTERS}|\p{{N}}+|{OTHERS}|{SPACES}"], {"ignore_merges": True}),
    "jais-2": (
        [
            rf"{CONTRACTIONS}|{LETTERS}|\p{{N}}{{1,3}}|{OTHERS}|" + r"\s*[\r\n]+|"
            + "".join(rf"\s{{{count}}}(?!\S)|" for count in [512, 256, 128, 64, 32, 16, 8, 4]) + r"\s{1,2}(?!\S)|\s{1}"
        ],
        {},
    ),
    "bloom": ([r" ?[^(\s|.,!?…。，、।۔،)]+"], {}),
    "viking": ([r" ?[^(\s|.,!?…。，、।۔،)]+", r"\p{N}"], {}),
}

# Added tokens with all that can be said of them.
ADDED = [
    {"content": "<|endoftext|>", "special": True},
    {"content": "<|im_start|>", "special": True},
    {"content": "<|im_end|>", "special": True},
    {"content": "<think>", "special": False},
    {"content": "[strip]", "special": False, "lstrip": True, "rstrip": True},
    {"content": "word", "special": False, "single_word": True},
    {"content": "  \n", "special": False},
    {"content": "normal e\u0301", "special": False, "normalized": True},
]


def vocabulary(size=1500):
    """The pieces by id and the merges of a vocabulary that knows no words."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    trainer = trainers.BpeTrainer(
        vocab_size=size, show_progress=False, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        max_token_length=16,
    )
    tokenizer.train_from_iterator(lines(), trainer)
    model = json.loads(tokenizer.to_str())["model"]
    return model["vocab"], model["merges"]


def lines():
    """Stories, and lines of words, numbers, code and all scripts with anything in between."""
    yield from itertools.islice(stories(seed=3), 300)
    for index in range(600):
        words = [WORDS[(index * 7 + offset * 13) % len(WORDS)] for offset in range(8)]
        low, high = SCRIPTS[index % len(SCRIPTS)]
        letters = "".join(chr(low + (index * 31 + offset) % min(12, high - low)) for offset in range(6))
        ends = ["\n", "\n\n", "\r\n", "  ", "   \n", "'s ", "'LL ", "/\n", " ?!", "...", "\t"]
        yield "".join(f" {word}{ends[(index + at) % len(ends)]}{index % 7}{at}" for at, word in enumerate(words))
        yield f"{letters} {letters.upper()}{letters}{EMOJI[index % len(EMOJI)]} {index}{index % 10}"
        yield CODE[index % len(CODE)] * 2


def tokenizer_json(family, vocab, merges, added=()):
    """What a tokenizer.json of this family says."""
    patterns, more = FAMILIES[family]
    steps = [
        {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False} for pattern in patterns
    ]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [{"id": len(vocab) + index, **flags, **token} for index, token in enumerate(added)],
        "normalizer": more.get("normalizer"),
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [*steps, byte_level]},
        "post_processor": None,
        "decoder": byte_level | {"use_regex": True},
        "model": {
            "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
            "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False,
            "ignore_merges": more.get("ignore_merges", False), "vocab": vocab, "merges": merges,
        },
    }


def loaded(description):
    """The reference; special tokens in a text are text, as in offstage."""
    tokenizer = Tokenizer.from_str(json.dumps(description))
    tokenizer.encode_special_tokens = True
    return tokenizer


def write_gguf(path, family, vocab, merges, added=()):
    """A GGUF file with nothing but the vocabulary."""
    writer = GGUFWriter(str(path), "llama")
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(family)
    writer.add_token_list([*sorted(vocab, key=vocab.get), *(token["content"] for token in added)])
    writer.add_token_types([1] * len(vocab) + [3 if token["special"] else 4 for token in added])
    writer.add_token_merges([" ".join(merge) for merge in merges])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)
    writer.add_add_bos_token(False)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def texts(count, seed):
    """Hard strings as the reference gets them: what is not UTF-8 is a replacement character for each byte."""
    return [readable(text) for text in hard_strings(count, seed)]


def readable(text):
    result, index = "", 0
    while index < len(text):
        for length in range(1, 5):
            try:
                result += text[index : index + length].decode()
                index += length
                break
            except UnicodeDecodeError:
                pass
        else:
            result += "\ufffd"
            index += 1
    return result


# What the ways to cut differ in.
CUTS = [
    "don't DON'T it'S we'Ll I'VE 'sst 'ſ it'ſ", "x'd 'D O'Neil'll", "camelCase CamelCASE HTTPServer ÄÖü ǅ ǆ ʰʱ ªº",
    "1 12 123 1234 12345 ½ ² ٣٤٥ 一二 Ⅷ 〇", "  two   three    four\t\ttabs \n line \n\n lines \r\n end  ",
    "a/b//c/\n/ ?!\n\n ...\r\n#tag @name $5.00 €7 <x> {y} [z]", "漢字かなカナ한글 mixed漢字with latin 々〆ヶ", "e\u0301 a\u0308\u0323 क्षि ไทย",
    "\u00a0nbsp\u00a0 \u3000ideographic\u3000 \u2028 \u0085next", "_snake_case -dash– —em ‘q’ “q” «q» 。，！？（）", "emoji 😀😀 👩‍👩‍👧 ©®™ ♥♦",
    "x" * 50 + " " * 60 + "y" + " " * 5 + "\n" * 7 + "z", "<|im_start|>user\nhi<|im_end|><think> [strip]  word swords word-word   \n",
    "normal é normal e\u0301 x", "\u1100\u1161\u11a8 각", "\U0001d400\U0001d41a\U0001d7d8 \U00020000\U00030000", "ΑΣ ας ß ẞ İi ıI",
]


def characters_json(size=500):
    """A tokenizer.json as Llama 2's is: characters, `▁` for spaces, bytes for what is in no piece."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    special = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    trainer = trainers.BpeTrainer(
        vocab_size=size, show_progress=False, special_tokens=special, limit_alphabet=120, max_token_length=12
    )
    tokenizer.train_from_iterator(lines(), trainer)
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    description = json.loads(tokenizer.to_str())
    description["added_tokens"] = [token for token in description["added_tokens"] if token["id"] < 3]
    return description
