"""Makes the golden files of caches, transitions and learning: random routes and what plain programs find in them.

    python Tests/Golden/make_reuse_golden.py

with NumPy and scikit-learn (see README.md). Everything is counted the slow way: lists, sets, and every window.
"""

import json
from pathlib import Path

import numpy
from sklearn.metrics import mutual_info_score

FOLDER = Path(__file__).resolve().parent / "profile"
NEAR_TIE = 1e-9
NEVER = 1 << 60


def main():
    FOLDER.mkdir(exist_ok=True)
    random = numpy.random.default_rng(4)
    passes = [("prompt", 9)] + [("decode", 1)] * 40 + [("prompt", 6)] + [("decode", 1)] * 25
    write("reuse-decode", profile(experts=12, passes=passes, routes=walks(random, 3, 12, passes, lambda: 2)))
    passes = [("prompt", int(length)) for length in random.integers(1, 5, 30)]
    routes = walks(random, 4, 10, passes, lambda: int(random.integers(0, 4)))
    write("reuse-prompts", profile(experts=10, passes=passes, routes=routes))
    write("reuse-learning", learning(random, layers=2, experts=8, tokens=40, steps=[0, 50, 100, 200]))
    random = numpy.random.default_rng(5)
    passes = ([("prompt", 9)] + [("decode", 1)] * 160) * 2
    write("reuse-intervals-decode", intervals(10, passes, walks(random, 3, 10, passes, lambda: 2)))
    passes = [("prompt", int(length)) for length in random.integers(1, 9, 110)]
    routes = walks(random, 2, 20, passes, lambda: int(random.integers(0, 4)))
    write("reuse-intervals-prompts", intervals(20, passes, routes))


def write(name, value):
    (FOLDER / f"{name}.json").write_text(json.dumps(value, separators=(",", ":")) + "\n")


def walks(random, layers, experts, passes, visits):
    """Routes with favorites and memory: a token often goes where the last one went, or to twice its expert before."""
    popularity = 0.8 ** numpy.arange(experts)
    tokens = sum(count for _, count in passes)
    routes = [[[] for _ in range(tokens)] for _ in range(layers)]
    for token in range(tokens):
        for layer in range(layers):
            weights = numpy.roll(popularity, 3 * layer)
            if token > 0:
                weights[routes[layer][token - 1]] += 1.5
            if layer > 0 and routes[layer - 1][token]:
                weights[2 * routes[layer - 1][token][0] % experts] += 4
            chosen = random.choice(experts, visits(), replace=False, p=weights / weights.sum())
            routes[layer][token] = [int(expert) for expert in chosen]
    return routes


def profile(experts, passes, routes):
    steps, halves = steps_of(passes, routes)
    pool = [(layer, expert) for layer in range(len(routes)) for expert in range(experts)]
    counted = [step for step, counts in steps if counts]
    capacities = [1, 2, 3, 5, 8, 12, 20, len(pool)]
    distances, first_requests = stack_distances(steps)
    return {
        "experts": experts,
        "passes": [{"phase": phase, "tokens": tokens} for phase, tokens in passes],
        "routes": routes,
        "requests": sum(len(step) for step, _ in steps),
        "counted": sum(map(len, counted)),
        "first_requests": first_requests,
        "distances": distances,
        "caches": [
            {"capacity": size, "lru": hits(steps, size, least_recently_used), "belady": hits(steps, size, belady),
             "pinned": pinned(pool, *halves, size)} for size in capacities
        ],
        "working_set": working_set(routes),
        "hot_set": hot_set(routes, experts),
        "transitions": [transition(before, after, experts) for before, after in zip(routes, routes[1:])],
    }


