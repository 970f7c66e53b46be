"""Trains the small Mixtral that ships with the project, from nothing: corpus, vocabulary, weights.

    python3 Benchmarks/train_shipped_model.py --out experts/shipped

Needs torch, transformers and sentencepiece. Twenty minutes on two idle cores; the same seed gives the same stories, and
on the same machine the same weights. It ends with a held-out loss, the share of tokens of every expert, and sample stories.
"""

import argparse
import itertools
import math
import time
from pathlib import Path

import sentencepiece
import torch
from transformers import GenerationConfig, MixtralConfig, MixtralForCausalLM

from stories import stories

ROW = 384  # tokens in one training row: two or three stories
BALANCE = 0.02  # weight of the load-balancing loss


def main():
    options = parse_options()
    torch.manual_seed(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    tokenizer = train_tokenizer(options.out, options.seed)
    model = MixtralForCausalLM(configuration(tokenizer))
    print(f"{sum(weight.numel() for weight in model.parameters()) / 1e6:.2f} million parameters")
    train(model, batches(tokenizer, options), options)
    save(model, tokenizer, options.out)
    report(MixtralForCausalLM.from_pretrained(options.out, dtype=torch.float32), tokenizer, options)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("experts/shipped"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=2800)
    parser.add_argument("--rows", type=int, default=8, help="rows in one batch")
    parser.add_argument("--rate", type=float, default=3e-3, help="highest learning rate")
    return parser.parse_args()


def train_tokenizer(folder, seed):
    """A SentencePiece vocabulary with the same settings as Mixtral's, on the same stories."""
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=itertools.islice(stories(seed), 20_000),
        model_prefix=str(folder / "tokenizer"),
        model_type="bpe",
        vocab_size=1000,
        byte_fallback=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        allow_whitespace_only_pieces=True,
        split_digits=True,
        character_coverage=1.0,
        minloglevel=2,
    )
    (folder / "tokenizer.vocab").unlink()
    return sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))


def configuration(tokenizer):
    """Six layers of eight experts, two for each token; widths are whole quantization blocks of 32."""
    return MixtralConfig(
        vocab_size=tokenizer.vocab_size(),
        hidden_size=128,
        intermediate_size=160,
        num_hidden_layers=6,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=32,
        num_local_experts=8,
        num_experts_per_tok=2,
        max_position_embeddings=1024,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
        bos_token_id=tokenizer.bos_id(),
        eos_token_id=tokenizer.eos_id(),
    )


def batches(tokenizer, options):
    """Endless batches `[rows, ROW]`: every row starts with a story and ends in the middle of one."""
    texts = stories(options.seed)
    while True:
        yield torch.tensor([row(tokenizer, texts) for _ in range(options.rows)])


def row(tokenizer, texts):
    tokens = []
    while len(tokens) < ROW:
        tokens += tokenizer.encode(next(texts), add_bos=True, add_eos=True)
    return tokens[:ROW]


def train(model, batches, options):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=options.rate, betas=(0.9, 0.95), weight_decay=0.1)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate_factor(step, options.steps))
    start = time.monotonic()
    for step, tokens in enumerate(itertools.islice(batches, options.steps), start=1):
        text, balance = losses(model, tokens)
        optimizer.zero_grad()
        (text + BALANCE * balance).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 50 == 0:
            seconds = time.monotonic() - start
            print(f"step {step} loss {text:.4f} balance {balance:.3f} after {seconds:.0f} s", flush=True)


def rate_factor(step, steps, warmup=100):
    """Linear warm-up, then a cosine down to nothing."""
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))


def losses(model, tokens):
    """The mean loss of a token, and how uneven the experts' work is (1 when it is even)."""
    output = model(input_ids=tokens, output_router_logits=True, use_cache=False)
    text = torch.nn.functional.cross_entropy(output.logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten())
    balance = [layer_balance(scores, model.num_experts_per_tok) for scores in output.router_logits]
    return text, torch.stack(balance).mean()


def layer_balance(scores, top_k):
    """Switch Transformer's loss (equation 4), layer by layer: transformers' own lets one layer make up for another."""
    probabilities = scores.softmax(dim=-1)
    share = chosen_share(scores, top_k)
    return scores.shape[-1] * (share * probabilities.mean(dim=0)).sum()


def chosen_share(scores, top_k):
    """Which part of all visits each expert gets."""
    chosen = scores.topk(top_k, dim=-1).indices.flatten()
    return torch.bincount(chosen, minlength=scores.shape[-1]) / chosen.numel()


def save(model, tokenizer, folder):
    model.generation_config = GenerationConfig(bos_token_id=tokenizer.bos_id(), eos_token_id=tokenizer.eos_id())
    model.to(torch.bfloat16).save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)


@torch.no_grad()
def report(model, tokenizer, options):
    model.eval()
    tokens = next(batches(tokenizer, argparse.Namespace(seed=options.seed + 1, rows=64)))
    output = model(input_ids=tokens, output_router_logits=True)
    loss = torch.nn.functional.cross_entropy(output.logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten())
    print(f"held-out loss per token, as saved: {loss:.4f}")
    for layer, scores in enumerate(output.router_logits):
        share = chosen_share(scores, model.num_experts_per_tok)
        print(f"layer {layer}: " + " ".join(f"{part:.1%}" for part in share))
    print("\n--- greedy\n" + continuation(model, tokenizer, do_sample=False))
    for _ in range(4):
        print("\n--- sampled\n" + continuation(model, tokenizer, do_sample=True, temperature=0.8))


def continuation(model, tokenizer, prompt="Once upon a time", **how):
    tokens = torch.tensor([tokenizer.encode(prompt, add_bos=True)])
    mask = torch.ones_like(tokens)
    generated = model.generate(tokens, attention_mask=mask, max_new_tokens=400, pad_token_id=0, **how)
    return tokenizer.decode(generated[0].tolist())


if __name__ == "__main__":
    main()
