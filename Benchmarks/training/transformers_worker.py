"""Trains a random Mixtral with transformers: as many steps as a line of standard input says; prints the seconds.

    echo 10 | python3 Benchmarks/training/transformers_worker.py SHAPE --experts-implementation grouped_mm

A step is forward, backward, clipping and AdamW (fused) in float32 on a batch of random tokens. The first line printed
is `{"ready": …}`, after the steps that warm up or compile; `speed.py` lets several such processes take turns.
"""

import argparse
import json
import sys
import time
from dataclasses import asdict

import torch
from speed_shapes import SHAPES
from transformers import MixtralConfig, MixtralForCausalLM


def main():
    options = parse_options()
    shape = SHAPES[options.shape]
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    step = training_step(shape, options)
    started = time.perf_counter()
    for _ in range(3):
        step()
    answer({"ready": time.perf_counter() - started, **asdict(shape)})
    for line in sys.stdin:
        started = time.perf_counter()
        for _ in range(int(line)):
            loss = step()
        answer({"seconds": time.perf_counter() - started, "loss": loss.item()})


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shape", choices=SHAPES)
    parser.add_argument("--experts-implementation", default="eager")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def training_step(shape, options):
    model = MixtralForCausalLM(configuration(shape, options.experts_implementation)).train()
    forward = torch.compile(model) if options.compile else model
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.99), weight_decay=0.1, fused=True)

    def step():
        tokens = torch.randint(shape.vocabulary, (shape.batch, shape.context))
        loss = forward(input_ids=tokens, labels=tokens, use_cache=False).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        return loss

    return step


def configuration(shape, experts_implementation):
    return MixtralConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        intermediate_size=shape.intermediate,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        head_dim=shape.hidden // shape.heads,
        num_local_experts=shape.experts,
        num_experts_per_tok=shape.top_k,
        max_position_embeddings=shape.context,
        tie_word_embeddings=True,
        experts_implementation=experts_implementation,
    )


def answer(content):
    print(json.dumps(content), flush=True)


if __name__ == "__main__":
    main()
