"""What Hugging Face transformers computes, in float32 whatever the checkpoint holds: log-probabilities and routes."""

import torch
from transformers import AutoModelForCausalLM


PLAIN = {"attn_implementation": "eager", "experts_implementation": "eager"}  # the faster ones refuse odd widths


def load(folder):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, **PLAIN).eval()


@torch.no_grad()
def score(model, tokens):
    """Log-probability of each token given those before it (none for the first), best next token, and routes by layer."""
    output = model(input_ids=torch.tensor([tokens]), output_router_logits=True, use_cache=False)
    logits = output.logits[0].double()
    return {
        "tokens": tokens,
        "logprobs": token_logprobs(logits, tokens),
        "top1": logits.argmax(dim=-1).tolist(),
        "layers": [
            routes(scores, model.config.num_experts_per_tok, getattr(model.config, "norm_topk_prob", True))
            for scores in output.router_logits
        ],
        "margin": min(margin(scores, model.config.num_experts_per_tok) for scores in output.router_logits),
    }


def token_logprobs(logits, tokens):
    chosen = logits[:-1].log_softmax(dim=-1).gather(1, torch.tensor(tokens[1:])[:, None])
    return [None] + chosen[:, 0].tolist()


def routes(scores, top_k, is_normalized):
    """Softmax over all experts, the best `top_k`, and their weights made to add up to one, as Mixtral's are, or not."""
    weights, experts = scores.float().softmax(dim=-1).topk(top_k, dim=-1)
    if is_normalized:
        weights = weights / weights.sum(dim=-1, keepdim=True)
    return {"experts": experts.tolist(), "weights": weights.tolist()}


def margin(scores, top_k):
    """How far the last chosen expert's score lies above the first that was not chosen, at the closest token."""
    if scores.shape[-1] == top_k:
        return float("inf")
    best = scores.topk(top_k + 1, dim=-1).values
    return (best[:, -2] - best[:, -1]).min().item()
