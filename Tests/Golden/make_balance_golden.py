"""Measures of routing balance by NumPy, SciPy and scikit-learn, for random routes (Tests/Golden/README.md).

    python Tests/Golden/make_balance_golden.py

needs numpy, scipy and scikit-learn, nothing else.
"""

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
        layers.append(report)
    across = {
        name: {f"p{p}": numpy.percentile([layer[name] for layer in layers], p) for p in (50, 75, 90, 95)}
        for name in ("max_over_mean", "cv", "gini", "entropy", "effective_experts", "dead_experts")
    }
    return {"layers": layers, "across_layers": across, "drift": drift(routes, experts)}


CASES = {
    "balance-top2": dict(
        experts=8, top_k=2, layers=3, texts=[50, 70, 40, 60, 45, 55], domains=["prose", "verse", "code"],
        vocabulary=20, domain_strength=0.5, token_strength=0.8, seed=1),
    "balance-top1": dict(
        experts=5, top_k=1, layers=2, texts=[100, 92, 64], domains=["prose", "code"],
        vocabulary=9, domain_strength=0.8, token_strength=1.5, dead=[3], seed=2),
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
