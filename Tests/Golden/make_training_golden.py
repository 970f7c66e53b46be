"""Makes the golden files of training: losses and gradients of PyTorch's autograd (see README.md).

    .build/conformance/venv/bin/python Tests/Golden/make_training_golden.py

Where transformers has the model, the numbers are those of its class; the plain decoder has to agree, and it computes
the cases that no class covers.
"""

import json
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import MixtralConfig, MixtralForCausalLM, Qwen3MoeConfig, Qwen3MoeForCausalLM

FOLDER = Path(__file__).resolve().parent / "training"
sys.path.append(str(FOLDER.parents[2] / "Benchmarks" / "training"))

from plain_decoder import Losses, Routing, Shape, balance_loss, load, losses, tensor_shapes  # noqa: E402
from plain_training import adamw  # noqa: E402

SEQUENCES, POSITIONS = 3, 17
NEAR_TIE = 1e-3
BASE = Shape(vocabulary=61, hidden=32, layers=2, heads=4, key_value_heads=2, head_size=8, intermediate=20, experts=4,
             top_k=2, tied=False)


@dataclass(frozen=True)
class Case:
    name: str
    shape: Shape
    family: str | None = None  # transformers' name of it
    bias: bool = False
    balance: float = 0.01
    z: float = 0.001


CASES = [
    Case("mixtral", BASE, family="mixtral"),
    Case("mixtral-tied", replace(BASE, tied=True), family="mixtral"),
    Case("qwen3", replace(BASE, qk_norm=True), family="qwen3"),
    Case("switch", replace(BASE, top_k=1, renormalized=False)),
    Case("softmax", replace(BASE, renormalized=False), family="qwen3-without-norms"),
    Case("sigmoid", replace(BASE, score="sigmoid", shared=24), bias=True),
]


def main():
    torch.manual_seed(1)
    FOLDER.mkdir(exist_ok=True)
    weights = random_weights(replace(BASE, qk_norm=True, shared=24))
    write(FOLDER / "weights.safetensors", weights)
    for case in CASES:
        make_case(case, weights)
    make_steps(BASE, weights)


def random_weights(shape):
    """Every product keeps its variance; routes, logits and norms are far from the uniform ones of a fresh model."""
    weights = {name: random_weight(name, size) for name, size in tensor_shapes(shape)}
    for layer in range(shape.layers):
        weights[f"layers.{layer}.router.bias"] = 0.2 * torch.randn(shape.experts)
    return weights


def random_weight(name, size):
    if len(size) == 1:
        return 1 + 0.2 * torch.randn(size)
    factor = {"token_embedding": 2.0, "output": 2.0}.get(name, 2.0 if name.endswith("router.gate") else 1.0)
    return factor * torch.randn(size) / size[-1] ** 0.5


def make_case(case, all_weights):
    """Looks for a batch whose routes do not hang by a hair: a test would fail by chance."""
    weights = {name: all_weights[name] for name, _ in tensor_shapes(case.shape)}
    biases = {name: weight for name, weight in all_weights.items() if case.bias and name.endswith("router.bias")}
    tokens, targets, routings = decided_batch(weights | biases, case.shape)
    terms, gradients = plain_gradients(case, weights, biases, tokens, targets)
    if case.family:
        terms = compare_with_transformers(case, weights, tokens, targets, terms, gradients)
    write(FOLDER / f"{case.name}.safetensors", {f"gradient.{name}": value for name, value in gradients.items()})
    write_json(FOLDER / f"{case.name}.json", {
        "weights": "weights.safetensors",
        "architecture": architecture(case.shape, case.bias),
        "coefficients": {"balance": case.balance, "z": case.z},
        "tokens": tokens.tolist(),
        "targets": targets.tolist(),
        "loss": terms.total(case.balance, case.z).item(),
        "cross_entropy": terms.cross_entropy.item(),
        "balance": terms.balance.mean().item(),
        "z": terms.z.mean().item(),
        "layers": [
            {"balance": balance.item(), "z": z.item(), "load": load(routing).tolist(),
             "experts": routing.experts.tolist()}
            for balance, z, routing in zip(terms.balance, terms.z, routings)
        ],
    })


