"""A grammar of little children's stories, to learn a small vocabulary from.

Every story is built from one plot. A plot is a list of beats, a beat is a list of ways to say it, and the slots in
them are filled from one cast, so that names, pronouns, places and things agree from the first line to the last.
The text is our own, and the grammar can tell far more than a hundred thousand different stories.

    python3 Benchmarks/conformance/stories.py --count 3 --seed 7
"""

import argparse
import random
import string
from dataclasses import dataclass

from story_plots import ENDINGS, MORALS, OPENINGS, PLOTS
from story_world import ANIMALS, BOYS, GIRLS, HOMES, PLACES, TRAITS, WEATHER

PRONOUNS = {"girl": ("she", "her", "her"), "boy": ("he", "him", "his")}


@dataclass(frozen=True)
class Character:
    """Somebody with a name; `{hero}` in a template is the name, `{hero.his}` the pronoun that goes with it."""

    name: str
    kind: str
    gender: str
    trait: str

    def __str__(self):
        return self.name

    @property
    def a(self):
        """How the story introduces them: "a brave rabbit named Pip"."""
        return f"{with_article(self.trait)} {self.kind} named {self.name}"

    @property
    def he(self):
        return PRONOUNS[self.gender][0]

    @property
    def him(self):
        return PRONOUNS[self.gender][1]

    @property
    def his(self):
        return PRONOUNS[self.gender][2]

    @property
    def He(self):
        return self.he.capitalize()

    @property
    def His(self):
        return self.his.capitalize()


class Slots(string.Formatter):
    """`str.format` with two more endings: `{food:a}` puts an article in front, `{food:C}` a capital letter."""

    def format_field(self, value, spec):
        text = str(value)
        if "a" in spec:
            text = with_article(text)
        return text[0].upper() + text[1:] if "C" in spec else text


def with_article(words):
    return ("an " if words[0] in "aeiou" else "a ") + words


def story(rng):
    """One story, some 80 to 200 words in three paragraphs."""
    plot = rng.choice(PLOTS)
    slots = filled_slots(rng, plot)
    first, *rest = plot["paragraphs"]
    ending = [ENDINGS, plot.get("morals", MORALS)]
    paragraphs = [[OPENINGS] + first] + rest[:-1] + [rest[-1] + ending]
    return "\n".join(paragraph(rng, beats, slots) for beats in paragraphs)


def stories(seed):
    """An endless stream of stories, the same for the same seed."""
    rng = random.Random(seed)
    while True:
        yield story(rng)


def filled_slots(rng, plot):
    """What the templates of one story may name: the cast, the scene, and the plot's own things."""
    characters = cast(rng)
    things = rng.choice(plot["props"]) | {name: rng.choice(choices) for name, choices in plot.get("slots", {}).items()}
    scene = {"home": rng.choice(HOMES), "place": rng.choice(PLACES), "weather": rng.choice(WEATHER)}
    return characters | scene | {name: text.format(**characters) for name, text in things.items()}


def cast(rng):
    """Two characters of different names, and of different kinds when both are animals."""
    hero = character(rng)
    friend = character(rng)
    while friend.name == hero.name or (friend.kind == hero.kind and hero.kind not in PRONOUNS):
        friend = character(rng)
    return {"hero": hero, "friend": friend}


def character(rng):
    gender = rng.choice(["girl", "boy"])
    name = rng.choice(GIRLS if gender == "girl" else BOYS)
    kind = gender if rng.random() < 0.4 else rng.choice(ANIMALS)
    return Character(name, kind, gender, rng.choice(TRAITS))


def paragraph(rng, beats, slots):
    return " ".join(Slots().format(rng.choice(beat), **slots) for beat in beats)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for _, text in zip(range(options.count), stories(options.seed)):
        print(text + "\n")


if __name__ == "__main__":
    main()
