"""Measures of routing balance by NumPy, SciPy and scikit-learn, for random routes (Tests/Golden/README.md).

    python Tests/Golden/make_balance_golden.py

needs numpy, scipy and scikit-learn, nothing else.
"""

import collections
import itertools
import json
import pathlib

import numpy
import scipy.stats
from scipy.spatial.distance import jensenshannon
from sklearn.metrics import mutual_info_score

FOLDER = pathlib.Path(__file__).parent / "profile"
WINDOW = 64


def draw(random, case):
    """Texts of several domains; an expert is likelier for its domain and for its ids."""
    experts, layers = case["experts"], case["layers"]
    affinity = random.normal(0, 1, (layers, len(case["domains"]), experts)) * case["domain_strength"]
    taste = random.normal(0, 1, (layers, case["vocabulary"], experts)) * case["token_strength"]
    affinity[0, :, case.get("dead", [])] = -100
    texts, routes, weights = [], [[] for _ in range(layers)], [[] for _ in range(layers)]
    for number, length in enumerate(case["texts"]):
        domain = number % len(case["domains"])
        ids = random.integers(0, case["vocabulary"], length)
        texts.append({"domain": case["domains"][domain], "ids": ids.tolist()})
        for token, layer in itertools.product(ids, range(layers)):
            visits = case["top_k"] if "visits" not in case else int(random.choice(case["visits"]))
            scores = affinity[layer, domain] + taste[layer, token] + random.normal(0, 1, experts)
            chosen = numpy.argsort(-scores)[:visits]
            routes[layer].append(chosen.tolist())
            weights[layer].append(numpy.sort(random.integers(1, 4096, visits))[::-1].tolist())
    return texts, routes, weights


def spread(load):
    shares = load / load.sum()
    differences = numpy.abs(load[:, None] - load[None, :]).mean()
    entropy = scipy.stats.entropy(shares)
    return {
        "max_over_mean": load.max() / load.mean(),
        "min_over_mean": load.min() / load.mean(),
        "cv": load.std() / load.mean(),
        "gini": differences / (2 * load.mean()),
        "entropy": entropy / numpy.log(len(load)),
        "effective_experts": numpy.exp(entropy),
        "dead_experts": int((load == 0).sum()),
    }


def chance(random, experts, tokens_by_visits, repetitions=1000):
    measures = []
    for _ in range(repetitions):
        load = numpy.zeros(experts, int)
        for visits, tokens in tokens_by_visits.items():
            chosen = numpy.argsort(random.random((tokens, experts)), axis=1)[:, :visits]
            load += numpy.bincount(chosen.ravel(), minlength=experts)
        measures.append(spread(load))
    return {name: float(numpy.mean([m[name] for m in measures])) for name in
            ("max_over_mean", "cv", "gini", "entropy", "dead_experts")}


def gate(weights):
    rows = [numpy.array(row) / sum(row) for row in weights if len(row) > 1]
    if not rows:
        return None
    confidence = numpy.array([row.max() for row in rows])
    edges = confidence * 10
    assert numpy.all((numpy.abs(edges - edges.round()) > 1e-5) | (edges == 5)), "a share on an edge"
    return {
        "confidence": confidence.mean(),
        "margin": numpy.mean([row[0] - row[1] for row in rows]),
        "entropy": numpy.mean([scipy.stats.entropy(row) / numpy.log(len(row)) for row in rows]),
        "confidence_histogram": numpy.histogram(confidence, bins=10, range=(0, 1))[0].tolist(),
    }


def pairs(routes, load, of_token):
    experts = len(load)
    counts = numpy.diag(load)
    for row in routes:
        for first, second in of_token(row):
            counts[first, second] += 1
            counts[second, first] += 1
    off = counts - numpy.diag(load)
    # What independent visits to different experts would give, scaled to as many pairs.
    products = numpy.outer(load, load).astype(float)
    numpy.fill_diagonal(products, 0)
    lift = off / numpy.where(products > 0, products * off.sum() / products.sum(), 1)
    return {"counts": counts.tolist(), "strongest": off.max(axis=1).sum() / load.sum(), "lift": lift.tolist()}


def information(experts, labels):
    counts = numpy.unique(labels, return_counts=True)[1]
    measured = mutual_info_score(experts, labels)
    return {"mutual_information": measured, "normalized": measured / scipy.stats.entropy(counts)}


def vocabulary(routes, labels):
    """Over the tokens that have a label."""
    visits = [(expert, label) for row, label in zip(routes, labels) if label >= 0 for expert in row]
    experts, ids = numpy.array(visits).T
    shares, tokens = [], []
    for label in numpy.unique(ids):
        shares.append(numpy.bincount(experts[ids == label]).max() / (ids == label).sum())
        tokens.append(sum(1 for row, other in zip(routes, labels) if row and other == label))
    return information(experts, ids) | {"share": numpy.average(shares, weights=tokens)}


