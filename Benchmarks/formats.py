"""Speed of every quantized weight format beside llama.cpp, everything in memory: a prompt and decoding, tokens per second.

    python3 Benchmarks/formats.py

One random model goes through llama-quantize into each format; both sides read the same file, run the same number of
threads, warm up and take turns. The last columns are the bytes of weights that decoding passes in a second, and how that
compares with Q4_0. Run it on an idle machine; the load that there was is printed.
"""

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

import against_llama_cpp as versus

sys.path.append(str(Path(__file__).resolve().parent / "conformance"))
import environment  # noqa: E402

EXPERTS, TOP_K = 8, 2
SHAPE = [
    "--layers", "4", "--hidden", "1024", "--intermediate", "3584", "--heads", "16", "--kv-heads", "4", "--head-dim", "64",
    "--experts", EXPERTS, "--top-k", TOP_K, "--vocab", "4096", "--routing", "uniform", "--seed", "1",
]
# By llama-quantize's names; those with a mix of their own are asked for one format (`--pure`).
FORMATS = {
    "q4_0": "q4_0", "q8_0": "q8_0", "q6_k": "q6_k", "q5_k": "q5_k_s", "q4_k": "q4_k_s", "q3_k": "q3_k_s", "q2_k": "q2_k",
    "q5_1": "q5_1", "q5_0": "q5_0", "q4_1": "q4_1", "iq4_nl": "iq4_nl", "iq4_xs": "iq4_xs", "iq3_s": "iq3_s",
    "mxfp4": "mxfp4_moe",
}


def main():
    options = parse_options()
    environment.enter()
    versus.prepare(options)
    with tempfile.TemporaryDirectory(prefix="formats-", dir=options.scratch) as scratch:
        scratch = Path(scratch)
        source = scratch / "source.gguf"
        versus.run(options.offstage, "synth", source, "--format", "f16", *SHAPE)
        print(f"{'':7}{'prompt, tokens/s':>56}{'decoding, tokens/s':>56}{'GB/s':>8}{'of Q4_0':>9}{'load':>6}")
        speed_of_q4_0 = None
        for format in options.formats:
            speed = measured(options, format, source, scratch)
            speed_of_q4_0 = speed_of_q4_0 or speed
            print(f"{speed:8.2f}{speed / speed_of_q4_0:9.2f}{os.getloadavg()[0]:6.1f}", flush=True)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--offstage", type=Path, default=environment.PROJECT / ".build/release/offstage")
    parser.add_argument("--llama-bench", type=Path, help="instead of the one that is built here")
    parser.add_argument("--avx2", action="store_true", help="nothing later than AVX2 on either side")
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS), help="the first one is compared with")
    parser.add_argument("--threads", default="2")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--prompt", type=int, default=512, help="tokens in the prompt")
    parser.add_argument("--decode", type=int, default=64, help="tokens to decode")
    parser.add_argument("--depth", type=int, default=0, help="tokens before those that are timed")
    parser.add_argument("--scratch", type=Path, help="where the models go for as long as it runs (default: /tmp)")
    return parser.parse_args()


def measured(options, format, source, scratch):
    """Prints both sides' speeds and returns the bytes per second that ours decodes."""
    gguf, store = scratch / "model.gguf", scratch / "experts" / "model"
    quantize = environment.LLAMA_BUILD / "bin" / "llama-quantize"
    versus.run(quantize, "--pure", source, gguf, FORMATS[format], options.threads)
    versus.run(options.offstage, "pack", gguf, "--name", "model", "--experts-dir", scratch / "experts", "--force")
    ours, theirs = [], []
    for _ in range(options.repeats):
        tests, speeds = versus.offstage_tests(options, store), versus.llama_speeds(options, gguf)
        ours.append([tests[phase]["tokens_per_second"] for phase in ["prompt", "decode"]])
        theirs.append([speeds[phase] for phase in ["prompt", "decode"]])
    print(f"{format:7}", end="")
    for phase in range(2):
        our, their = [run[phase] for run in ours], [run[phase] for run in theirs]
        ratio = statistics.median(our) / statistics.median(their)
        print(f"{versus.summary(our):>24} : {versus.summary(their):>22} = {ratio:4.2f}", end="")
    return statistics.median(run[1] for run in ours) * bytes_per_token(gguf) / 1e9


def bytes_per_token(gguf):
    """Of the weights that a token passes; its row of the embedding is next to nothing."""
    from gguf import GGUFReader

    total = 0
    for tensor in GGUFReader(gguf).tensors:
        share = TOP_K / EXPERTS if "_exps" in tensor.name else 0 if tensor.name.startswith("token_embd") else 1
        total += int(tensor.n_bytes) * share
    return total


if __name__ == "__main__":
    main()
