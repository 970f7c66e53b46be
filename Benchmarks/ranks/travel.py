"""What should travel between two hosts that train a model: tokens, or the experts' weights? And does `auto` know?

    swift build -c release --product offstage --traits default,MPI --scratch-path .build-mpi
    python3 Benchmarks/ranks/travel.py [--rates 200mbit 1gbit none] [--rounds 3] [--steps 10] [--offstage PATH]

Two network namespaces of this machine are the hosts, joined by a link that is shaped (two-hosts; needs root, iproute2 and Open
MPI). A batch of few tokens and one of many are trained with each --over-ranks in turns. Prints tokens learned per second, and of
`auto` what it predicted of each layer, what it measured, and how far both are apart. Wanted: `auto` within 2 % of the better of
both, or of what rounds of the same differ by.
"""

import argparse
import json
import pathlib
import shutil
import statistics
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WAYS = ["tokens", "weights", "auto"]
MODEL = ["--layers", 3, "--hidden", 256, "--heads", 4, "--experts", 8, "--top-k", 2, "--intermediate", 256, "--context", 128]
BATCHES = {"few": 2, "many": 64}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rates", nargs="+", default=["200mbit", "1gbit", "none"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--offstage", type=pathlib.Path, default=ROOT / ".build-mpi/release/offstage")
    options = parser.parse_args()
    missed, errors = 0, []
    print(f"{'link':>8} {'batch':>6} " + " ".join(f"{way:>24}" for way in WAYS) + "   auto / better")
    for rate in options.rates:
        for name, batch in BATCHES.items():
            runs = {way: [] for way in WAYS}
            for turn in range(options.rounds):
                for way in WAYS[turn % 3:] + WAYS[:turn % 3]:
                    runs[way].append(trained(options, rate, batch, way))
            speeds = {way: sorted(run["tokens_per_second"] for run in found) for way, found in runs.items()}
            medians = {way: statistics.median(found) for way, found in speeds.items()}
            better = max(["tokens", "weights"], key=medians.get)
            spread = speeds[better][-1] / speeds[better][0] - 1
            ratio = medians["auto"] / medians[better]
            missed += ratio < 1 - max(0.02, spread)
            print(f"{rate:>8} {name:>6} " + " ".join(f"{medians[way]:>8,.0f} ({found[0]:,.0f} to {found[-1]:,.0f})".rjust(24)
                                                      for way, found in speeds.items()) + f"   {ratio:.2f}, spread {spread:.2f}", flush=True)
            errors += explained(runs["auto"])
    print(f"predicted against measured: {len(errors)} times, mean error {statistics.fmean(errors):.0%}, median {statistics.median(errors):.0%}")
    print(f"missed {missed} of {len(options.rates) * len(BATCHES)}" if missed else "auto is as fast as the better of both everywhere")


def trained(options, rate, batch, way):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="travel-"))
    try:
        command = [HERE / "two-hosts", rate, options.offstage, "train", "--data", "toy", "--toy-bytes", 20000, *MODEL, "--batch", batch,
                   "--steps", options.steps, "--validate-every", options.steps, "--over-ranks", way, "--threads", 1, "--out", folder / "run", "--json"]
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=600)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(map(str, command))}\n{done.stderr}")
        return json.loads(done.stdout.splitlines()[-1])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def explained(runs):
    """Prints the last run's choices, and returns how far predictions were from what was measured, of all runs."""
    errors = []
    for run in runs:
        for layer in run["over_ranks"]:
            for way in layer["strategies"]:
                if way.get("measured_seconds"):
                    errors.append(abs(way["predicted_seconds"] / way["measured_seconds"] - 1))
    for layer in runs[-1]["over_ranks"]:
        ways = "; ".join(f"{way['name']} predicted {1e3 * way['predicted_seconds']:.1f} ms, measured "
                         + (f"{1e3 * way['measured_seconds']:.1f}" if way.get("measured_seconds") else "not") for way in layer["strategies"])
        print(f"{'':16}layer {layer['place']['layer']}, {layer['tokens']} tokens: {layer['chosen']} in most of {layer['calls']} steps; {ways}")
    return errors


if __name__ == "__main__":
    main()
