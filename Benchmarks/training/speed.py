"""Speed of training beside transformers: tokens per second of whole steps, forward, backward, clipping and AdamW.

    .build/conformance/venv/bin/python Benchmarks/training/speed.py

Any Python with torch, transformers and numpy will do (`make conformance` leaves one there). Every way that
transformers has of computing experts runs, with and without torch.compile, in a process of its own that stays warm;
the sides take turns. After the first round the fastest of transformers' go on alone. Run it on an idle machine.

Offstage's figure is the one it reports. It is checked against the clock: of two runs, the longer one's additional steps
by the additional time.
"""

import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from speed_shapes import SHAPES

HERE = Path(__file__).resolve().parent
PARTS_OF_A_STEP = {"data", "attention", "routing", "experts", "output", "optimizer"}
IMPLEMENTATIONS = ["eager", "grouped_mm", "batched_mm", "deepgemm", "sonicmoe"]


def main():
    options = parse_options()
    os.environ.pop("OPENBLAS_CORETYPE", None)  # below the CPU on some machines; gone for both sides
    print(f"load average before the first run: {os.getloadavg()[0]:.1f}")
    peak = peak_flops(options.threads)
    print(f"the machine multiplies matrices at {peak / 1e9:.0f} GFLOP/s in {options.threads} threads")
    results = [compare(name, peak, options) for name in options.shapes]
    if options.json:
        options.json.write_text(json.dumps({"peak_gflops": peak / 1e9, "shapes": results}, indent=1) + "\n")


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--offstage", type=Path, default=HERE.parents[1] / ".build/release/offstage")
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--implementations", nargs="+", choices=IMPLEMENTATIONS, default=IMPLEMENTATIONS)
    parser.add_argument("--no-compile", action="store_true", help="leave torch.compile out")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=12, help="steps in one turn")
    parser.add_argument("--finalists", type=int, default=2, help="transformers' that go on after the first round")
    parser.add_argument("--patience", type=float, default=300, help="seconds that warming up may take")
    parser.add_argument("--only-transformers", action="store_true")
    parser.add_argument("--json", type=Path, help="where the numbers go")
    return parser.parse_args()


def peak_flops(threads):
    """The best of several products of square matrices, with OpenBLAS and with torch's library."""
    os.environ["OPENBLAS_NUM_THREADS"] = str(threads)
    import numpy
    import torch

    torch.set_num_threads(threads)
    size = 2048
    a = numpy.random.default_rng(1).standard_normal((size, size), dtype=numpy.float32)
    c, torch_a = numpy.empty_like(a), torch.from_numpy(a)
    torch_c = torch.empty_like(torch_a)
    products = [lambda: numpy.matmul(a, a, out=c), lambda: torch.matmul(torch_a, torch_a, out=torch_c)]
    return 2 * size**3 / min(seconds(product) for product in products for _ in range(10))


def seconds(action):
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def compare(name, peak, options):
    shape = SHAPES[name]
    print(f"\n{name} wide: {shape}")
    sides = start_workers(name, shape, options)
    with tempfile.TemporaryDirectory(prefix="speed-") as scratch:
        if not options.only_transformers:
            sides.insert(0, Offstage(shape, Path(scratch), options))
            print(f"offstage by the clock: {sides[0].speed_by_the_clock():.0f} tokens/s")
        for round in range(options.rounds):
            for side in sides:
                side.take_turn()
            if round == 0:
                sides = finalists(sides, options.finalists)
    for side in sides:
        side.stop()
    return report(name, shape, sides, peak)


def start_workers(name, shape, options):
    """The workers that run, each warmed up alone. What cannot run is said, with the reason."""
    sides = []
    for implementation, compiled in product(options.implementations, [False] if options.no_compile else [False, True]):
        label = f"transformers {implementation}{' compiled' if compiled else ''}"
        try:
            check_memory(implementation, shape)
            worker = Worker(label, name, implementation, compiled, options)
            print(f"{label}: ready after {worker.warm_up:.0f} s", flush=True)
            sides.append(worker)
        except RuntimeError as error:
            print(f"{label}: left out, {error}", flush=True)
    return sides


def check_memory(implementation, shape):
    """`batched_mm` copies the weights of its expert for every visit, and keeps the copies for the backward pass."""
    visits = shape.step_tokens * shape.top_k * shape.layers
    needed = visits * 3 * shape.hidden * shape.intermediate * 4
    available = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if implementation == "batched_mm" and needed > available / 2:
        raise RuntimeError(f"its copies of weights would take {needed / 1e9:.0f} GB")


def finalists(sides, count):
    theirs = sorted((side for side in sides if isinstance(side, Worker)), key=lambda side: -side.speeds[0])
    for side in theirs:
        print(f"{side.label}: {side.speeds[0]:.0f} tokens/s in the first round", flush=True)
    for side in theirs[count:]:
        side.stop()
    return [side for side in sides if not isinstance(side, Worker)] + theirs[:count]