def decided_batch(weights, shape):
    while True:
        tokens, targets = random_batch(shape)
        with torch.no_grad():
            _, routings = losses(weights, shape, tokens, targets)
        if min(routing.margin.min() for routing in routings) > NEAR_TIE:
            return tokens, targets, routings


def random_batch(shape):
    rows = torch.randint(shape.vocabulary, (SEQUENCES, POSITIONS + 1))
    return rows[:, :-1], rows[:, 1:]


def plain_gradients(case, weights, biases, tokens, targets):
    """In float64: what float32 rounds is then the other side's alone."""
    parameters = {name: weight.double().requires_grad_() for name, weight in weights.items()}
    constants = {name: bias.double() for name, bias in biases.items()}
    terms, _ = losses(parameters | constants, case.shape, tokens, targets)
    terms.total(case.balance, case.z).backward()
    return terms, {name: weight.grad.float() for name, weight in parameters.items()}


def compare_with_transformers(case, weights, tokens, targets, plain_terms, plain):
    """The terms and, into `plain`, the gradients of transformers' class, once they agree with the plain decoder's."""
    model = transformers_model(case.family, case.shape, weights)
    terms = transformers_losses(model, case.shape, tokens, targets)
    terms.total(case.balance, case.z).backward()
    gradients = under_our_names(model, case.shape, lambda weight: weight.grad)
    for theirs, ours in zip(terms, plain_terms):
        check(case.name, "a loss", theirs, ours.float())
    for name, gradient in gradients.items():
        if name in plain:
            check(case.name, name, gradient, plain[name])
            plain[name] = gradient
    return terms


def check(case, what, theirs, ours):
    difference = ((theirs - ours).norm() / theirs.norm()).item()
    if difference > 1e-5:
        raise SystemExit(f"{case}: {what} of transformers and of the plain decoder differ by {difference:.1e}")


def transformers_losses(model, shape, tokens, targets):
    """transformers' own balance loss pools the layers and is top-k times as large: only its logits are used."""
    output = model(input_ids=tokens, output_router_logits=True, use_cache=False)
    routings = []
    for logits in output.router_logits:
        probabilities = logits.softmax(dim=-1)
        routings.append(Routing(logits, probabilities, probabilities.topk(shape.top_k).indices, None))
    balance = torch.stack([balance_loss(routing) for routing in routings])
    z = torch.stack([routing.logits.logsumexp(dim=-1).square().mean() for routing in routings])
    return Losses(torch.nn.functional.cross_entropy(output.logits.flatten(0, 1), targets.flatten()), balance, z)


def transformers_model(family, shape, weights):
    common = dict(
        vocab_size=shape.vocabulary, hidden_size=shape.hidden, num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads, num_key_value_heads=shape.key_value_heads, head_dim=shape.head_size,
        num_experts_per_tok=shape.top_k, rms_norm_eps=shape.norm_epsilon, tie_word_embeddings=shape.tied,
        rope_parameters={"rope_type": "default", "rope_theta": shape.rotary_base}, attn_implementation="eager",
        experts_implementation="eager",
    )
    if family == "mixtral":
        config = MixtralConfig(intermediate_size=shape.intermediate, num_local_experts=shape.experts, **common)
        model = MixtralForCausalLM(config)
    else:
        config = Qwen3MoeConfig(moe_intermediate_size=shape.intermediate, num_experts=shape.experts,
                                norm_topk_prob=shape.renormalized, **common)
        model = Qwen3MoeForCausalLM(config)
    if family == "qwen3-without-norms":
        for layer in model.model.layers:
            layer.self_attn.q_norm = layer.self_attn.k_norm = torch.nn.Identity()
    with torch.no_grad():
        for name, target in under_our_names(model, shape, lambda weight: weight.data).items():
            target.copy_(weights[name])
    return model


