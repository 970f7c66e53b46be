"""Runs an 855 MB model with several budgets and shows how much of each is used, and that none is exceeded.

The peak is measured twice: as the kernel counts the process, to its very end, and as it counts a memory control group of
its own without a limit (page cache and the kernel's own memory too). "cold": the page cache was dropped before, so the
program's files are charged to the group; "warm": somebody else paid for them.

Wanted: the greater peak is within 5 % of the budget or within one expert of it, or all experts are in memory; never above.

`--sweep` tries many budgets instead, warm: every 2 MiB from the smallest up to 40 MiB more, then every 10 MiB up to 250
MiB; the likeliest token and sampling, prompts of 8 and 600 tokens, one and two threads; and the same for a model of f32
weights, which OpenBLAS multiplies. It prints a line for each way of running, and one for each budget that is not kept or
not used.

Needs root for the control group (v1 or v2) and 1.7 GB of disk.

    python3 Benchmarks/memory_budget.py [--work DIR] [--budgets min 130M 300M 450M 700M auto] [--tokens 48] [--sweep]
"""

import argparse
import bisect
import itertools
import json
import pathlib
import subprocess

from limited_memory import OFFSTAGE, ROOT, ControlGroup, drop_caches

SHAPES = {
    "q4_0": ["--layers", "16", "--hidden", "1024", "--intermediate", "3584", "--heads", "16", "--kv-heads", "4",
             "--head-dim", "64", "--experts", "8", "--top-k", "2", "--vocab", "32000", "--format", "q4_0", "--routing", "uniform"],
    "f32": ["--layers", "8", "--hidden", "512", "--intermediate", "1024", "--heads", "8", "--kv-heads", "4",
            "--head-dim", "64", "--experts", "8", "--top-k", "2", "--vocab", "8000", "--format", "f32", "--routing", "uniform"],
}
WORDS = "Once upon a time there was a little"
SAMPLING = {"greedy": [], "sampling": ["--temp", "0.8", "--top-p", "0.9"]}
SWEEP_TOKENS = 6
MIB = 1 << 20


def prepare(work, kind):
    store, gguf = work / f"m-{kind}", work / f"m-{kind}.gguf"
    if not store.exists():
        subprocess.run([OFFSTAGE, "synth", gguf, *SHAPES[kind]], check=True)
        subprocess.run([OFFSTAGE, "pack", gguf, "--out", store], check=True)
        gguf.unlink()
    return store


def expert_bytes(store):
    output = subprocess.run([OFFSTAGE, "inspect", store, "--json"], check=True, capture_output=True, text=True).stdout
    return json.loads(output)["bytes_per_expert"]


def prompt_of(store, count):
    """A text of so many tokens."""
    def tokens(length):
        command = [OFFSTAGE, "tokenize", store, "--text", "-", "--json"]
        return len(json.loads(subprocess.run(command, input=text[:length], check=True, capture_output=True, text=True).stdout)["tokens"])
    text = " ".join([WORDS] * count)
    return text[:bisect.bisect_left(range(len(text)), count, key=tokens)]


def measure(store, budget, tokens, work, prompt=WORDS, options=()):
    """One run: what it says of itself, and both peaks."""
    stats = work / "stats.json"
    with ControlGroup("offstage-budget") as group:
        process = group.run([OFFSTAGE, "run", store, prompt, "--ram", budget, "-n", str(tokens), "--ignore-eos", "--stats", stats,
                             *options], stderr=subprocess.DEVNULL if options else None)
        run = json.loads(stats.read_text())
        return {**run, "process": max(process, run["peak_memory_bytes"]), "group": group.peak()}


def verdict(run, expert):
    """Nothing, when the budget was used and kept."""
    allowed, peak = run["ram_budget_bytes"], max(run["process"], run["group"])
    is_used = peak >= 0.95 * allowed or allowed - peak <= expert or run["expert_slots"] == run["expert_count"]
    return "above" if peak > allowed else "" if is_used else "unused"


HEADER = f"{'--ram':>6} {'budget':>8} {'process':>8} {'group':>8} {'used':>6} {'unused':>7} {'experts':>9}"


def line(budget, run, expert):
    allowed, peak = run["ram_budget_bytes"], max(run["process"], run["group"])
    found = verdict(run, expert)
    return (f"{budget:>6} {allowed / MIB:>8.1f} {run['process'] / MIB:>8.1f} {run['group'] / MIB:>8.1f} {peak / allowed:>6.1%}"
            f" {(allowed - peak) / MIB:>7.1f} {run['expert_slots']:>3} of {run['expert_count']}" + (f"  <- {found}" if found else ""))


def some_budgets(arguments):
    store = prepare(arguments.work, "q4_0")
    expert = expert_bytes(store)
    print(HEADER + " cache")
    failed = False
    for budget, cold in itertools.product(arguments.budgets, (True, False)):
        if cold:
            drop_caches()
        run = measure(store, budget, arguments.tokens, arguments.work)
        failed |= bool(verdict(run, expert))
        print(line(budget, run, expert) + (" cold" if cold else " warm"), flush=True)
    return failed


def sweep(arguments):
    failed = False
    for kind in SHAPES:
        store = prepare(arguments.work, kind)
        expert = expert_bytes(store)
        print(f"{kind}: experts of {expert / MIB:.1f} MiB")
        for (name, options), count, threads in itertools.product(SAMPLING.items(), (8, 600), ("1", "2")):
            options = [*options, "--threads", threads]
            prompt = prompt_of(store, count)
            least = measure(store, "min", SWEEP_TOKENS, arguments.work, prompt, options)
            # A program is not always of the same size: half a MiB more is never refused.
            first = (least["ram_budget_bytes"] + 3 * MIB // 2 - 1) // MIB
            budgets = [*range(first, first + 41, 2), *range((first + 50) // 10 * 10, 251, 10)]
            runs = [least, *(measure(store, f"{b}M", SWEEP_TOKENS, arguments.work, prompt, options) for b in budgets)]
            found = [verdict(run, expert) for run in runs]
            unused = [run["ram_budget_bytes"] - max(run["process"], run["group"]) for run in runs]
            print(f"  {name:>8}, prompt {least['prompt_tokens']:>3}, threads {threads}: {len(runs)} budgets from"
                  f" {least['ram_budget_bytes'] / MIB:.1f} MiB, {found.count('above')} exceeded, {found.count('unused')} not used,"
                  f" unused {min(unused) / MIB:.2f} to {max(unused) / MIB:.2f} MiB", flush=True)
            for budget, run in zip(["min", *(f"{b}M" for b in budgets)], runs):
                if verdict(run, expert) or arguments.verbose:
                    print("    " + line(budget, run, expert), flush=True)
            failed |= any(found)
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / ".build/memory-budget")
    parser.add_argument("--budgets", nargs="+", default=["min", "130M", "300M", "450M", "700M", "auto"])
    parser.add_argument("--tokens", type=int, default=48)
    parser.add_argument("--sweep", action="store_true")
    parser.add_argument("--verbose", action="store_true", help="with --sweep: print every budget")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    raise SystemExit((sweep if arguments.sweep else some_budgets)(arguments))


if __name__ == "__main__":
    main()
