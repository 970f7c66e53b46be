"""Strings that tokenizers get wrong, from a seed: scripts, emoji, white space, control characters, broken UTF-8."""

import random

SCRIPTS = [
    (0x41, 0x5A), (0x61, 0x7A), (0x30, 0x39), (0xC0, 0x24F), (0x250, 0x2AF), (0x370, 0x3FF), (0x400, 0x4FF), (0x531, 0x587),
    (0x5D0, 0x5EA), (0x620, 0x64A), (0x904, 0x939), (0x985, 0x9B9), (0xB85, 0xBB9), (0xE01, 0xE2E), (0x10A0, 0x10FF),
    (0x1100, 0x11FF), (0x3041, 0x3096), (0x30A1, 0x30FA), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0x20000, 0x2A6DF),
    (0x1D400, 0x1D7FF), (0x12000, 0x12399), (0xE000, 0xF8FF), (0xFF01, 0xFF5E),
]

WORDS = """the of and to in is that for it was on are as with his they at be this from have or by one had not but what all
were when we there can an your which their said if do will each about how up out them then she many some so these would
other into has more her two like him see time could no make than first been its who now people my made over did down only
way find use may water long little very after words called just where most know Straße façade naïve Привет мир γειά שלום
مرحبا नमस्ते 你好 世界 こんにちは 안녕하세요 สวัสดี Übermut œuvre ﬁnal ﬀ №5 ½ x² O’Neil don't l'été""".split()

EMOJI = [
    "😀", "🎭", "👍🏽", "👩‍👩‍👧‍👦", "🏳️‍🌈", "🇫🇷", "🇯🇵", "1️⃣", "❤️", "🧑🏿‍🚀", "🤷🏻‍♀️", "🫠", "👨‍💻", "☃", "©️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
]

SPACES = [
    " ", "  ", "   ", "    ", "\t", "\n", "\n\n", "\r\n", "\u00a0", "\u2003", "\u3000", "\u200b", "\u2028", "\ufeff", "\u0085",
    " \n ", "\u202f",
]

MARKS = [
    "\u2581", "\u2581\u2581", " \u2581 ", "\u2581a", "<s>", "</s>", "<unk>", "<0x41>", "<0x0A>", "[INST]", "\ufffd", "\u0301",
    "e\u0301\u0323", "\u202e", "\u200d",
]

CODE = [
    "for i in range(10):\n    print(i)\n", "if (a != b) { return x->y[0]; }", "\tlet z = x &+ y // ok\n", "#include <stdio.h>\n",
    "SELECT * FROM t WHERE a = 'b';", "https://example.org/a?b=c&d=%20#e", "0xDEADBEEF", "3.14159e-10", "C:\\dir\\file.txt",
    "{\"key\": [1, 2.5, null]}", "a+=b--c;", "/* -*- */", "$$\\frac{1}{2}$$", "<div class=\"x\">&nbsp;</div>", "==========", "....",
]

BROKEN = [
    b"\xff", b"\xfe\xff", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\x80", b"\xbf\xbf", b"\xc0\xaf", b"\xe0\x80\x80",
    b"\xed\xa0\x80",
    b"\xed\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xc3(", b"\xe2(\xa1", b"\xf0(\x8c\xbc", b"\xf0\x90(\xbc", b"\xc1\xbf",
]

EDGE_CASES = [
    b"", b" ", b"  ", b"\n", b"\x00", "▁".encode(), "▁▁".encode(), " ▁".encode(), b"a", b" a", b"a ", b"  a  b  ", "é".encode(),
    "e\u0301".encode(),
    b"\xff", b"a\xff", b"\xe2\x96", b"\xe2\x96\x81", b"\xe2\x96\x81\xe2\x96", b"<s>", b"</s>a", b"<0x00>", b"\x00\x00a", b"\x7f\x80",
    "￿".encode(),
    "\U0010ffff".encode(), b"a" * 1000, b" " * 1000, b"ab" * 700, "é".encode() * 300, "▁".encode() * 99, b"\xff" * 50,
    "👩‍👩‍👧‍👦".encode() * 40,
]


def hard_strings(count, seed):
    """`count` byte strings, the edge cases first; about one in nine is not valid UTF-8."""
    rng = random.Random(seed)
    made = [one_string(rng) for _ in range(max(0, count - len(EDGE_CASES)))]
    return (EDGE_CASES + made)[:count]


def one_string(rng):
    kinds = rng.sample(PARTS, rng.randint(1, 3))
    return b"".join(rng.choice(kinds)(rng) for _ in range(rng.choice([1, 2, 3, 5, 8, 13, 21])))


def words(rng):
    return (rng.choice(["", " "]) + " ".join(rng.choices(WORDS, k=rng.randint(1, 6)))).encode()


def letters(rng):
    low, high = rng.choice(SCRIPTS)
    return "".join(chr(rng.randint(low, high)) for _ in range(rng.randint(1, 12))).encode()


def any_character(rng):
    character = rng.choice([rng.randint(0, 0xFFFF), rng.randint(0, 0x10FFFF)])
    return b"" if 0xD800 <= character < 0xE000 else chr(character).encode()


def control(rng):
    return bytes(rng.choice([*range(0x20), 0x7F]) for _ in range(rng.randint(1, 4)))


def long_word(rng):
    unit = "".join(rng.choices("etaoinshrdlu", k=rng.randint(1, 5)))
    return (unit * rng.randint(20, 120)).encode()


def number(rng):
    return str(rng.randint(0, 10 ** rng.randint(1, 20))).encode()


def picked(choices):
    encoded = [choice.encode() if isinstance(choice, str) else choice for choice in choices]
    return lambda rng: rng.choice(encoded)


PARTS = [
    words, words, words, words, letters, letters, letters, any_character, control, long_word, number,
    picked(EMOJI), picked(SPACES), picked(SPACES), picked(MARKS), picked(CODE), picked(CODE), picked(BROKEN),
]
