#!/usr/bin/env python3
"""Time and memory that the profile of a large trace takes, in each of the formats.

Writes a trace of random routes (Zipf-like, with the token before as a pull) of about the size that is asked for,
profiles it with page and all, and prints seconds and peak memory. Bounds: 10 s and 300 MB for 100 MB.
"""
import argparse, itertools, json, os, random, resource, subprocess, sys, tempfile, time

LAYERS, EXPERTS, TOP_K = 24, 64, 4


def routes(rng):
    """One token's experts in every layer, for ever."""
    weights = [1 / (place + 4) for place in range(EXPERTS)]
    orders = [rng.sample(range(EXPERTS), EXPERTS) for _ in range(LAYERS)]
    totals = list(itertools.accumulate(weights))
    before = [[] for _ in range(LAYERS)]
    while True:
        token = []
        for layer in range(LAYERS):
            chosen = [e for e in before[layer] if rng.random() < 0.3]
            while len(chosen) < TOP_K:
                expert = orders[layer][rng.choices(range(EXPERTS), cum_weights=totals)[0]]
                if expert not in chosen:
                    chosen.append(expert)
            before[layer] = chosen
            token.append(chosen)
        yield token


def pool(count=4000):
    """Tokens that are drawn from over and over: making new ones takes longer than reading them."""
    tokens = routes(random.Random(1))
    return [next(tokens) for _ in range(count)]


def offstage(tokens):
    yield json.dumps({"format": "offstage-trace", "version": 2, "model": "large", "layers": LAYERS,
                      "experts": EXPERTS, "top_k": TOP_K, "expert_bytes": [1 << 20] * LAYERS}) + "\n"
    for position, token in enumerate(tokens):
        yield "".join(
            f'{{"phase":"decode","token":{position},"id":{position * 7919 % 32000},"layer":{layer},"experts":'
            f'[{",".join(map(str, experts))}],"weights":[0.41235,0.301,0.17642,0.11023]}}\n'
            for layer, experts in enumerate(token))


def megatron(tokens):
    for step in itertools.count():
        batch = list(itertools.islice(tokens, 256))
        for layer in range(LAYERS):
            yield json.dumps({"step": step, "stage": "pre_dispatch", "block": "decoder", "layer": layer, "rank": 0,
                              "num_tokens": len(batch), "topk": TOP_K,
                              "top_indices": [token[layer] for token in batch]}) + "\n"


def llama_cpp(tokens):
    for token in tokens:
        yield "".join(f"{layer},{expert}\n" for layer, experts in enumerate(token) for expert in experts)


def route_trace(tokens):
    yield "# route_trace v1\n# model=large arch=test "
    yield f"n_layer={LAYERS} n_expert={EXPERTS} n_expert_used={TOP_K}\n"
    yield "".join(f"# layer={layer} expert_bytes=1048576 dense_bytes=1048576\n" for layer in range(LAYERS))
    yield "turn,phase,step,layer,slot,expert,weight,residency,expert_bytes\n"
    for step, token in enumerate(tokens):
        yield "".join(
            f"0,1,{step},{layer},{slot},{expert},0.25113,1,0\n"
            for layer, experts in enumerate(token) for slot, expert in enumerate(experts))


def write(path, form, megabytes):
    tokens = pool()
    rng = random.Random(2)
    stream = form(iter(lambda: tokens[rng.randrange(len(tokens))], None))
    size = 0
    with open(path, "w") as file:
        # Whole tokens, and for Megatron whole steps.
        for piece in stream:
            size += file.write(piece)
            if size > megabytes * 1e6 and (form is not megatron or f'"layer": {LAYERS - 1},' in piece):
                return


def measure(command):
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(errors)
    return time.monotonic() - start, usage.ru_maxrss * 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--offstage", default=".build/release/offstage")
    parser.add_argument("--megabytes", type=float, default=100)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for form in (offstage, megatron, llama_cpp, route_trace):
            path = f"{folder}/{form.__name__}"
            write(path, form, options.megabytes)
            command = [options.offstage, "profile", "--trace", path, "--html", f"{folder}/page.html"]
            runs = sorted(measure(command + (["--top-k", str(TOP_K)] if form is llama_cpp else []))
                          for _ in range(options.runs))
            seconds, peak = runs[len(runs) // 2][0], max(run[1] for run in runs)
            failed |= seconds > 10 or peak > 300e6
            print(f"{form.__name__:12} {os.path.getsize(path) / 1e6:6.1f} MB  {seconds:5.2f} s "
                  f"({runs[0][0]:.2f} to {runs[-1][0]:.2f})  peak {peak / 1e6:.0f} MB", flush=True)
            os.remove(path)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
