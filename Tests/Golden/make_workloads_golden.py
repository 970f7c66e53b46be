"""Writes workloads.json: steps of every kind of workload, made without the program's code.

    python3 Tests/Golden/make_workloads_golden.py
"""

import json
import pathlib

MASK = (1 << 64) - 1
KINDS = ["balanced", "hot-expert", "hot-set", "hot-rank", "spread-set", "ragged", "empty-experts", "rotating", "burst"]


class Random:
    """xoshiro256++ (Blackman and Vigna, 2019), seeded by SplitMix64 from a seed and a stream."""

    def __init__(self, seed, stream):
        state = seed ^ split(stream)[1]
        self.words = []
        for _ in range(4):
            state, word = split(state)
            self.words.append(word)

    def next(self):
        s = self.words
        result = (rotated((s[0] + s[3]) & MASK, 23) + s[0]) & MASK
        t = s[1] << 17 & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotated(s[3], 45)
        return result

    def below(self, limit):
        return self.next() * limit >> 64

    def shuffle(self, items):
        for last in range(len(items) - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]


def split(state):
    state = (state + 0x9E3779B97F4A7C15) & MASK
    z = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
    return state, z ^ z >> 31


def rotated(x, by):
    return (x << by | x >> (64 - by)) & MASK


def start_of_block(expert, experts, ranks):
    """The first expert on the rank that holds an expert, and the first of the next rank."""
    for rank in range(ranks):
        first, end = experts * rank // ranks, experts * (rank + 1) // ranks
        if first <= expert < end:
            return first, end


def weights(kind, experts, k, index, seed, ranks):
    first, end = start_of_block(Random(seed, 0).below(experts), experts, ranks)
    size = min(experts, max(k, -(-experts // 8)))
    share = 13
    if kind == "ragged":
        return [1] * experts
    if kind == "empty-experts":
        return [1 if expert < max(k, (experts + 1) // 2) else 0 for expert in range(experts)]
    if kind == "hot-expert":
        hot, share = [first], 15
    elif kind == "hot-rank":
        hot = list(range(first, end))
    elif kind == "spread-set":
        hot = [(first + i * experts // size) % experts for i in range(size)]
    else:
        if kind == "rotating":
            first += index * size
        if kind == "burst":
            text = Random(seed, 2 << 32 | index // 8)
            text.next()
            first, share = start_of_block(text.below(experts), experts, ranks)[0], 3
        hot = [(first + i) % experts for i in range(size)]
    shares = [2 * (len(hot) - 1) - i if len(hot) > 1 else 1 for i in range(len(hot))]
    result = [(16 - share) * sum(shares)] * experts
    for expert, part in zip(hot, shares):
        result[expert] = part * share * max(experts - len(hot), 1)
    return result


def step(kind, experts, k, tokens, index, seed, ranks):
    random = Random(seed, 1 << 32 | index)
    if kind == "burst":
        place = Random(seed, 2 << 32 | index // 8).below(8) if index >= 8 else 0
        if index % 8 != place:
            tokens = max(1, tokens >> 3 + random.below(5))
    lengths = [(i + 1) ** 2 if kind == "ragged" else 1 for i in range(ranks)]
    ends = [tokens * sum(lengths[: i + 1]) // sum(lengths) for i in range(ranks)]
    sources = [end - before for end, before in zip(ends, [0] + ends)]
    if kind == "ragged":
        random.shuffle(sources)
    if kind == "balanced":
        order = list(range(experts))
        random.shuffle(order)
        return sources, [order[i % experts] for i in range(tokens * k)]
    chosen = []
    for _ in range(tokens):
        left = weights(kind, experts, k, index, seed, ranks)
        for _ in range(k):
            place, expert = random.below(sum(left)), 0
            while place >= left[expert]:
                place -= left[expert]
                expert += 1
            chosen.append(expert)
            left[expert] = 0
    return sources, chosen


def main():
    cases = []
    for experts, k, tokens, ranks, indices in [(12, 3, 20, 5, [0, 1, 9]), (32, 2, 128, 4, [2]), (3, 3, 1, 4, [0])]:
        for kind in KINDS:
            for index in indices:
                sources, chosen = step(kind, experts, k, tokens, index, 42, ranks)
                cases.append(
                    {
                        "kind": kind, "experts": experts, "topK": k, "tokens": tokens, "ranks": ranks, "seed": 42,
                        "step": index, "tokensBySource": sources, "chosen": chosen,
                    }
                )
    lines = ",\n".join(json.dumps(case) for case in cases)
    (pathlib.Path(__file__).parent / "workloads.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
