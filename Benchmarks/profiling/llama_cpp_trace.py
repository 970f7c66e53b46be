#!/usr/bin/env python3
"""The shipped model's routes as llama.cpp takes them, profiled: against a plain count of the rows, and our own routes.

    python3 Benchmarks/profiling/llama_cpp_trace.py

llama.cpp reads a prompt and writes on from it. What its library computes for `ffn_moe_topk` goes into rows
`layer,expert`, as its moe-trace writes them, but reading every token where it lies. The first run builds llama.cpp
under `.build/conformance` (some minutes, from PyPI).
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "conformance"))
import environment

PROMPT = "Lily and her friend Tom went to the park. They saw a big red ball"
ROUTES_BOUND = 0.99


def main():
    options = parse_options()
    environment.enter()
    from offstage import Offstage

    with tempfile.TemporaryDirectory() as folder:
        failed = compare(Offstage(options.offstage, Path(folder)), Path(folder), options.tokens)
    sys.exit(1 if failed else 0)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--offstage", type=Path, default=environment.PROJECT / ".build" / "release" / "offstage")
    parser.add_argument("--tokens", type=int, default=128, help="tokens to write after the prompt")
    return parser.parse_args()


def compare(offstage, folder, count):
    gguf = folder / "model.gguf"
    offstage.run("export", environment.PROJECT / "experts" / "shipped", "--format", "gguf", "--out", gguf)
    store = offstage.pack(gguf, "model")
    prompt = json.loads(offstage.run("tokenize", gguf, PROMPT, "--json"))["tokens"]
    llama = writer(gguf)
    tokens = llama.continued(prompt, count)
    rows = folder / "rows.csv"
    rows.write_text("".join(f"{layer},{expert}\n" for layer, expert in llama.rows))
    report = json.loads(offstage.run("profile", "--trace", rows, "--experts", 8, "--json"))
    print(f"llama.cpp {llama.version()}, {len(prompt)} tokens read, {len(tokens) - len(prompt)} written, "
          f"{len(llama.rows)} rows")
    ours = offstage.score_with_routes(store, tokens)["layers"]
    return loads_differ(report, Counter(llama.rows)) | routes_differ(llama.rows, report["source"]["top_k"], ours)


def loads_differ(report, counts):
    differ = False
    for layer, found in enumerate(report["layers"]):
        counted = [counts[layer, expert] for expert in range(8)]
        differ |= counted != found["load"]
        print(f"layer {layer}: profiled {found['load']}, counted {counted}")
    return differ


def routes_differ(rows, top_k, ours):
    """Layer by layer from the end: of a prompt the last layer has only the last token."""
    agree = visits = 0
    for layer, routes in enumerate(ours):
        experts = [expert for place, expert in rows if place == layer]
        theirs = [experts[start : start + top_k] for start in range(0, len(experts), top_k)]
        for mine, their in zip(reversed(routes["experts"]), reversed(theirs)):
            agree += len(set(mine) & set(their))
            visits += top_k
    print(f"visits that are also ours: {agree} of {visits}, {agree / visits:.2%}")
    return agree < ROUTES_BOUND * visits


def writer(gguf):
    """llama.cpp, which notes where tokens go while it reads and writes."""
    import ctypes

    from llama_reference import WATCHED, Model, Tensor, Tools

    class Writer(Model):
        def continued(self, prompt, count):
            self.rows = []
            context = self.api.llama_init_from_model(self.model, self.context_options(len(prompt) + count))
            tokens, step = list(prompt), list(prompt)
            for _ in range(count):
                if self.api.llama_decode(context, self.batch(step)) != 0:
                    raise RuntimeError("llama_decode failed")
                step = [self.likeliest(context)]
                tokens += step
            self.api.llama_free(context)
            # The last one has been written and not read.
            return tokens[:-1]

        def batch(self, step):
            self.step = (self.api.llama_token * len(step))(*step)
            return self.api.llama_batch_get_one(self.step, len(step))

        def likeliest(self, context):
            logits = self.api.llama_get_logits_ith(context, -1)
            vocabulary = self.api.llama_vocab_n_tokens(self.api.llama_model_get_vocab(self.model))
            return max(range(vocabulary), key=lambda token: logits[token])

        def on_tensor(self, address, asked, _):
            tensor = Tensor.from_address(address)
            watched = WATCHED.fullmatch(tensor.name)
            wanted = bool(watched) and watched["what"] == b"topk"
            if wanted and not asked:
                experts = tensor.rows(ctypes.c_int32)
                self.rows += [(int(watched["layer"]), expert) for token in experts for expert in token]
            return wanted if asked else True

    return Writer(Tools(environment.LLAMA_SOURCE, environment.LLAMA_BUILD), gguf)


if __name__ == "__main__":
    main()
