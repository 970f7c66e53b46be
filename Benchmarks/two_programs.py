"""Is a change slower? Two builds of the program take turns at prompts, decoding and training.

    python3 Benchmarks/two_programs.py OLD NEW

OLD and NEW are paths of `offstage`. Every round runs OLD, NEW and OLD again, in an order that changes from round to round,
on the same store, prompt and recipe. Printed are medians, the ratio NEW / OLD of each round, and, as the measure of noise,
the same ratio of OLD to itself: a change is slower only where its median lies outside what OLD shows against OLD. Run it
on an idle machine.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import tempfile
from pathlib import Path

SHAPE = [
    "--layers", "8", "--hidden", "1024", "--intermediate", "3584", "--heads", "16", "--kv-heads", "4", "--head-dim", "64",
    "--experts", "8", "--top-k", "2", "--vocab", "32000", "--routing", "uniform", "--seed", "1",
]
RECIPE = [
    "--data", "toy", "--toy-bytes", "200000", "--hidden", "128", "--layers", "4", "--experts", "8", "--top-k", "2", "--seed",
    "1",
]


def main():
    options = parse_options()
    os.environ.pop("OPENBLAS_CORETYPE", None)  # below the CPU on some machines
    print(f"load average before the first run: {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(prefix="two-", dir=options.scratch) as scratch:
        scratch = Path(scratch)
        for format in options.formats:
            store, prompt = prepare(options, format, scratch)
            compare(options, [f"{format} prompt", f"{format} decode"], lambda program: answer(program, store, prompt, options))
        if options.steps > 0:
            compare(options, ["training"], lambda program: training(program, scratch, options))


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--formats", nargs="*", default=["q4_0", "q8_0", "f32"])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--prompt", type=int, default=512, help="words in the prompt")
    parser.add_argument("--decode", type=int, default=64, help="tokens to decode")
    parser.add_argument("--ram", default="100%", help="the budget of every run")
    parser.add_argument("--steps", type=int, default=60, help="training steps of a turn; 0 leaves training out")
    parser.add_argument("--scratch", type=Path, help="where the models go for as long as it runs (default: /tmp)")
    return parser.parse_args()


def prepare(options, format, scratch):
    """A store that both read (packed by OLD), and words that no text has."""
    gguf, store, prompt = scratch / f"{format}.gguf", scratch / format, scratch / "prompt.txt"
    run(options.old, "synth", gguf, "--format", format, *SHAPE)
    run(options.old, "pack", gguf, "--out", store)
    gguf.unlink()
    rng = random.Random(1)
    prompt.write_text(" ".join(rng.choice("bdfgklmnprst") + rng.choice("aeiou") for _ in range(options.prompt)))
    return store, prompt


def compare(options, names, measure):
    """Runs the rounds and prints a line for each figure."""
    measure(options.new)  # warms up
    old, new, again = [], [], []
    for number in range(options.rounds):
        turns = [(options.old, old), (options.new, new), (options.old, again)]
        random.Random(number).shuffle(turns)
        for program, figures in turns:
            figures.append(measure(program))
    for index, name in enumerate(names):
        a, b, c = ([figures[index] for figures in side] for side in (old, new, again))
        ratios, noise = [y / x for x, y in zip(a, b)], [y / x for x, y in zip(a, c)]
        print(f"{name}, tokens/s: old {statistics.median(a + c):.1f}, new {statistics.median(b):.1f}; "
              f"new / old {spread(ratios)}; old / old {spread(noise)}", flush=True)


def spread(ratios):
    return f"{statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})"


def answer(program, store, prompt, options):
    """Tokens per second of prompt and decoding, the waiting for the disk left out."""
    stats = store.with_suffix(".json")
    run(program, "run", store, "--prompt-file", prompt, "-n", options.decode, "--ignore-eos", "--temp", "0", "--ram",
        options.ram, "--stats", stats)
    measured = json.loads(stats.read_text())
    computing = max(measured["prefill_seconds"] - measured["wait_seconds"], 1e-9)
    return measured["prompt_tokens"] / computing, measured["decode_tokens_per_second"]


def training(program, scratch, options):
    """Tokens per second that a training run reports."""
    lines = run(program, "train", *RECIPE, "--steps", options.steps, "--out", scratch / "run", "--force", "--json").splitlines()
    return [json.loads(lines[-1])["tokens_per_second"]]


def run(*command):
    command = [str(part) for part in command]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}\nexit code {done.returncode}\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
