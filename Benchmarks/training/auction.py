"""BASE's auction against SciPy's optimal assignment: how much of the optimum, how much faster, everybody's share.

Needs numpy and scipy, and the tests built: swift build --build-tests -c release
"""

import os
import pathlib
import re
import subprocess
import tempfile
import time

import numpy as np
from scipy.optimize import linear_sum_assignment

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHAPES = [(256, 8), (1024, 8), (1024, 32)]
NEEDED_SHARE = 0.995
NEEDED_SPEED = 10
REPETITIONS = 3


def main():
    print(f"{'tokens × experts':>16}  {'solver':>10}  {'seconds':>9}  {'of optimum':>10}  {'faster':>7}  most/share")
    for tokens, experts in SHAPES:
        scores = np.random.default_rng(0).standard_normal((experts, tokens)).astype(np.float32)
        optimum, seconds = optimal(scores)
        print(row(tokens, experts, "scipy", seconds, 1, 1, f"{tokens // experts}"))
        for solver, found in ours(scores).items():
            share, speed = found["total"] / optimum, seconds / found["seconds"]
            most = f"{found['most']:.0f}/{tokens // experts}"
            print(row(tokens, experts, solver, found["seconds"], share, speed, most))
            if solver == "auction":
                assert share >= NEEDED_SHARE, f"the auction reaches {share:.2%} of the optimum"
                assert speed >= NEEDED_SPEED, f"the auction is {speed:.1f} times as fast"


def row(tokens, experts, solver, seconds, share, speed, most):
    shape = f"{tokens} × {experts}"
    return f"{shape:>16}  {solver:>10}  {seconds:9.5f}  {share:10.2%}  {speed:6.0f}×  {most}"


def optimal(scores):
    """Each expert once for every token of its share, as BASE's authors' oracle would be asked."""
    experts, tokens = scores.shape
    places = np.repeat(scores, tokens // experts, axis=0)
    times = []
    for _ in range(REPETITIONS):
        start = time.perf_counter()
        rows, columns = linear_sum_assignment(places, maximize=True)
        times.append(time.perf_counter() - start)
    return places[rows, columns].astype(np.float64).sum(), min(times)


def ours(scores):
    """What the tests' `AuctionMeasurement` prints of a file of these scores, by solver."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "scores.f32"
        scores.tofile(file)
        environment = os.environ | {"OFFSTAGE_SCORES": str(file), "OFFSTAGE_EXPERTS": str(len(scores))}
        command = ["swift", "test", "-c", "release", "--skip-build", "--filter", "AuctionMeasurement"]
        output = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout
    lines = re.findall(r"measured (\S+) seconds (\S+) total (\S+) most (\S+)", output)
    return {
        solver: {"seconds": float(seconds), "total": float(total), "most": float(most)}
        for solver, seconds, total, most in lines
    }


if __name__ == "__main__":
    main()