class Worker:
    """A process of transformers that trains when told."""

    def __init__(self, label, shape_name, implementation, compiled, options):
        self.label, self.steps, self.speeds = label, options.steps, []
        self.tokens = SHAPES[shape_name].step_tokens
        command = [sys.executable, str(HERE / "transformers_worker.py"), shape_name, "--threads", str(options.threads)]
        command += ["--experts-implementation", implementation] + ["--compile"] * compiled
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        deadline = threading.Timer(options.patience, self.process.kill)
        deadline.start()
        self.warm_up = self.answer()["ready"]
        deadline.cancel()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            status = self.process.wait()
            self.errors.seek(0)
            silence = "not ready in time" if status == -signal.SIGKILL else f"exit code {status}"
            raise RuntimeError((self.errors.read().strip().splitlines() or [silence])[-1])
        return json.loads(line)

    def take_turn(self):
        self.process.stdin.write(f"{self.steps}\n")
        self.process.stdin.flush()
        self.speeds.append(self.steps * self.tokens / self.answer()["seconds"])

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


@dataclass
class Offstage:
    """Runs of `offstage train`, each a process of its own."""

    shape: object
    scratch: Path
    options: argparse.Namespace
    label: str = "offstage"
    speeds: list = field(default_factory=list)
    parts: list = field(default_factory=list)

    def __post_init__(self):
        """Text of many made-up words, so that a vocabulary of any size can be made from it."""
        rng = random.Random(1)
        words = ["".join(rng.choice("bdfghklmnprstvz") + rng.choice("aeiou") for _ in range(rng.choice([1, 2, 3])))
                 for _ in range(60_000)]
        self.text = self.scratch / "text.txt"
        self.text.write_text(" ".join(words))

    def take_turn(self):
        measured = self.train(self.options.steps)
        self.speeds.append(measured["tokens_per_second"])
        self.parts.append(measured["seconds_by_part"])

    def speed_by_the_clock(self):
        steps, more = self.options.steps, 4 * self.options.steps
        short, long = seconds(lambda: self.train(steps)), seconds(lambda: self.train(more))
        return (more - steps) * self.shape.step_tokens / (long - short)

    def train(self, steps):
        """The last line that it prints, a JSON object."""
        shape = self.shape
        flags = {
            "data": self.text, "tokenizer": "bpe", "vocabulary": shape.vocabulary, "layers": shape.layers,
            "hidden": shape.hidden, "heads": shape.heads, "kv-heads": shape.kv_heads,
            "intermediate": shape.intermediate, "experts": shape.experts, "top-k": shape.top_k, "router": "top-k",
            "context": shape.context, "batch": shape.batch, "steps": steps, "seed": 1, "threads": self.options.threads,
        }
        with tempfile.TemporaryDirectory(dir=self.scratch) as out:
            command = [self.options.offstage, "train", *(f"--{name}={value}" for name, value in flags.items()),
                       f"--out={out}", "--json"]
            done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(map(str, command))}\nexit code {done.returncode}\n{done.stderr}")
        return json.loads(done.stdout.splitlines()[-1])

    def stop(self):
        pass


def report(name, shape, sides, peak):
    for side in sides:
        flops = statistics.median(side.speeds) * shape.flops_per_token
        share = f"{flops / 1e9:.0f} GFLOP/s ({flops / peak:.0%} of the peak)"
        print(f"{side.label}: {summary(side.speeds)} tokens/s, {share}")
    ours = next((side for side in sides if isinstance(side, Offstage)), None)
    theirs = max((side for side in sides if isinstance(side, Worker)), key=lambda side: statistics.median(side.speeds),
                 default=None)
    if ours and theirs:
        print(f"ratio to the fastest: {statistics.median(ours.speeds) / statistics.median(theirs.speeds):.2f}")
    if ours:
        print_breakdown(ours.parts)
    return {"shape": name, "active_parameters": shape.active_parameters, "flops_per_token": shape.flops_per_token,
            "tokens_per_second": {side.label: side.speeds for side in sides}, "seconds_by_part": ours and ours.parts}


def summary(speeds):
    return f"{statistics.median(speeds):.0f} ({min(speeds):.0f} to {max(speeds):.0f})"


def print_breakdown(runs):
    """Where the time of the steps goes: the median of every part, and its share."""
    medians = {part: statistics.median(run[part] for run in runs) for part in runs[0] if part in PARTS_OF_A_STEP}
    whole = sum(medians.values())
    for part, spent in sorted(medians.items(), key=lambda item: -item[1]):
        print(f"  {part:24} {spent:8.3f} s {spent / whole:6.1%}")


if __name__ == "__main__":
    main()
