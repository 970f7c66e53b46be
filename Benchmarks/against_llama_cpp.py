"""Speed beside llama.cpp, everything in memory: tokens per second of prompts and of decoding.

    python3 Benchmarks/against_llama_cpp.py [--avx2]

The model is random and of a shape that fits in memory; both sides read the same GGUF, run the same number of threads, warm
up before they are timed (`offstage bench`, `llama-bench`), and take turns. llama.cpp runs as it comes, interleaved weights
included. Run it on an idle machine: a loaded one does not slow both sides alike, since llama.cpp's threads spin while they
wait for one another. Also printed: the share that offstage's medians have of what memory can be read at, and of what the
processor's instruction for products can do, both measured in the same processes.

--avx2 holds both sides to what most processors have: offstage by its environment, llama.cpp by a build of its own.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent / "conformance"))
import environment  # noqa: E402

SHAPES = {
    "mixtral": [
        "--layers", "8", "--hidden", "1024", "--intermediate", "3584", "--heads", "16", "--kv-heads", "4",
        "--head-dim", "64", "--experts", "8", "--top-k", "2", "--vocab", "32000", "--routing", "uniform", "--seed", "1",
    ],
    "many-experts": [
        "--layers", "4", "--hidden", "2048", "--intermediate", "768", "--heads", "32", "--kv-heads", "4",
        "--head-dim", "64", "--experts", "128", "--top-k", "8", "--vocab", "32000", "--routing", "uniform", "--seed", "1",
    ],
}


def main():
    options = parse_options()
    prepare(options)
    print(f"load average before the first run: {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(prefix="speed-", dir=options.scratch) as scratch:
        for shape in options.shapes:
            for format in options.formats:
                compare(options, shape, format, Path(scratch))


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--offstage", type=Path, default=environment.PROJECT / ".build/release/offstage")
    parser.add_argument("--llama-bench", type=Path, help="instead of the one that is built here")
    parser.add_argument("--avx2", action="store_true", help="nothing later than AVX2 on either side")
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=["mixtral"])
    parser.add_argument("--formats", nargs="+", default=["q8_0", "q4_0"], help="q4_k, … are made by llama-quantize")
    parser.add_argument("--threads", default="2")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--prompt", type=int, default=512, help="tokens in the prompt")
    parser.add_argument("--decode", type=int, default=64, help="tokens to decode")
    parser.add_argument("--depth", type=int, default=0, help="tokens before those that are timed")
    parser.add_argument("--scratch", type=Path, help="where the models go for as long as it runs (default: /tmp)")
    return parser.parse_args()


def prepare(options):
    os.environ.pop("OPENBLAS_CORETYPE", None)  # below the CPU on some machines; gone for both sides
    if options.avx2:
        os.environ["OFFSTAGE_KERNELS"] = "avx2"
    if options.llama_bench is None:
        environment.prepare_avx2() if options.avx2 else environment.prepare()
        folder = environment.LLAMA_AVX2_BUILD if options.avx2 else environment.LLAMA_BUILD
        options.llama_bench = folder / "bin" / "llama-bench"


def compare(options, shape, format, scratch):
    """Both sides in turn, on the same file."""
    gguf = make_model(options, SHAPES[shape], format, scratch)
    store = scratch / "experts" / "model"
    run(options.offstage, "pack", gguf, "--name", "model", "--experts-dir", scratch / "experts", "--force")
    ours, theirs = [], []
    for _ in range(options.repeats):
        ours.append(offstage_tests(options, store))
        theirs.append(llama_speeds(options, gguf))
    gguf.unlink()
    for phase, share in [("prompt", "share_of_arithmetic"), ("decode", "share_of_reads")]:
        our, their = [tests[phase]["tokens_per_second"] for tests in ours], [speeds[phase] for speeds in theirs]
        ratio = statistics.median(our) / statistics.median(their)
        shares = statistics.median(tests[phase][share] or 0 for tests in ours)
        print(f"{shape} {format} {phase}, tokens/s: offstage {summary(our)}, llama.cpp {summary(their)}, ratio {ratio:.2f}; "
              f"{shares:.0%} of {share.removeprefix('share_of_')}", flush=True)


def make_model(options, shape, format, scratch):
    gguf = scratch / "model.gguf"
    if format in ["q8_0", "q4_0"]:
        run(options.offstage, "synth", gguf, "--format", format, *shape)
        return gguf
    source = scratch / "source.gguf"
    run(options.offstage, "synth", source, "--format", "f16", *shape)
    quantize = environment.LLAMA_BUILD / "bin" / "llama-quantize"
    names = {"q4_k": ["--pure", "q4_k_s"], "q5_k": ["--pure", "q5_k_s"], "q6_k": ["--pure", "q6_k"]}
    pure = names.get(format, [format])
    run(quantize, *pure[:-1], source, gguf, pure[-1], options.threads)
    source.unlink()
    return gguf


def offstage_tests(options, store):
    """The prompt's and the decoding's part of what `bench` prints."""
    answer = run(options.offstage, "bench", store, "-p", options.prompt, "-n", options.decode, "-d", options.depth,
                 "-t", options.threads, "-r", 1, "--ram", "100%", "--json")
    tests = json.loads(answer.splitlines()[-1])["tests"]
    return {"decode" if test["generated_tokens"] else "prompt": test for test in tests}


def llama_speeds(options, gguf):
    answer = run(options.llama_bench, "-m", gguf, "-p", options.prompt, "-n", options.decode, "-d", options.depth,
                 "-t", options.threads, "-r", 1, "-o", "json")
    return {"decode" if test["n_gen"] else "prompt": test["avg_ts"] for test in json.loads(answer)}


def summary(speeds):
    return f"{statistics.median(speeds):.1f} ({min(speeds):.1f} to {max(speeds):.1f})"


def run(*command):
    command = [str(part) for part in command]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}\nexit code {done.returncode}\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