def steps_of(passes, routes):
    """What is asked for in every pass and layer, and whether it counts; and the counted steps of both halves."""
    has_decode = any(phase == "decode" for phase, _ in passes)
    counts = [phase == "decode" or not has_decode for phase, _ in passes]
    middle = sum(tokens for (_, tokens), counted in zip(passes, counts) if counted) // 2
    steps, halves, token, before = [], ([], []), 0, 0
    for (_, tokens), counted in zip(passes, counts):
        for layer, visits in enumerate(routes):
            asked = sorted({(layer, expert) for chosen in visits[token:token + tokens] for expert in chosen})
            if asked:
                steps.append((asked, counted))
                if counted:
                    halves[before >= middle].append(asked)
        token += tokens
        before += tokens if counted else 0
    return steps, halves


def hits(steps, capacity, victim):
    return sum(hits_by_step(steps, capacity, victim))


def hits_by_step(steps, capacity, victim):
    cache, hits = [], []  # the least recently used first
    for now, (asked, counts) in enumerate(steps):
        found = [expert for expert in asked if expert in cache]
        cache = [expert for expert in cache if expert not in found] + found
        hits.append(len(found) if counts else 0)
        for expert in asked:
            if expert in found:
                continue
            if len(cache) == capacity:
                others = [other for other in cache if other not in asked]
                cache.remove(victim(others or cache, steps, now))
            cache.append(expert)
    return hits


def least_recently_used(candidates, steps, now):
    return candidates[0]


def belady(candidates, steps, now):
    def next_request(expert):
        later = (step for step in range(now + 1, len(steps)) if expert in steps[step][0])
        return next(((step, expert) for step in later), (NEVER, expert))

    return max(candidates, key=next_request)


def pinned(pool, first, second, capacity):
    """The share of the second half that is for the experts that the first half asked for most often."""
    earlier = [expert for asked in first for expert in asked]
    kept = sorted(pool, key=lambda expert: (-earlier.count(expert), expert))[:capacity]
    later = [expert for asked in second for expert in asked]
    return sum(expert in kept for expert in later) / len(later)


def stack_distances(steps):
    """How many requests lie at each distance, and how many are the first for their expert."""
    sequence = [(expert, counts) for asked, counts in steps for expert in asked]
    distances, first_requests = {}, 0
    for now, (expert, counts) in enumerate(sequence):
        earlier = [step for step in range(now) if sequence[step][0] == expert]
        if not counts:
            continue
        if earlier:
            distance = len({other for other, _ in sequence[earlier[-1] + 1:now]})
            distances[distance] = distances.get(distance, 0) + 1
        else:
            first_requests += 1
    return sorted(distances.items()), first_requests


def working_set(routes):
    tokens = len(routes[0])
    return [
        float(numpy.mean([
            len({(layer, expert) for layer, visits in enumerate(routes) for chosen in visits[start:start + size]
                 for expert in chosen})
            for start in range(tokens - size + 1)
        ])) for size in [1 << power for power in range(tokens.bit_length())]
    ]


def loads(routes, experts):
    return numpy.concatenate([
        numpy.bincount([expert for chosen in visits for expert in chosen], minlength=experts) for visits in routes
    ])


def hot_set(routes, experts):
    middle = len(routes[0]) // 2
    busiest = numpy.sort(loads(routes, experts))[::-1]
    reached = numpy.cumsum(busiest) / busiest.sum()
    first, second = (loads([visits[half] for visits in routes], experts)
                     for half in (slice(None, middle), slice(middle, None)))
    later = second[numpy.argsort(-first, kind="stable")]

    def tenth(values):  # of the visits, where Lorenz' curve has a tenth of the experts
        curve = numpy.concatenate([[0], numpy.cumsum(values)]) / values.sum()
        return float(numpy.interp(len(values) / 10, numpy.arange(len(values) + 1), curve))

    share = {name: float((reached < part - 1e-12).sum() + 1) / len(busiest)
             for name, part in (("half", 0.5), ("eighty", 0.8), ("ninety", 0.9))}
    return share | {"busiest_tenth": tenth(busiest), "busiest_tenth_later": tenth(later)}


