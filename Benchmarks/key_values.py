"""What keys and values in fewer bytes cost and gain: perplexity, and speed behind a long context beside llama.cpp's.

    python3 Benchmarks/key_values.py --text FILE [--depth 3500] [--rounds 5]

Scores the text with a mixture made of SmolLM2-135M-Instruct (`make conformance` tells how) and each --kv: perplexity, and by how
much log-probabilities differ from those with f32. Then times a random model with each, and llama.cpp with the formats that it
has, all in turns on the same GGUF. Run it on an idle machine.
"""

import argparse
import json
import math
import os
import statistics
import tempfile
from pathlib import Path

from against_llama_cpp import SHAPES, environment, make_model, prepare, run, summary

KINDS = ["f32", "f16", "q8_0"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", type=Path, required=True, help="what is scored")
    parser.add_argument("--depth", type=int, default=3500, help="tokens before those that are timed")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", default="2")
    parser.add_argument("--offstage", type=Path, default=environment.PROJECT / ".build/release/offstage")
    options = parser.parse_args()
    options.text, options.avx2, options.llama_bench = options.text.resolve(), False, None
    environment.enter()
    prepare(options)
    print(f"load average before the first run: {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(prefix="key-values-") as scratch:
        score(options, Path(scratch))
        race(options, Path(scratch))


def score(options, scratch):
    import smollm2_mixture

    run(options.offstage, "pack", smollm2_mixture.save(scratch / "mixture.gguf"), "--name", "mixture", "--experts-dir", scratch)
    scores = {kind: json.loads(run(options.offstage, "score", scratch / "mixture", "--text", options.text, "--kv", kind, "--json"))
              for kind in KINDS}
    exact = scores["f32"]["logprobs"][1:]
    for kind, found in scores.items():
        off = [abs(a - b) for a, b in zip(found["logprobs"][1:], exact)]
        mean = -statistics.fmean(found["logprobs"][1:])
        print(f"{kind:>5}: perplexity {math.exp(mean):.4f} over {len(exact)} tokens, log-probabilities off by "
              f"{statistics.fmean(off):.5f} on average, {max(off):.3f} at most", flush=True)


def race(options, scratch):
    gguf = make_model(options, SHAPES["mixtral"], "q4_0", scratch)
    run(options.offstage, "pack", gguf, "--name", "model", "--experts-dir", scratch)
    speeds = {f"offstage {kind}": [] for kind in KINDS} | {"llama.cpp f16": [], "llama.cpp q8_0": []}
    for _ in range(options.rounds):
        for kind in KINDS:
            answer = run(options.offstage, "bench", scratch / "model", "-p", 512, "-n", 32, "-d", options.depth, "-r", 1,
                         "-t", options.threads, "--ram", "100%", "--kv", kind, "--json")
            tests = json.loads(answer.splitlines()[-1])["tests"]
            speeds[f"offstage {kind}"].append([test["tokens_per_second"] for test in tests])
        for kind in ["f16", "q8_0"]:
            answer = run(options.llama_bench, "-m", gguf, "-p", 512, "-n", 32, "-d", options.depth, "-r", 1, "-t", options.threads,
                         "-fa", 1, "-ctk", kind, "-ctv", kind, "-o", "json")
            speeds[f"llama.cpp {kind}"].append([test["avg_ts"] for test in json.loads(answer)])
    print(f"tokens/s behind {options.depth} tokens: median (least to most), and over offstage with f32 in the same round")
    for name, rounds in speeds.items():
        for index, test in enumerate(["a prompt of 512", "32 one after another"]):
            ratios = [round[index] / exact[index] for round, exact in zip(rounds, speeds["offstage f32"])]
            print(f"{name:>15}, {test}: {summary([round[index] for round in rounds])}, ratio {summary_of(ratios)}")


def summary_of(ratios):
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


if __name__ == "__main__":
    main()