def under_our_names(model, shape, value):
    """`value` of every parameter; gate and up are halves of one tensor in transformers."""
    parameters = dict(model.named_parameters())
    found = {"token_embedding": value(parameters["model.embed_tokens.weight"]),
             "output_norm": value(parameters["model.norm.weight"])}
    if not shape.tied:
        found["output"] = value(parameters["lm_head.weight"])
    for layer in range(shape.layers):
        for ours, theirs in LAYER_NAMES.items():
            if (name := f"model.layers.{layer}.{theirs}") in parameters:
                found[f"layers.{layer}.{ours}"] = value(parameters[name])
        both = value(parameters[f"model.layers.{layer}.mlp.experts.gate_up_proj"])
        gate, up = both.chunk(2, dim=1)
        found |= {f"layers.{layer}.experts.gate": gate, f"layers.{layer}.experts.up": up}
    return found


LAYER_NAMES = {
    "attention_norm": "input_layernorm.weight",
    "query": "self_attn.q_proj.weight",
    "key": "self_attn.k_proj.weight",
    "value": "self_attn.v_proj.weight",
    "attention_output": "self_attn.o_proj.weight",
    "query_norm": "self_attn.q_norm.weight",
    "key_norm": "self_attn.k_norm.weight",
    "expert_norm": "post_attention_layernorm.weight",
    "router.gate": "mlp.gate.weight",
    "experts.down": "mlp.experts.down_proj",
}


def make_steps(shape, all_weights):
    """Five steps of AdamW on Mixtral, each with a batch of its own."""
    optimizer_settings = {"rate": 3e-3, "beta1": 0.9, "beta2": 0.99, "epsilon": 1e-8, "decay": 0.1, "clip": 1.0}
    weights = {name: all_weights[name].clone().requires_grad_() for name, _ in tensor_shapes(shape)}
    model = transformers_model("mixtral", shape, weights)
    optimizer = adamw(dict(model.named_parameters()), optimizer_settings["rate"], betas=(0.9, 0.99), decay=0.1)
    steps = []
    for _ in range(5):
        tokens, targets, _ = decided_batch(under_our_names(model, shape, lambda weight: weight.data), shape)
        terms = transformers_losses(model, shape, tokens, targets)
        loss = terms.total(balance=0.01, z=0.001)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), optimizer_settings["clip"])
        optimizer.step()
        optimizer.zero_grad()
        steps.append({"tokens": tokens.tolist(), "targets": targets.tolist(), "loss": loss.item(),
                      "cross_entropy": terms.cross_entropy.item(), "gradient_norm": norm.item()})
    final = under_our_names(model, shape, lambda weight: weight.data)
    write(FOLDER / "adamw.safetensors", final)
    write_json(FOLDER / "adamw.json", {
        "weights": "weights.safetensors",
        "architecture": architecture(shape, bias=False),
        "coefficients": {"balance": 0.01, "z": 0.001},
        "optimizer": optimizer_settings,
        "decayed": sorted(name for name, weight in final.items() if weight.dim() > 1),
        "steps": steps,
    })


def architecture(shape, bias):
    more = {"selection_bias": bias, "attention_scale": shape.head_size**-0.5, "rotary_pairing": "halves"}
    return asdict(shape) | more


def write(path, tensors):
    save_file({name: tensor.detach().float().contiguous() for name, tensor in tensors.items()}, path)
    path.chmod(0o644)


def write_json(path, content):
    """One line per key: short files whose differences can be read."""
    lines = [f"{json.dumps(key)}:{json.dumps(value, separators=(',', ':'))}" for key, value in content.items()]
    path.write_text("{" + ",\n".join(lines) + "}\n")


if __name__ == "__main__":
    main()
