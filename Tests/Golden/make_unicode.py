"""Makes Sources/ModelFiles/Unicode/UnicodeData.swift. Needs `unicodedata2==16.0.0` from PyPI and nothing else:

    python3 -m venv venv && venv/bin/pip install unicodedata2==16.0.0 && venv/bin/python Tests/Golden/make_unicode.py

Unicode 16.0 is what the regular expressions of Hugging Face's tokenizers 0.23 know, character for character; older releases of
theirs and llama.cpp know a little less, of characters that nobody wrote when their vocabularies were learned.
"""

from pathlib import Path

import unicodedata2 as unicodedata

VERSION = "16.0.0"
TARGET = Path(__file__).resolve().parents[2] / "Sources/ModelFiles/Unicode/UnicodeData.swift"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZghijklmnopqrstuvwxyz"
CATEGORIES = "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Cs Co Cn".split()
WHITE_CONTROLS = [*range(0x09, 0x0E), 0x85]
# Scripts.txt of Unicode 16.0, Script=Han.
HAN = [
    (0x2E80, 0x2E99), (0x2E9B, 0x2EF3), (0x2F00, 0x2FD5), (0x3005, 0x3005), (0x3007, 0x3007), (0x3021, 0x3029),
    (0x3038, 0x303B), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFA6D), (0xFA70, 0xFAD9), (0x16FE2, 0x16FE3),
    (0x16FF0, 0x16FF1), (0x20000, 0x2A6DF), (0x2A700, 0x2B739), (0x2B740, 0x2B81D), (0x2B820, 0x2CEA1),
    (0x2CEB0, 0x2EBE0), (0x2EBF0, 0x2EE5D), (0x2F800, 0x2FA1D), (0x30000, 0x3134A), (0x31350, 0x323AF),
]

TEMPLATE = '''// Made by Tests/Golden/make_unicode.py from Unicode {version}; not to be changed by hand.

/// What Unicode {version} says of characters, in few bytes.
enum UnicodeData {{
    /// The classes of characters: a general category, and after it what a part of it is beside.
    static let classNames = [
{names}
    ]

    /// Runs of characters of one class from U+0000 on: the letter of the class, then the length in hexadecimal where it
    /// is not 1.
    static let classLetters = "{letters}"
    static let classRuns = """
{classes}
        """

    /// Runs of characters of one canonical combining class: first character, length and class in hexadecimal.
    static let combiningRuns = """
{combining}
        """

    /// Canonical decompositions: the character, then what it is made of, in hexadecimal; `!` where it is not composed again.
    static let decompositions = """
{decompositions}
        """
}}
'''


def main():
    if unicodedata.unidata_version != VERSION:
        raise SystemExit(f"unicodedata2 knows Unicode {unicodedata.unidata_version}, not {VERSION}")
    names = list(CATEGORIES)
    classes = []
    for value in range(0x110000):
        name = class_name(value)
        if name not in names:
            names.append(name)
        classes.append(names.index(name))
    TARGET.write_text(
        TEMPLATE.format(
            version="16.0",
            letters=LETTERS[: len(names)],
            names=wrapped([f'"{name}",' for name in names]),
            classes=continued("".join(class_runs(classes))),
            combining=continued(" ".join(combining_runs())),
            decompositions=continued(" ".join(decompositions())),
        )
    )


def class_name(value):
    category = unicodedata.category(chr(value))
    if value in WHITE_CONTROLS:
        return f"{category} White_Space"
    return f"{category} Han" if any(low <= value <= high for low, high in HAN) else category


def class_runs(classes):
    start = 0
    for value in range(1, 0x110001):
        if value == 0x110000 or classes[value] != classes[start]:
            yield LETTERS[classes[start]] + ("" if value - start == 1 else f"{value - start:x}")
            start = value


def combining_runs():
    start = None
    for value in range(0x110001):
        kind = unicodedata.combining(chr(value)) if value < 0x110000 else 0
        if start is not None and kind != unicodedata.combining(chr(start)):
            yield f"{start:x},{value - start:x},{unicodedata.combining(chr(start)):x}"
            start = None
        if kind and start is None:
            start = value


def decompositions():
    """Hangul syllables are composed by arithmetic."""
    for value in range(0x110000):
        parts = unicodedata.decomposition(chr(value))
        if not parts or parts.startswith("<"):
            continue
        again = unicodedata.normalize("NFC", chr(value)) == chr(value)
        yield ",".join(f"{int(part, 16):x}" for part in [f"{value:x}", *parts.split()]) + ("" if again else "!")


def continued(text):
    """Lines of a string literal that are one line."""
    width = 110
    lines = [text[start : start + width] for start in range(0, len(text), width)]
    return "\n".join(f"        {line}" + ("" if index == len(lines) - 1 else "\\") for index, line in enumerate(lines))


def wrapped(words):
    lines = [""]
    for word in words:
        if len(lines[-1]) + len(word) > 100:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
    return "\n".join(" " * 8 + line for line in lines)


if __name__ == "__main__":
    main()
