"""Are the planner's predictions right, are its choices, and what do they cost?

    python3 Benchmarks/planner/planner.py [--offstage PATH] [--old PATH] [--shapes …] [--tokens 2048] [--save FILE] [--load FILE]

Measures every strategy on loads from one token to many, from even to lopsided, for experts of several shapes, and prints

 1. how far predictions are from what was measured: the mean absolute percentage error and Pearson's correlation, as they are
    and with one factor for each strategy that was fitted to every other load and is judged on the rest. Wanted: at most 10 %
    and at least 0.95. (The logs that SmartMoE published give errors of 9.0, 8.9 and 12.4 % and correlations of 0.961, 0.988
    and 0.949.) The repetitions of a measurement are halved; where the halves differ by more than 10 % a prediction counts as
    right within that difference, and such loads are shown apart as well;
 2. which strategy is fastest where, and how much longer it takes to use one of them always, or the one that is predicted to
    be the fastest;
 3. what choosing costs, against the shortest time that any load takes. Wanted: at most 1 %;
 4. with a build that has them, how long the planner takes for seeded workloads against the best strategy for each, with what
    it learned before, and what it would make of a recorded run, with what it has to learn. Wanted: at most 2 % longer, or
    as much as the halves of the rounds differ; of the recorded run after the warm-up;
 5. with --old, whether prompts, decoding and training are slower than with another build (two_programs.py).

Run it on an idle machine: it prints the load average first, and measures anew what the machine's parts cost. Exits with 1
where something that is wanted is missed. --save keeps what was measured, --load prints it again.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import accuracy
import choices
import workloads

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHAPES = ["1024x3584x8:2:q4_0", "2048x768x64:8:q4_0"]


def main():
    options = parse_options()
    print(f"load average before the first run: {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(prefix="planner-") as scratch:
        # Nobody else's measurements count, nor ours for others.
        os.environ["XDG_CACHE_HOME"] = scratch
        if options.load:
            answers = json.loads(options.load.read_text())
        else:
            answers = {shape: swept(options, shape) for shape in options.shapes}
        if options.save:
            options.save.write_text(json.dumps(answers))
        missed = accuracy.report(answers) + choices.report(answers)
        if not options.load:
            missed += workloads.report(options.offstage, options.shapes, min(options.tokens, 512), pathlib.Path(scratch))
        print(f"load average after the last run: {os.getloadavg()[0]:.1f}")
    if options.old:
        print("\n5. No step slower", flush=True)
        subprocess.run([sys.executable, ROOT / "Benchmarks/two_programs.py", options.old, options.offstage], check=True)
    print("\n" + ("all that is wanted is there" if not missed else "missed: " + "; ".join(missed)))
    sys.exit(min(len(missed), 1))


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--offstage", type=pathlib.Path, default=ROOT / ".build/release/offstage")
    parser.add_argument("--old", type=pathlib.Path, help="a build to be compared with")
    parser.add_argument("--shapes", nargs="+", default=SHAPES, help="width x width of an expert x experts : experts per token : format")
    parser.add_argument("--tokens", type=int, default=2048, help="of the greatest load")
    parser.add_argument("--threads", type=int, help="(default: what the program takes)")
    parser.add_argument("--save", type=pathlib.Path, help="keep what was measured as JSON")
    parser.add_argument("--load", type=pathlib.Path, help="print what was kept, measure nothing")
    return parser.parse_args()


def swept(options, shape):
    """What `plan` says of a shape's loads."""
    print(f"measuring {shape} …", flush=True)
    command = [options.offstage, "plan", "--shape", shape, "--sweep", "--tokens", options.tokens, "--measure", "--json"]
    if options.threads:
        command += ["--threads", options.threads]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}\nexit code {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout)


if __name__ == "__main__":
    main()
