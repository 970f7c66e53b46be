"""Profiles of recorded traces against a plain count of the file and a second replay of its caches.

    python3 Benchmarks/profiling/traces.py TRACE.csv…

Any Python 3 will do, and any trace of the form "route_trace v1". Some of real models are in the public repository
Helldez/BigMoeOnEdge, under docs/bench-data/2026-07-15-route-trace; for two of them the rates that a program before this
one found are checked, too.
"""

import argparse
import heapq
import json
import subprocess
import sys
from collections import OrderedDict, defaultdict
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PERCENTS = [3, 5, 6.25, 10, 15, 25, 50]
NEVER = float("inf")
# Percent of the decoded tokens' requests, by what a file says of its model.
KNOWN = {
    "Qwen3-30B-A3B": {"lru": [0.0, 37.7, 37.8, 50.0, 65.4, 82.7, 96.3],
                      "belady": [45.3, 58.1, 63.8, 75.5, 84.4, 93.4, 97.1]},
    "gpt-oss-120b": {"lru": [29.3, 44.2, 50.1, 58.8, 68.5, 76.9],
                     "belady": [56.8, 67.3, 71.1, 80.4, 86.3, 89.1]},
}


def main():
    options = parse_options()
    problems = [problem for path in options.traces for problem in check(options.offstage, path)]
    for problem in problems:
        print(f"WRONG: {problem}")
    print("everything agrees" if not problems else f"{len(problems)} disagreements")
    sys.exit(1 if problems else 0)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("traces", nargs="+", type=Path)
    parser.add_argument("--offstage", type=Path, default=PROJECT / ".build/release/offstage")
    return parser.parse_args()


@dataclass
class Trace:
    model: str
    experts: int
    layers: list  # as the file numbers them
    load: dict  # (layer, expert) → visits
    steps: list  # what each pass asks for in each layer, ascending, and whether it is a decoded token's


def check(offstage, path):
    """Prints both sides and returns what differs."""
    trace = read(path)
    command = [offstage, "profile", "--trace", path, "--json"]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    report = json.loads(output.splitlines()[-1])
    print(f"{path.name}: {trace.model}, {len(trace.layers)} layers of {trace.experts} experts")
    return [f"{path.name}: {problem}" for problem in check_loads(report, trace) + check_caches(report, trace)]


def read(path):
    model, experts = "", None
    load, passes = defaultdict(int), OrderedDict()
    with open(path) as lines:
        for line in lines:
            if line.startswith("# model="):
                fields = dict(word.split("=", 1) for word in line[2:].split() if "=" in word)
                model, experts = fields["model"], int(fields["n_expert"])
            elif line[0].isdigit():
                turn, phase, step, layer, _, expert = map(int, line.split(",")[:6])
                load[layer, expert] += 1
                # A prompt is one pass, every decoded token its own.
                passes.setdefault((turn, phase, step if phase else 0), defaultdict(set))[layer].add(expert)
    steps = [([(layer, expert) for expert in sorted(asked[layer])], phase == 1)
             for (_, phase, _), asked in passes.items() for layer in sorted(asked)]
    return Trace(model, experts, sorted({layer for layer, _ in load}), load, steps)


def check_loads(report, trace):
    problems = []
    if len(report["layers"]) != len(trace.layers):
        problems.append(f"{len(report['layers'])} layers instead of {len(trace.layers)}")
    for layer, found in zip(trace.layers, report["layers"]):
        counted = [trace.load[layer, expert] for expert in range(trace.experts)]
        if found["load"] != counted:
            problems.append(f"layer {layer}: load {found['load']} instead of {counted}")
    found = sum(sum(layer["load"]) for layer in report["layers"])
    print(f"  visits: offstage {found}, by a plain count {sum(trace.load.values())}")
    return problems


def check_caches(report, trace):
    problems = []
    pool = len(trace.layers) * trace.experts
    points = {point["capacity"]: point for point in report["cache"]["points"]}
    known = next((rates for name, rates in KNOWN.items() if name in trace.model), {})
    counted = sum(len(asked) for asked, counts in trace.steps if counts)
    requests = sum(len(asked) for asked, _ in trace.steps)
    if report["cache"]["requests"] != requests or report["cache"]["counted"] != counted:
        problems.append(f"{report['cache']['counted']} of {report['cache']['requests']} requests count, "
                        f"instead of {counted} of {requests}")
    for index, percent in enumerate(PERCENTS):
        capacity = int(pool * percent / 100)
        if capacity not in points:
            problems.append(f"no cache of {capacity} experts")
            continue
        for policy, replay in (("lru", lru), ("belady", belady)):
            found = points[capacity][policy]
            expected = replay(trace.steps, capacity) / max(1, counted)
            earlier = dict(enumerate(known.get(policy, []))).get(index)
            print(f"  {percent:5} % {policy:6}  offstage {100 * found:6.2f}  this replay {100 * expected:6.2f}"
                  + (f"  earlier {earlier:5.1f}" if earlier is not None else ""))
            if abs(found - expected) > 1e-9:
                problems.append(f"{policy} with {capacity} experts hits {found} instead of {expected}")
            if earlier is not None and abs(100 * found - earlier) > 0.05 + 1e-6:
                problems.append(f"{policy} at {percent} % hits {100 * found:.2f} %, earlier {earlier} %")
    return problems


def lru(steps, capacity):
    """Hits that count. What a step finds stays until it is over, and its missing experts come in one by one."""
    cache, hits = OrderedDict(), 0
    for asked, counts in steps:
        found = [expert for expert in asked if expert in cache]
        hits += len(found) if counts else 0
        for expert in found:
            cache.move_to_end(expert)
        for expert in sorted(set(asked) - set(found)):
            if len(cache) == capacity:
                # The oldest: those of this step are all newer than the others.
                cache.popitem(last=False)
            cache[expert] = True
    return hits


def belady(steps, capacity):
    """The same, but the expert goes that will be asked for last."""
    upcoming = next_requests(steps)
    cache, heap, hits = {}, [], 0  # expert → its next request; those and older entries, the last first
    for step, (asked, counts) in enumerate(steps):
        found = set(asked) & cache.keys()
        hits += len(found) if counts else 0
        cache.update((expert, upcoming[step][expert]) for expert in found)
        here = set(found)
        for expert in sorted(set(asked) - found):
            if len(cache) == capacity:
                if len(here) == capacity:
                    gone = max(here, key=lambda other: (cache[other], other))
                else:
                    gone = last_needed(heap, cache)
                del cache[gone]
                here.discard(gone)
            cache[expert] = upcoming[step][expert]
            here.add(expert)
        for expert in here:
            heapq.heappush(heap, (tuple(-part for part in cache[expert]), expert))
    return hits


def next_requests(steps):
    """For each step and expert the step of its next request, and the place in it; what never comes again comes last."""
    upcoming, latest = [None] * len(steps), {}
    for step in range(len(steps) - 1, -1, -1):
        asked = steps[step][0]
        upcoming[step] = {expert: latest.get(expert, (NEVER, 0)) for expert in asked}
        latest.update((expert, (step, place)) for place, expert in enumerate(asked))
    return upcoming


def last_needed(heap, cache):
    """The expert whose next request comes last. Experts of the step under way have no valid entry yet."""
    while True:
        negated, expert = heapq.heappop(heap)
        if cache.get(expert) == tuple(-part for part in negated):
            return expert


if __name__ == "__main__":
    main()
