"""Trains a small decoder on the characters of a text with plain PyTorch: the loss that a recipe should reach.

    python3 Benchmarks/training/plain_training.py FILE --seed 1                      dense
    python3 Benchmarks/training/plain_training.py FILE --seed 1 --experts 8 --top-k 2 --intermediate 176

The recipe is nanoGPT's for a CPU, on a model of our kind: RMSNorm, SwiGLU, rotary positions, tied embeddings; AdamW
with β 0.9 and 0.99, decay 0.1 on matrices, gradients clipped at 1, warm-up, then a cosine down to a tenth of the rate.
"""

import argparse
import json
import math
import time
from pathlib import Path

import torch
from plain_decoder import Shape, load, losses, tensor_shapes


def main():
    options = parse_options()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    train_text, validation_text, vocabulary = characters(options.text)
    shape = Shape(
        vocabulary=vocabulary, hidden=options.hidden, layers=options.layers, heads=options.heads,
        key_value_heads=options.heads, head_size=options.hidden // options.heads, intermediate=options.intermediate,
        experts=options.experts, top_k=options.top_k, renormalized=options.top_k > 1, score=options.score,
        shared=options.shared,
    )
    weights = initial_weights(shape, options.init)
    train(weights, shape, train_text, validation_text, options)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("text", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--intermediate", type=int, default=352, help="width of one expert")
    parser.add_argument("--experts", type=int, default=1)
    parser.add_argument("--top-k", type=int, default=1)
    parser.add_argument("--score", choices=["softmax", "sigmoid"], default="softmax")
    parser.add_argument("--shared", type=int, default=0, help="width of the expert that every token visits")
    parser.add_argument("--context", type=int, default=64)
    parser.add_argument("--batch", type=int, default=12)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--rate", type=float, default=1e-3, help="highest learning rate")
    parser.add_argument("--warm-up", type=float, default=0.05, help="share of the steps")
    parser.add_argument("--final", type=float, default=0.1, help="the last rate, as a share of the highest")
    parser.add_argument("--beta2", type=float, default=0.99)
    parser.add_argument("--decay", type=float, default=0.1)
    parser.add_argument("--init", type=float, default=0.02, help="standard deviation of the first weights")
    parser.add_argument("--balance", type=float, default=0.01, help="weight of the balance loss")
    parser.add_argument("--bias-rate", type=float, default=0, help="step of the selection bias that evens the load out")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def characters(path):
    """The first nine tenths, the rest, and how many different characters there are."""
    text = path.read_text(encoding="utf-8")
    ids = {character: index for index, character in enumerate(sorted(set(text)))}
    tokens = torch.tensor([ids[character] for character in text])
    cut = len(tokens) * 9 // 10
    return tokens[:cut], tokens[cut:], len(ids)


def initial_weights(shape, deviation):
    """Normal with one deviation; what is added to the residual stream is scaled down by the number of additions."""
    weights = {}
    for name, size in tensor_shapes(shape):
        if len(size) == 1:
            weight = torch.ones(size)
        else:
            ends_branch = name.endswith(("attention_output", ".down"))
            scale = deviation / math.sqrt(2 * shape.layers) if ends_branch else deviation
            weight = scale * torch.randn(size)
        weights[name] = weight.requires_grad_()
    return weights


def train(parameters, shape, text, validation_text, options):
    biases = {f"layers.{layer}.router.bias": torch.zeros(shape.experts) for layer in range(shape.layers)}
    weights = parameters | biases
    optimizer = adamw(parameters, options.rate, betas=(0.9, options.beta2), decay=options.decay)
    start = time.monotonic()
    for step in range(options.steps):
        tokens, targets = random_batch(text, options.batch, options.context)
        terms, routings = losses(weights, shape, tokens, targets)
        terms.total(balance=options.balance if shape.experts > 1 else 0, z=0).backward()
        torch.nn.utils.clip_grad_norm_(parameters.values(), 1.0)
        set_rate(optimizer, rate(step, options))
        optimizer.step()
        optimizer.zero_grad()
        for bias, routing in zip(biases.values(), routings):
            bias += options.bias_rate * (1 / shape.experts - load(routing)).sign()
        if (step + 1) % 250 == 0:
            measured = evaluation(weights, shape, validation_text, options.context)
            print(json.dumps({
                "step": step + 1, "train_loss": round(terms.cross_entropy.item(), 4), **measured,
                "tokens_per_second": round((step + 1) * tokens.numel() / (time.monotonic() - start)),
            }), flush=True)


def adamw(weights, rate, betas, decay):
    """Matrices decay (embedding and gate among them), vectors do not."""
    matrices = [weight for weight in weights.values() if weight.dim() > 1]
    vectors = [weight for weight in weights.values() if weight.dim() == 1]
    groups = [{"params": matrices, "weight_decay": decay}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=rate, betas=betas, eps=1e-8)


def random_batch(text, batch, context):
    starts = torch.randint(len(text) - context, (batch,)).tolist()
    rows = torch.stack([text[start : start + context + 1] for start in starts])
    return rows[:, :-1], rows[:, 1:]


def rate(step, options):
    warm_up = int(options.steps * options.warm_up)
    if step < warm_up:
        return options.rate * (step + 1) / warm_up
    progress = (step - warm_up) / max(1, options.steps - warm_up)
    return options.rate * (options.final + (1 - options.final) * (1 + math.cos(math.pi * progress)) / 2)


def set_rate(optimizer, rate):
    for group in optimizer.param_groups:
        group["lr"] = rate


@torch.no_grad()
def evaluation(weights, shape, text, context):
    """The mean loss over the whole text in rows of `context`, and how uneven each layer's load is."""
    count = (len(text) - 1) // context
    tokens, targets = text[: count * context].view(count, context), text[1 : count * context + 1].view(count, context)
    total, loads = 0.0, torch.zeros(shape.layers, shape.experts)
    for inputs, wanted in zip(tokens.split(128), targets.split(128)):
        terms, routings = losses(weights, shape, inputs, wanted)
        total += terms.cross_entropy.item() * inputs.numel()
        loads += torch.stack([load(routing) for routing in routings]) * inputs.numel() / tokens.numel()
    uneven = [round(ratio, 3) for ratio in (loads.amax(dim=-1) * shape.experts).tolist()]
    return {"validation_loss": round(total / tokens.numel(), 4), "max_over_mean_load": uneven}


if __name__ == "__main__":
    main()
