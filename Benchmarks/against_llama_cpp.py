"""Speed beside llama.cpp, everything in memory: tokens per second of a prompt and of decoding, Q8_0 and Q4_0.

    python3 Benchmarks/against_llama_cpp.py

The model is random and of a shape that fits in memory; both sides read the same GGUF, run the same number of threads,
and take turns. llama.cpp runs as it comes, interleaved weights included. Run it on an idle machine: a loaded one does
not slow both sides alike, since llama.cpp's threads spin while they wait for one another.

Every run of offstage starts with its experts on disk and reads them during the prompt; how long it waited is printed.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent / "conformance"))
import environment  # noqa: E402

SHAPE = [
    "--layers", "8", "--hidden", "1024", "--intermediate", "3584", "--heads", "16", "--kv-heads", "4", "--head-dim", "64",
    "--experts", "8", "--top-k", "2", "--vocab", "32000", "--routing", "uniform", "--seed", "1",
]


def main():
    options = parse_options()
    if options.llama_bench == environment.LLAMA_BUILD / "bin" / "llama-bench":
        environment.prepare()
    os.environ.pop("OPENBLAS_CORETYPE", None)  # below the CPU on some machines; gone for both sides
    print(f"load average before the first run: {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(prefix="speed-", dir=options.scratch) as scratch:
        for format in options.formats:
            compare(options, format, Path(scratch))


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--offstage", type=Path, default=environment.PROJECT / ".build/release/offstage")
    parser.add_argument("--llama-bench", type=Path, default=environment.LLAMA_BUILD / "bin" / "llama-bench")
    parser.add_argument("--formats", nargs="+", default=["q8_0", "q4_0"])
    parser.add_argument("--threads", default="2")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--prompt", type=int, default=512, help="tokens in the prompt")
    parser.add_argument("--decode", type=int, default=64, help="tokens to decode")
    parser.add_argument("--scratch", type=Path, help="where the models go for as long as it runs (default: /tmp)")
    return parser.parse_args()


def compare(options, format, scratch):
    """Both sides in turn, on the same file."""
    gguf = scratch / f"{format}.gguf"
    run(options.offstage, "synth", gguf, "--format", format, *SHAPE)
    run(options.offstage, "pack", gguf, "--name", format, "--experts-dir", scratch / "experts")
    prompt = prompt_file(options, scratch, gguf)
    ours, theirs = [], []
    for _ in range(options.repeats):
        ours.append(offstage_speed(options, scratch / "experts" / format, prompt, scratch / "stats.json"))
        theirs.append(llama_speed(options, gguf))
    print_table(format, ours, theirs)


def prompt_file(options, scratch, gguf):
    """A text of at least `--prompt` tokens. The words are made up, for llama-bench's tokens are random too: a text that
    repeats itself would visit fewer experts."""
    path = scratch / "prompt.txt"
    rng, words, count = random.Random(1), [], 0
    while count < options.prompt:
        words += [made_up_word(rng) for _ in range(1 + (options.prompt - count) // 4)]
        path.write_text(" ".join(words))
        count = len(last_json(run(options.offstage, "tokenize", gguf, "--text", path, "--json"))["tokens"])
    return path


def made_up_word(rng):
    return "".join(rng.choice("bdfghklmnprstvz") + rng.choice("aeiou") for _ in range(2))


def offstage_speed(options, store, prompt, stats):
    """Prompt and decoding speed of one run in tokens per second, and the seconds that it waited for the disk."""
    run(options.offstage, "run", store, "--prompt-file", prompt, "-n", options.decode, "--ignore-eos", "--temp", "0",
        "--threads", options.threads, "--ram", "100%", "--stats", stats)
    measured = json.loads(stats.read_text())
    prompt_speed = measured["prompt_tokens"] / measured["prefill_seconds"]
    return prompt_speed, measured["decode_tokens_per_second"], measured["wait_seconds"]


def llama_speed(options, gguf):
    answer = run(options.llama_bench, "-m", gguf, "-p", options.prompt, "-n", options.decode, "-t", options.threads,
                 "-r", "1", "-o", "json")
    speeds = {bool(test["n_gen"]): test["avg_ts"] for test in json.loads(answer)}
    return speeds[False], speeds[True]


def print_table(format, ours, theirs):
    for index, phase in enumerate(["prompt", "decode"]):
        our, their = [run[index] for run in ours], [run[index] for run in theirs]
        ratio = statistics.median(our) / statistics.median(their)
        sides = f"offstage {summary(our)}, llama.cpp {summary(their)}"
        print(f"{format} {phase}, tokens/s: {sides}, ratio {ratio:.2f}", flush=True)
    print(f"{format}: offstage waited {statistics.median(run[2] for run in ours):.2f} s for the disk")


def summary(speeds):
    return f"{statistics.median(speeds):.1f} ({min(speeds):.1f} to {max(speeds):.1f})"


def last_json(text):
    return json.loads(text.splitlines()[-1])


def run(*command):
    command = [str(part) for part in command]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}\nexit code {done.returncode}\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
