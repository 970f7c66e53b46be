#!/usr/bin/env python3
"""How often the 95 % intervals of `offstage profile` hold the truth.

Draws tokens from routers whose shares are known, profiles each draw as a trace, and prints in how many percent of them the
interval of a measure holds what the router truly has; for max/mean beside it what the two ways would do that the program
takes together, computed here. Needs NumPy.
"""
import argparse, json, pathlib, subprocess, tempfile

import numpy

MEASURES = ("max_over_mean", "cv", "gini", "entropy", "effective_experts")


def measures(load):
    count, shares = len(load), numpy.sort(load) / load.sum()
    entropy = -sum(p * numpy.log(p) for p in shares if p > 0)
    return {"max_over_mean": shares[-1] * count, "cv": shares.std() * count,
            "gini": ((2 * numpy.arange(1, count + 1) - count - 1) * shares).sum() / count,
            "entropy": entropy / numpy.log(count), "effective_experts": numpy.exp(entropy)}


def choose(random, weights, tokens, top_k):
    """Of each token the first experts of a draw without replacement (Gumbel, top k)."""
    return numpy.argsort(-(numpy.log(weights) + random.gumbel(size=(tokens, len(weights)))), axis=1)[:, :top_k]


def strongest(routes, experts):
    pairs = numpy.zeros((experts, experts))
    for first in range(routes.shape[1]):
        for second in range(routes.shape[1]):
            if first != second:
                numpy.add.at(pairs, (routes[:, first], routes[:, second]), 1)
    return pairs.max(axis=1).sum() / routes.size


def profile(program, folder, routes, experts):
    path = pathlib.Path(folder) / "trace.jsonl"
    header = {"format": "offstage-trace", "version": 2, "model": "known", "layers": 1, "experts": experts,
              "top_k": routes.shape[1]}
    lines = [header] + [{"phase": "decode", "token": token, "id": 0, "layer": 0, "experts": row.tolist()}
                        for token, row in enumerate(routes)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = subprocess.run([program, "profile", "--trace", path, "--json"], check=True, capture_output=True)
    return json.loads(done.stdout)["layers"][0]


def single_ways(random, routes, experts):
    """Intervals of max/mean from reflected squares alone, and from the busiest expert's own share alone."""
    tokens = len(routes)
    count = min(max(tokens // 16, min(tokens // 6, 24)), 100)
    loads = numpy.array([numpy.bincount(routes[tokens * b // count : tokens * (b + 1) // count].ravel(), minlength=experts)
                         for b in range(count)])
    total = loads.sum(axis=0)
    value = total.max() / total.mean()
    resampled = loads[random.integers(0, count, (200, count))].sum(axis=1)
    peaks, own = (load / resampled.mean(axis=1) for load in (resampled.max(axis=1), resampled[:, total.argmax()]))
    squares = 1 + numpy.sqrt(numpy.maximum(2 * (value - 1) ** 2 - (peaks - 1) ** 2, 0))
    for values in (squares, 2 * value - own):
        low, high = numpy.percentile(values, [2.5, 97.5])
        yield min(low, value), max(high, value)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--offstage", default=".build/release/offstage")
    parser.add_argument("--draws", type=int, default=200)
    options = parser.parse_args()
    random = numpy.random.default_rng(1)
    columns = MEASURES + ("squares alone", "own share alone", "strongest partner")
    print(f"{'experts, weights, k, tokens':30}" + "".join(f"{name:>19}" for name in columns))
    with tempfile.TemporaryDirectory() as folder:
        for experts, falloff, top_k, tokens in [(8, 1.0, 1, 800), (8, 0.9, 1, 800), (8, 0.8, 1, 800), (64, 0.9, 1, 3000),
                                                (16, 1.0, 4, 400), (16, 0.9, 2, 300)]:
            weights = falloff ** numpy.arange(experts)
            long = choose(random, weights, 400_000, top_k)
            truth = measures(weights if top_k == 1 else numpy.bincount(long.ravel(), minlength=experts))
            partners = strongest(long, experts) if top_k > 1 else None
            held = dict.fromkeys(columns, 0)
            for _ in range(options.draws):
                routes = choose(random, weights, tokens, top_k)
                layer = profile(options.offstage, folder, routes, experts)
                intervals = [(name, truth[name], layer["intervals"][name].values()) for name in MEASURES]
                ways = zip(columns[5:7], single_ways(random, routes, experts))
                intervals += [(name, truth["max_over_mean"], ends) for name, ends in ways]
                if top_k > 1:
                    pairs = layer["co_activation"]["all_pairs"]["interval"]
                    intervals.append((columns[7], partners, pairs.values()))
                for name, value, ends in intervals:
                    # Even loads are at the very end of an interval; a long draw tells a truth to about a thousandth.
                    slack = 1e-6 if top_k == 1 else 2e-3 * abs(value)
                    held[name] += min(ends) - slack <= value <= max(ends) + slack
            name = f"{experts}, {falloff}^e, {top_k}, {tokens}"
            shares = [f"{100 * held[c] / options.draws:.0f}" if c != columns[7] or top_k > 1 else "–" for c in columns]
            print(f"{name:30}" + "".join(f"{share:>19}" for share in shares), flush=True)


if __name__ == "__main__":
    main()
