"""What several hosts like this machine would make of large models, as `plan` predicts it. Nothing is exchanged.

    python3 Benchmarks/ranks/on_paper.py [--ranks 4] [--link 10Gb,50us] [--prompt 512] [--offstage PATH]

Experts of Mixtral 8x7B's and Qwen3-30B-A3B's shapes are measured on this machine, with weights of no meaning in Q4_0; what they
take on so many ranks is worked out from that, the link, and even loads. The rest of a model is on every rank: of a decoded token
it takes as long as its weights take to be read, of a prompt as long as in proportion to the experts' multiplications. So these
are bounds from above: the cache of keys and values, the vocabulary's probabilities and whatever else is left out come on top.
"""

import argparse
import json
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
Q4_0 = 18 / 32  # bytes of a weight
MODELS = {
    # layers, hidden, expert width, experts, experts per token, weights of attention in a layer, vocabulary
    "Mixtral 8x7B": (32, 4096, 14336, 8, 2, 2 * 4096 * 4096 + 2 * 4096 * 1024, 32000),
    "Qwen3-30B-A3B": (48, 2048, 768, 128, 8, 2 * 2048 * 4096 + 2 * 2048 * 512, 151936),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--offstage", type=pathlib.Path, default=ROOT / ".build/release/offstage")
    parser.add_argument("--ranks", type=int, default=4)
    parser.add_argument("--link", default="10Gb,50us")
    parser.add_argument("--prompt", type=int, default=512)
    options = parser.parse_args()
    for name, shape in MODELS.items():
        report(options, name, *shape)


def report(options, name, layers, hidden, width, experts, top_k, attention, vocabulary):
    command = [options.offstage, "plan", "--shape", f"{hidden}x{width}x{experts}:{top_k}:q4_0", "--ranks", options.ranks,
               "--link", options.link, "--tokens", options.prompt, "--json"]
    answer = json.loads(subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout)
    machine = answer["constants"]
    expert = 3 * hidden * width * Q4_0
    dense = (layers * attention + vocabulary * hidden) * Q4_0
    print(f"\n{name}: experts {layers * experts * expert / 1e9:.1f} GB, {layers * experts * expert / options.ranks / 1e9:.1f} on each of "
          f"{options.ranks} ranks with {machine['threads']} threads that read {machine['bandwidth_together'] / 1e9:.1f} GB/s; "
          f"{dense / 1e9:.2f} GB on every rank; link {options.link}")
    for tokens in [1, options.prompt]:
        # Even loads come first.
        line = next(line for line in answer["layers"] if line["tokens"] == tokens)
        alone = layers * line["alone_seconds"]
        if tokens == 1:
            rest = dense / machine["bandwidth_together"]
        else:
            rest = alone * attention / (top_k * 3 * hidden * width)
        print(f"  {tokens} token{'s' if tokens > 1 else ''}, beside {1e3 * rest:.1f} ms for the rest of the model:")
        print(f"    {'one rank with all experts':28} {1e3 * alone:>9.1f} ms of experts, {tokens / (alone + rest):>7.1f} tokens/s")
        for way in sorted(line["ways"], key=lambda way: way["seconds"]):
            seconds = layers * way["seconds"]
            print(f"    {way['way']:28} {1e3 * seconds:>9.1f} ms of experts, {tokens / (seconds + rest):>7.1f} tokens/s, "
                  f"exchange {1e3 * layers * way['exchange_seconds']:.1f} ms")


if __name__ == "__main__":
    main()