def transition(before, after, experts):
    middle = len(before) // 2
    pairs = [(i, j) for first, second in zip(before, after) for i in first for j in second]
    joint = numpy.zeros((experts, experts), dtype=int)
    numpy.add.at(joint, tuple(numpy.array(pairs).T), 1)
    learned = [(first, second) for first, second in zip(before[:middle], after[:middle]) if first and second]
    popularity = numpy.array([sum(j in second for _, second in learned) for j in range(experts)]) / len(learned)
    visits = guessed = popular = chance = 0
    for first, second in zip(before[middle:], after[middle:]):
        if not first or not second:
            continue
        scores = sum(smoothed(learned, i, popularity) for i in first)
        visits += len(second)
        guessed += len(best(scores, len(second)) & set(second))
        popular += len(best(popularity, len(second)) & set(second))
        chance += len(second) ** 2 / experts
    return {
        "mutual_information": float(mutual_info_score(*zip(*pairs))), "counts": joint.tolist(),
        "recall": guessed / visits, "popularity_recall": popular / visits, "chance_recall": chance / visits,
    }


def smoothed(learned, i, popularity):
    """P(j | i), with one more token that goes where all go."""
    after = [second for first, second in learned if i in first]
    return (numpy.array([sum(j in second for second in after) for j in range(len(popularity))]) + popularity) \
        / (len(after) + 1)


def best(scores, number):
    """The highest, of equal ones the lower number; scores that rounding could swap are made equal."""
    order = sorted(range(len(scores)), key=lambda expert: (-round(scores[expert] / NEAR_TIE), expert))
    return set(order[:number])


def intervals(experts, passes, routes):
    """Standard errors of ratios over blocks; of the hot set, where 2,000 resamples of blocks lie."""
    steps, _ = steps_of(passes, routes)
    blocks, later = step_blocks(passes, routes)
    pool = [(layer, expert) for layer in range(len(routes)) for expert in range(experts)]
    asked = [len(step) for step, _ in steps]
    return {
        "experts": experts, "top_k": max(len(chosen) for visits in routes for chosen in visits),
        "passes": [{"phase": phase, "tokens": tokens} for phase, tokens in passes], "routes": routes,
        "caches": [
            {"capacity": size, "pinned": error(*pinned_by_step(pool, steps, blocks, later, size), later)}
            | {name: error(hits_by_step(steps, size, policy), asked, blocks)
               for name, policy in (("lru", least_recently_used), ("belady", belady))}
            for size in sorted({int(len(pool) * part / 100) for part in (5, 10, 20, 25, 33, 50, 75, 100)})
        ],
        "distances": distance_errors(steps, blocks),
        "working_set": [working_set_error(routes, pool, 1 << power) for power in range(len(routes[0]).bit_length())],
        "hot_set": hot_set_intervals(routes, experts),
        "transitions": [transition_errors(before, after, experts) for before, after in zip(routes, routes[1:])],
    }


