"""Trains the runs whose outcome is known from elsewhere, and says which of the expectations hold.

    python3 Benchmarks/training/anchors.py shakespeare.txt --out /tmp/anchors

The text is the reader's: the bounds are those of tinyshakespeare (1.1 million characters, in karpathy/char-rnn). Its
first nine tenths train four layers, 128 wide, for 2,000 steps of 12 × 64 characters, nanoGPT's recipe for a CPU. All
models have the same active parameters: two experts of half the dense width, or one of the whole.

A finished run is kept in `--out` and not repeated. `plain_training.py` trains the same models with PyTorch.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
RECIPE = "--tokenizer characters --layers 4 --hidden 128 --heads 4 --context 64 --batch 12".split()
EXPERTS = "--experts 8 --top-k 2 --intermediate 176".split()  # a dense layer of 352 has as many active parameters

MODELS = {
    "dense": "dense",
    "top-k": "top-k",
    "no balance": "top-k:balance=0",
    "more balance": "top-k:balance=0.05",
    "loss-free bias": "sigmoid",
    "expert choice": "expert-choice",
    "BASE": "base",
    "stable": "stable",
    "hash": "hash",
}


@dataclass
class Finding:
    """One expectation, and whether it holds."""

    text: str
    holds: bool

    def __str__(self):
        return f"{'holds' if self.holds else 'FAILS'}: {self.text}"


def main():
    options = parse_options()
    runs = compare(options)
    print_table(runs)
    found = list(findings(runs))
    for finding in found:
        print(finding)
    summary = {"runs": runs, "findings": [vars(finding) for finding in found]}
    (options.out / "anchors.json").write_text(json.dumps(summary, indent=1) + "\n")
    sys.exit(0 if all(finding.holds for finding in found) else 1)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("text", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoints and results")
    parser.add_argument("--offstage", type=Path, default=PROJECT / ".build/release/offstage")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--threads", default="2")
    return parser.parse_args()


def compare(options):
    """The report of every seed of every model, from these runs or earlier ones."""
    command = [options.offstage, "compare", "--data", options.text, *RECIPE, *EXPERTS, "--steps", options.steps,
               "--routers", ",".join(MODELS[name] for name in options.models),
               "--seeds", ",".join(map(str, options.seeds)), "--threads", options.threads, "--out", options.out]
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_CORETYPE"}
    done = subprocess.run([str(part) for part in command], stdout=subprocess.DEVNULL, env=environment)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}\nexit code {done.returncode}")
    runs = json.loads((options.out / "comparison.json").read_text())["runs"]
    return {name: [run["report"] for run in runs if run["variant"] == MODELS[name]] for name in options.models}


def print_table(runs):
    print(f"\n{'':16}{'validation':>11}{'spread':>8}{'training':>10}{'max/mean':>10}{'changes':>9}{'active':>11}"
          f"{'tokens/s':>10}")
    for name, seeds in runs.items():
        validation = losses(seeds)
        print(f"{name:16}{statistics.mean(validation):11.4f}{spread(validation):8.4f}"
              f"{mean(seeds, 'train_loss'):10.4f}{uneven_load(seeds):10.2f}{number(late_changes(seeds)):>9}"
              f"{mean(seeds, 'active_parameters'):11,.0f}{mean(seeds, 'tokens_per_second'):10,.0f}")


def findings(runs):
    """Every expectation whose models were trained."""
    if dense := runs.get("dense"):
        loss = max(losses(dense))
        yield Finding(f"dense reaches 1.90: at most {loss:.4f}", loss <= 1.90)
        yield from better_than_dense(dense, {name: seeds for name, seeds in runs.items() if name != "dense"})
    yield from load_findings(runs)
    for name in ["stable", "hash"]:
        if seeds := runs.get(name):
            changes = late_changes(seeds)
            yield Finding(f"{name}: {number(changes)} of the routes change after freezing", changes == 0)
    for name in ["top-k", "BASE"]:
        if seeds := runs.get(name):
            changes = late_changes(seeds)
            clearly = changes > 0.01
            yield Finding(f"{name}: {number(changes)} of the routes change late", clearly)
    if seeds := runs.get("expert choice"):
        yield from expert_choice_findings(seeds)


def better_than_dense(dense, mixtures):
    """Whether some mixture of equal active parameters is better by more than seeds differ; the others for comparison."""
    if not mixtures:
        return
    best = min(mixtures, key=lambda name: statistics.mean(losses(mixtures[name])))
    for name, seeds in mixtures.items():
        gain = statistics.mean(losses(dense)) - statistics.mean(losses(seeds))
        noise = max(spread(losses(dense)), spread(losses(seeds)))
        active = mean(seeds, "active_parameters") / mean(dense, "active_parameters")
        text = f"{name} is better than dense by {gain:.4f}, seeds differ by {noise:.4f}, active parameters {active:.3f}"
        if name == best:
            yield Finding(text, gain > noise and active < 1.01)
        else:
            print(text)


def load_findings(runs):
    for name in ["no balance", "top-k", "more balance", "loss-free bias"]:
        if seeds := runs.get(name):
            load = uneven_load(seeds)
            holds = load > 2 if name == "no balance" else load < 1.3
            yield Finding(f"{name}: the busiest expert has {load:.2f} of the mean load", holds)


def expert_choice_findings(seeds):
    """Looking ahead flatters; thresholds give a part of it back that choosing by token would lose."""
    if missing := {"validation_loss_training_form", "validation_loss_top_k"} - seeds[0].keys():
        yield Finding(f"expert choice: not reported: {', '.join(sorted(missing))}", False)
        return
    ahead, causal = mean(seeds, "validation_loss_training_form"), mean(seeds, "validation_loss")
    top_k = mean(seeds, "validation_loss_top_k")
    yield Finding(f"expert choice: {ahead:.4f} looking ahead, {causal:.4f} by thresholds, {top_k:.4f} by each token's "
                  f"top experts; thresholds close {(top_k - causal) / (top_k - ahead):.0%} of the gap", causal < top_k)


def losses(seeds):
    return [measured["validation_loss"] for measured in seeds]


def spread(values):
    return max(values) - min(values)


def mean(seeds, key):
    return statistics.mean(measured[key] for measured in seeds)


def uneven_load(seeds):
    """The busiest expert's load over the mean in its layer, averaged over layers and seeds."""
    return statistics.mean(layer["max_over_mean"] for measured in seeds for layer in measured["layers"])


def late_changes(seeds):
    """The share of probe tokens whose expert changed between two looks in the last fifth of the training."""
    return mean(seeds, "late_fluctuation")


def number(share):
    return f"{share:.1%}"


if __name__ == "__main__":
    main()
