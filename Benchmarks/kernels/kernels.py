"""How near the products of weights and activations come to what the processor can do, at every level that it has.

    python3 Benchmarks/kernels/kernels.py

Runs `offstage bench --kernels` for each level in turn, round after round, and prints a line for each format, shape, number
of activation rows, threads and level: the median of the rounds, from the least to the greatest in parentheses. A single row
is held against reading alone, many rows against multiplying alone, both measured in the same process, right before and
after. Where a minimum is missed the line ends in `missed`, and the exit code is 1. Run it on an idle machine; the load
that there was is printed.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
LEVELS = ["avx2", "avxvnni", "avx512", "avx512vbmi"]
FLOATS = {"f32", "f16", "bf16"}
EIGHT_BITS_OR_MORE = FLOATS | {"q8_0"}
MANY_ROWS = 32


def main():
    options = parse_options()
    os.environ.pop("OPENBLAS_CORETYPE", None)
    levels = [level for level in LEVELS if measured(options, level, formats=["q8_0"], shape="64x256", tokens="1") is not None]
    levels = [level for level in levels if level in options.levels]
    if not levels:
        raise SystemExit(f"this processor has none of {', '.join(options.levels)}")
    rounds = {level: [] for level in levels}
    loads = []
    for number in range(options.rounds):
        # Whoever is first in one round is last in the next.
        for level in levels if number % 2 == 0 else reversed(levels):
            loads.append(os.getloadavg()[0])
            rounds[level].append(measured(options, level, options.formats, options.shape, options.tokens))
    machine = rounds[levels[0]][0]["machine"]
    print(f"{machine['processor']}, caches {machine['cache_bytes'] >> 20} MiB, load average {min(loads):.1f} to {max(loads):.1f}, "
          f"{options.rounds} rounds")
    missed = report(rounds)
    print(f"{missed} missed" if missed else "every minimum is met")
    sys.exit(1 if missed else 0)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--offstage", type=Path, default=PROJECT / ".build/release/offstage")
    parser.add_argument("--levels", nargs="+", choices=LEVELS, default=LEVELS, help="those that the processor has are measured")
    parser.add_argument("--formats", nargs="+", help="(default: all)")
    parser.add_argument("--shape", default="3584x1024,768x2048", help="rows x columns of the weights")
    parser.add_argument("--tokens", default="1,32,512", help="rows of activations")
    parser.add_argument("--threads", help="(default: one, and as many as there are processors)")
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


def measured(options, level, formats, shape, tokens):
    """What the program finds at a level; None where the processor lacks it."""
    command = [options.offstage, "bench", "--kernels", "--shape", shape, "--tokens", tokens, "--repetitions", "1", "--json"]
    command += ["--formats", ",".join(formats)] if formats else []
    command += ["--threads", options.threads] if options.threads else []
    done = subprocess.run(command, env={**os.environ, "OFFSTAGE_KERNELS": level}, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}\nexit code {done.returncode}\n{done.stderr}")
    answer = json.loads(done.stdout.splitlines()[-1])
    return answer if answer["machine"]["kernels"] == level else None


def report(rounds):
    """Prints the table and returns how many minimums are missed."""
    print(f"| {'format':6} | {'weights':>9} | {'rows':>4} | {'threads':>7} | {'level':10} | {'of reads':>19} | {'of arithmetic':>19} "
          f"| {'wanted':>20} | {'':6} |")
    print(f"| {'':-<6} | {'':->8}: | {'':->3}: | {'':->6}: | {'':-<10} | {'':->18}: | {'':->18}: | {'':->19}: | {'':-<6} |")
    missed = 0
    for index, product in enumerate(next(iter(rounds.values()))[0]["products"]):
        for level, answers in rounds.items():
            found = [answer["products"][index] for answer in answers]
            reads, arithmetic = ([p.get(key) for p in found] for key in ("share_of_reads", "share_of_arithmetic"))
            kind, least = wanted(product["format"], product["tokens"], level)
            shares = {"reads": reads, "arithmetic": arithmetic}.get(kind)
            is_missed = shares is not None and statistics.median(shares) < least
            missed += is_missed
            print(f"| {product['format']:6} | {product['shape']:>9} | {product['tokens']:4} | {product['threads']:7} | {level:10} "
                  f"| {spread(reads) if product['tokens'] == 1 else '–':>19} | {spread(arithmetic):>19} "
                  f"| {f'{least:.0%} of {kind}' if kind else '–':>20} | {'missed' if is_missed else '':6} |")
    return missed


def wanted(format, rows, level):
    """Which share is to be reached, and how much of it."""
    if rows == 1:
        return "reads", 0.85 if format in EIGHT_BITS_OR_MORE else 0.80
    if rows < MANY_ROWS:
        return None, 0
    if level == "avx2":
        return "arithmetic", 0.40
    return "arithmetic", 0.50 if format in ("q8_0", "q4_0") else 0.45


def spread(shares):
    if None in shares:
        return "–"
    return f"{statistics.median(shares):.0%} ({min(shares):.0%} to {max(shares):.0%})"


if __name__ == "__main__":
    main()