def number_of_blocks(tokens):
    return min(max(tokens // 16, min(tokens // 6, 24)), 100) if tokens >= 96 else 0


def even_blocks(things, count):
    """For each of so many things its block."""
    return numpy.concatenate([
        numpy.full(things * (block + 1) // count - things * block // count, block) for block in range(count)
    ])


def step_blocks(passes, routes):
    """For every step its block, and its block of the second half; None where it does not count."""
    has_decode = any(phase == "decode" for phase, _ in passes)
    tokens_of, all_tokens, token = [], [], 0
    for phase, tokens in passes:
        steps = sum(any(visits[token:token + tokens]) for visits in routes)
        counts = phase == "decode" or not has_decode
        all_tokens.append(tokens if counts else 0)
        tokens_of.append((tokens if counts and steps else 0, steps))
        token += tokens
    is_later = numpy.cumsum([0] + all_tokens[:-1]) >= sum(all_tokens) // 2

    def blocks(is_inside):
        total = sum(tokens for (tokens, _), inside in zip(tokens_of, is_inside) if inside)
        found, before = [], 0
        for (tokens, steps), inside in zip(tokens_of, is_inside):
            counts = inside and tokens > 0
            found += [before * number_of_blocks(total) // total if counts else None] * steps
            before += tokens if counts else 0
        return found

    return blocks([True] * len(passes)), blocks(is_later)


def pinned_by_step(pool, steps, blocks, later, capacity):
    earlier = [expert for (asked, _), block, after in zip(steps, blocks, later)
               if block is not None and after is None for expert in asked]
    kept = sorted(pool, key=lambda expert: (-earlier.count(expert), expert))[:capacity]
    return [sum(expert in kept for expert in asked) for asked, _ in steps], [len(asked) for asked, _ in steps]


def error(parts, wholes, blocks):
    """The ratio of the sums and its standard error, blocks being independent (Cochran, 1977, chapter 6)."""
    known = sorted({block for block in blocks if block is not None})
    part, whole = (numpy.array([sum(value for value, block in zip(values, blocks) if block == number)
                                for number in known], dtype=float) for values in (parts, wholes))
    ratio = part.sum() / whole.sum()
    variance = ((part - ratio * whole) ** 2).sum() * len(known) / (len(known) - 1) / whole.sum() ** 2
    return {"value": round(float(ratio), 9), "error": round(float(variance ** 0.5), 9)}


def distance_errors(steps, blocks):
    sequence = [(expert, block) for (asked, _), block in zip(steps, blocks) for expert in asked]
    powers, of_block = [], []
    for now, (expert, block) in enumerate(sequence):
        earlier = [step for step in range(now) if sequence[step][0] == expert]
        if block is not None and earlier:
            powers.append(len({other for other, _ in sequence[earlier[-1] + 1:now]}).bit_length())
            of_block.append(block)
    return [error([found == power for found in powers], [1] * len(powers), of_block)
            for power in range(min(powers), max(powers) + 1)]


def working_set_error(routes, pool, size):
    tokens = len(routes[0])
    count = number_of_blocks(tokens)
    merged = count // -(-2 * size * count // tokens)
    if merged < 8:
        return None
    blocks = [int(block) * merged // count for block in even_blocks(tokens, count)][:tokens - size + 1]
    sets = [len({(layer, expert) for layer, visits in enumerate(routes) for chosen in visits[start:start + size]
                 for expert in chosen}) / len(pool) for start in range(tokens - size + 1)]
    return error(sets, [1] * len(sets), blocks)


def hot_set_intervals(routes, experts):
    tokens, random = len(routes[0]), numpy.random.default_rng(9)
    count = number_of_blocks(tokens) // 2 * 2
    ends = [tokens * block // count for block in range(count + 1)]
    blocks = [list(range(first, end)) for first, end in zip(ends, ends[1:])]
    names = ["half", "eighty", "ninety", "busiest_tenth"]
    measured = hot_set(routes, experts)
    found = {name: [] for name in names}
    for _ in range(2000):
        drawn = [token for block in random.integers(0, count, count) for token in blocks[block]]
        resample = hot_set([[visits[token] for token in drawn] for visits in routes], experts)
        for name in names:
            found[name].append(2 * measured[name] - resample[name])
    first, second = (numpy.array([loads([visits[first:end] for visits in routes], experts)
                                  for first, end in zip(some, some[1:])])
                     for some in (ends[:count // 2 + 1], ends[count // 2:]))
    order = numpy.argsort(-first.sum(axis=0), kind="stable")
    weights = numpy.clip(len(order) / 10 - numpy.arange(len(order)), 0, 1)
    later = error(second[:, order] @ weights, second.sum(axis=1), list(range(len(second))))
    return {name: dict(zip(("low", "high"), numpy.percentile(found[name], [2.5, 97.5]))) for name in names} \
        | {"busiest_tenth_later": later}


def transition_errors(before, after, experts):
    tokens = len(before)
    middle = tokens // 2
    learned = [(first, second) for first, second in zip(before[:middle], after[:middle]) if first and second]
    popularity = numpy.array([sum(j in second for _, second in learned) for j in range(experts)]) / len(learned)
    hits, popular, visits = [], [], []
    for first, second in zip(before[middle:], after[middle:]):
        scores = sum(smoothed(learned, i, popularity) for i in first) if first and second else popularity
        visits.append(len(second) if first else 0)
        hits.append(len(best(scores, len(second)) & set(second)) if first else 0)
        popular.append(len(best(popularity, len(second)) & set(second)) if first else 0)
    later = even_blocks(tokens - middle, number_of_blocks(tokens - middle)).tolist()
    blocks = even_blocks(tokens, number_of_blocks(tokens)).tolist()

    joint = numpy.zeros((experts, experts))
    for first, second in zip(before, after):
        joint[numpy.ix_(first, second)] += 1
    with numpy.errstate(divide="ignore", invalid="ignore"):
        pointwise = numpy.log(joint * joint.sum() / joint.sum(axis=1, keepdims=True) / joint.sum(axis=0))
    information = [pointwise[numpy.ix_(first, second)].sum() for first, second in zip(before, after)]
    pairs = [len(first) * len(second) for first, second in zip(before, after)]
    steps = [
        {"first": i, "second": j} | error([i in first and j in second for first, second in zip(before, after)],
                                          [i in first and len(second) > 0 for first, second in zip(before, after)], blocks)
        for i in range(experts) for j in range(experts) if joint[i, j] > 4
    ]
    return {
        "mutual_information": error(information, pairs, blocks), "recall": error(hits, visits, later),
        "popularity_recall": error(popular, visits, later),
        "gain": error(numpy.array(hits) - numpy.array(popular), visits, later), "steps": steps,
    }


def learning(random, layers, experts, tokens, steps):
    snapshots = []
    passes = [("prompt", tokens)]
    routes = walks(random, layers, experts, passes, lambda: 2)
    for step in steps:
        trained = [[drop(random, chosen) for chosen in visits] for visits in routes]
        snapshots.append({"step": step, "generation": routes, "training": [[kept for kept, _ in v] for v in trained],
                          "dropped": [[ranks for _, ranks in visits] for visits in trained]})
        changed = 100 / (step + 150)
        routes = [[random.choice(experts, 2, replace=False).tolist() if random.random() < changed else chosen
                   for chosen in visits] for visits in routes]
    return {"experts": experts, "snapshots": snapshots,
            "layers": [learned_layer(snapshots, layer, experts) for layer in range(layers)]}


def drop(random, chosen):
    ranks = [rank for rank in range(len(chosen)) if random.random() < 0.1 * (rank + 1)]
    return [expert for rank, expert in enumerate(chosen) if rank not in ranks], ranks


def learned_layer(snapshots, layer, experts):
    routes = [snapshot["generation"][layer] for snapshot in snapshots]
    training = [snapshot["training"][layer] for snapshot in snapshots]
    first = numpy.array([[chosen[0] for chosen in visits] for visits in routes])
    return {
        "saturation": [overlap(visits, routes[-1]) for visits in routes],
        "fluctuation": (first[1:] != first[:-1]).mean(axis=1).tolist(),
        "settled": [float((first[step:] == first[-1]).all(axis=0).mean()) for step in range(len(snapshots))],
        "max_over_mean": [float(loads([visits], experts).max() / loads([visits], experts).mean()) for visits in routes],
        "agreement": [overlap(here, there) for here, there in zip(routes, training)],
        "drop_rates": [[float(numpy.mean([rank in ranks for ranks in snapshot["dropped"][layer]])) for rank in range(2)]
                       for snapshot in snapshots],
    }


def overlap(here, there):
    """The mean share of the experts over there that are here, too."""
    return float(numpy.mean([len(set(a) & set(b)) / len(b) for a, b in zip(here, there) if b]))


if __name__ == "__main__":
    main()