def drift(layers, experts):
    tokens = len(layers[0])
    assert tokens % WINDOW == 0
    windows = []
    for first in range(0, tokens, WINDOW):
        here = [numpy.bincount(sum(routes[first : first + WINDOW], []), minlength=experts) for routes in layers]
        all_of = [numpy.bincount(sum(routes, []), minlength=experts) for routes in layers]
        divergences = [jensenshannon(h, a - h, base=2) ** 2 for h, a in zip(here, all_of)]
        windows.append({
            "first_token": first,
            "divergence": numpy.mean(divergences),
            "max_over_mean": numpy.mean([h.max() / h.mean() for h in here]),
        })
    return windows


def blocks_of(tokens):
    """As many contiguous blocks as BlockResampling makes."""
    count = min(max(len(tokens) // 16, min(len(tokens) // 6, 24)), 100)
    return [tokens[len(tokens) * b // count : len(tokens) * (b + 1) // count] for b in range(count)]


def jackknife(blocks, measure):
    """The standard error by leaving out one block after the other (Quenouille, 1956; Tukey, 1958)."""
    values = numpy.array([measure(sum(blocks[:b] + blocks[b + 1 :], [])) for b in range(len(blocks))])
    return float(numpy.sqrt((len(blocks) - 1) / len(blocks) * ((values - values.mean()) ** 2).sum()))


def weighted_error(blocks, measure, step=1e-4):
    """The same by what a little more or less of each block changes (Jaeckel, 1972): for measures that chance adds to.

    A measure takes a weight for every token.
    """
    tokens = max(map(max, blocks)) + 1
    influences = []
    for block in blocks:
        ends = []
        for change in (step, -step):
            weights = numpy.zeros(tokens)
            weights[sum(blocks, [])] = 1
            weights[block] += change
            ends.append(measure(weights))
        influences.append((ends[0] - ends[1]) / (2 * step))
    influences = numpy.array(influences) - numpy.mean(influences)
    return float(numpy.sqrt(len(blocks) / (len(blocks) - 1) * (influences**2).sum()))


def reflected(name, measured, resampled, experts):
    """Resamples on the other side of the measure. The squares of what grows like a standard deviation are reflected."""
    if name == "effective_experts":
        return experts ** reflected("entropy", numpy.log(measured) / numpy.log(experts),
                                    numpy.log(resampled) / numpy.log(experts), experts)
    if name == "dead_experts":
        return numpy.maximum(2 * measured - resampled, 0)
    even, power = {"max_over_mean": (1, 2), "cv": (0, 2), "gini": (0, 2), "entropy": (0, 1)}[name]
    values = even + numpy.maximum(2 * (measured - even) ** power - (resampled - even) ** power, 0) ** (1 / power)
    return numpy.minimum(values, 1) if name == "entropy" else values


def balance_intervals(random, layers, experts, draws=2000):
    """Quantiles of reflected resamples, of every layer and of the 75th percentile across them.

    The latter hold those of the percentile of reflected resamples, and those of the reflected percentile of resamples.
    Layers share their draws where every token visits in all of them.
    """
    per_layer = []
    seed = int(random.integers(1 << 30))
    for routes in layers:
        blocks = blocks_of([token for token, row in enumerate(routes) if row])
        loads = numpy.array([numpy.bincount(sum((routes[t] for t in block), []), minlength=experts) for block in blocks])
        chosen = numpy.random.default_rng(seed).integers(0, len(blocks), (draws, len(blocks)))
        resampled = [spread(loads[draw].sum(axis=0)) for draw in chosen]
        total, measured = loads.sum(axis=0), spread(loads.sum(axis=0))
        # What the busiest expert's own share might be.
        peaks = numpy.array([loads[draw, total.argmax()].sum() / loads[draw].sum() * experts for draw in chosen])
        per_layer.append((measured, resampled, 2 * measured["max_over_mean"] - peaks))
    names = ("max_over_mean", "cv", "gini", "entropy", "effective_experts", "dead_experts")

    def quantiles(values):
        return numpy.percentile(values, [2.5, 97.5]).tolist()

    intervals, across = [{} for _ in per_layer], {}
    for name in names:
        measured = numpy.array([value[name] for value, *_ in per_layer])
        resampled = numpy.array([[r[name] for r in of] for _, of, _ in per_layer])
        values = numpy.array([reflected(name, *of, experts) for of in zip(measured, resampled)])
        if name == "max_over_mean":
            peaks = numpy.array([of for *_, of in per_layer])
            values = numpy.where(peaks > measured[:, None], numpy.maximum(values, peaks), values)
        for layer, of in zip(intervals, values):
            layer[name] = quantiles(of)
        whole = reflected(name, numpy.percentile(measured, 75), numpy.percentile(resampled, 75, axis=0), experts)
        ends = zip(quantiles(numpy.percentile(values, 75, axis=0)), quantiles(whole))
        across[name] = [choose(pair) for choose, pair in zip((min, max), ends)]
    return intervals, across


def informed(routes, labels, weights):
    """Mutual information of expert and label where tokens have weights; those without a label have none."""
    visits = [(e, labels[t], weights[t]) for t, row in enumerate(routes) for e in row if labels[t] >= 0]
    experts, labels, weights = map(numpy.array, zip(*visits))
    contingency = numpy.zeros((experts.max() + 1, labels.max() + 1))
    numpy.add.at(contingency, (experts, labels), weights)
    # scikit-learn's mutual_info_score takes whole numbers only.
    return sum(scipy.stats.entropy(contingency.sum(axis=axis)) for axis in (0, 1)) - scipy.stats.entropy(contingency.ravel())


def errors(routes, weights, ids, next_ids, segments, domains, experts):
    """Standard errors of what is a mean over tokens, or close to one."""
    tokens = [token for token, row in enumerate(routes) if row]
    everything = blocks_of(list(range(len(routes))))
    found = {}
    if max(map(len, routes)) > 1:
        blocks = blocks_of(tokens)
        for name in ("confidence", "margin", "entropy"):
            found[name] = jackknife(blocks, lambda kept, name=name: gate([weights[t] for t in kept])[name])
        for name, of_token in [("all_pairs", lambda row: list(itertools.combinations(row, 2))),
                               ("adjacent_ranks", lambda row: list(itertools.pairwise(row)))]:
            load = numpy.bincount(sum(routes, []), minlength=experts)
            whole = numpy.array(pairs(routes, load, of_token)["counts"])
            partners = (whole - numpy.diag(load)).argmax(axis=1)

            def counted(kept, of_token=of_token):
                rows = [routes[t] for t in kept]
                return numpy.array(
                    pairs(rows, numpy.bincount(sum(rows, []), minlength=experts), of_token)["counts"])

            def strongest(kept):
                counts = counted(kept)
                return counts[numpy.arange(experts), partners].sum() / numpy.trace(counts)

            def lift(kept, first, second):
                counts = counted(kept)
                return counts[first, second] * numpy.trace(counts) / (counts[first, first] * counts[second, second])

            upper = numpy.triu(whole, 1)
            top = [numpy.unravel_index(place, upper.shape) for place in numpy.argsort(-upper, axis=None)[:6]]
            found[name] = {"strongest": jackknife(blocks, strongest), "top": [
                {"first": int(i), "second": int(j),
                 "probability": jackknife(blocks, lambda kept: (c := counted(kept))[i, j] / c[i, i]),
                 "other_probability": jackknife(blocks, lambda kept: (c := counted(kept))[i, j] / c[j, j]),
                 # Over the lift itself.
                 "lift": jackknife(blocks, lambda kept: lift(kept, i, j)) / lift(tokens, i, j)}
                for i, j in top]}
    for name, labels in [("input", ids), ("next", next_ids)]:
        visits = [(e, labels[t]) for t, row in enumerate(routes) for e in row if labels[t] >= 0]
        # Of equal ones the first that came.
        favorites = {label: collections.Counter(e for e, other in visits if other == label).most_common(1)[0][0]
                     for _, label in visits}
        weight = {label: len([t for t, row in enumerate(routes) if row and labels[t] == label])
                  / len([e for e, other in visits if other == label]) for label in favorites}

        def share(kept, labels=labels, favorites=favorites, weight=weight):
            kept = [t for t in kept if routes[t] and labels[t] >= 0]
            return numpy.mean([(favorites[labels[t]] in routes[t]) * weight[labels[t]] for t in kept])

        found[name] = {"information": weighted_error(everything, lambda w, labels=labels: informed(routes, labels, w)),
                       "share": jackknife(everything, share)}
    if len(segments) >= 16:
        count = min(len(segments), 100)
        blocks = [[] for _ in range(count)]
        for place, segment in enumerate(segments):
            blocks[place * count // len(segments)] += segment
        found["domain"] = weighted_error(blocks, lambda w: informed(routes, domains, w))
    return found


def drift_errors(layers, experts, step=1e-5):
    """Of each window: what a little more of each of its four blocks changes, the rest being another sample."""
    tokens = len(layers[0])
    windows, found = tokens // WINDOW, []
    for first in range(0, tokens, WINDOW):
        blocks = [[numpy.bincount(sum(routes[b : b + WINDOW // 4], []), minlength=experts).astype(float)
                   for b in range(first, first + WINDOW, WINDOW // 4)] for routes in layers]
        rest = [numpy.bincount(sum(routes, []), minlength=experts) - sum(of) for routes, of in zip(layers, blocks)]

        def divergence(block, more):
            return numpy.mean([jensenshannon(sum(of) + more * of[block], r, base=2) ** 2 for of, r in zip(blocks, rest)])

        influences = numpy.array([(divergence(b, step) - divergence(b, -step)) / (2 * step) for b in range(4)])
        found.append(float(numpy.sqrt(4 / 3 * (influences**2).sum() * windows / (windows - 1))))
    return found


def segments_of(texts):
    """Up to 32 tokens of a text."""
    first = 0
    for text in texts:
        end = first + len(text["ids"])
        yield from ([*range(place, min(place + 32, end))] for place in range(first, end, 32))
        first = end


def expected(random, case, texts, routes, weights):
    experts = case["experts"]
    domains = numpy.concatenate([[case["domains"].index(t["domain"])] * len(t["ids"]) for t in texts])
    ids = sum((t["ids"] for t in texts), [])
    next_ids = sum((t["ids"][1:] + [-1] for t in texts), [])
    layers = []
    for layer in range(case["layers"]):
        visits = numpy.array(sum(routes[layer], []))
        load = numpy.bincount(visits, minlength=experts)
        lengths = [len(row) for row in routes[layer]]
        of_visits = numpy.repeat(domains, lengths)
        report = {"load": load.tolist()} | spread(load) | {
            "chance": chance(random, experts, {k: lengths.count(k) for k in set(lengths) - {0}}),
            "gate": gate(weights[layer]),
            "domain_load": [numpy.bincount(visits[of_visits == d], minlength=experts).tolist()
                            for d in range(len(case["domains"]))],
            "domain": information(visits, of_visits),
            "input": vocabulary(routes[layer], ids),
            "next": vocabulary(routes[layer], next_ids),
        }
        if max(lengths) > 1:
            report["all_pairs"] = pairs(routes[layer], load, lambda row: itertools.combinations(row, 2))
            report["adjacent_ranks"] = pairs(routes[layer], load, itertools.pairwise)
        layers.append(report | {"errors": errors(
            routes[layer], weights[layer], ids, next_ids, [*segments_of(texts)], domains, experts)})
    intervals, across_intervals = balance_intervals(random, routes, experts)
    for layer, of_layer in zip(layers, intervals):
        layer["intervals"] = of_layer
    across = {
        name: {f"p{p}": numpy.percentile([layer[name] for layer in layers], p) for p in (50, 75, 90, 95)}
        for name in ("max_over_mean", "cv", "gini", "entropy", "effective_experts", "dead_experts")
    }
    return {"layers": layers, "across_layers": across, "across_intervals": across_intervals,
            "drift": drift(routes, experts), "drift_errors": drift_errors(routes, experts)}


CASES = {
    "balance-top2": dict(
        experts=8, top_k=2, layers=3, texts=[50, 70, 40, 60, 45, 55], domains=["prose", "verse", "code"],
        vocabulary=20, domain_strength=0.5, token_strength=0.8, seed=1),
    "balance-top1": dict(
        experts=5, top_k=1, layers=2, texts=[100, 92, 64], domains=["prose", "code"],
        vocabulary=9, domain_strength=0.8, token_strength=1.5, dead=[3], seed=2),
    "balance-domains": dict(
        experts=6, top_k=2, layers=2, texts=[200, 240, 180, 220, 200, 240], domains=["prose", "code"],
        vocabulary=12, domain_strength=0.6, token_strength=1.0, seed=3),
    "balance-variable": dict(
        experts=12, top_k=3, layers=4, visits=[0, 1, 2, 3, 3, 3, 4, 6], texts=[130, 30, 20, 76],
        domains=["prose", "code"], vocabulary=40, domain_strength=0.0, token_strength=0.5, dead=[0, 7], seed=4),
}

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, case in CASES.items():
        random = numpy.random.default_rng(case["seed"])
        texts, routes, weights = draw(random, case)
        content = {"experts": case["experts"], "top_k": case["top_k"], "texts": texts, "routes": routes,
                   "weights": weights, "expected": expected(random, case, texts, routes, weights)}
        with open(FOLDER / f"{name}.json", "w") as file:
            json.dump(content, file, separators=(",", ":"), default=lambda number: number.item())
            file.write("\n")
