"""Does memory add up? A 6.6 GB synthetic Mixtral as one program with all experts in memory, as two ranks of one thread with half
of them each, and as one program with half of them.

    swift build -c release --traits default,MPI --scratch-path .build-mpi
    python3 Benchmarks/ranks/memory.py [--work DIR] [--offstage PATH] [--rounds 3] [-n 32]

Each rank, and each program, is in a memory control group of its own whose limit is its --ram (root, v1 or v2). The three take
turns; medians are printed, and whether all wrote the same text. Wanted: two ranks decode at 0.6 times the speed of one program
with all experts at least, and faster than one program with half of them by as much as that one waits for the disk.
Needs mpirun, 14 GB of disk, and nothing else that is busy.
"""

import argparse
import json
import os
import pathlib
import shlex
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Benchmarks"))
import limited_memory  # noqa: E402

PROMPT = "Once upon a time there was a little"
WANTED = 0.6
ROOM = 8 << 20  # what a control group counts beside the program


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / ".build/limited-memory")
    parser.add_argument("--offstage", type=pathlib.Path, default=ROOT / ".build-mpi/release/offstage")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("-n", "--tokens", type=int, default=32)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    limited_memory.OFFSTAGE = options.offstage
    store = limited_memory.prepare(options.work)
    sizes = json.loads(output([options.offstage, "inspect", store, "--context", "64", "--json"]))["memory"]
    half, whole = sizes["smallest_budget"] + sizes["experts"] // 2, sizes["smallest_budget"] + sizes["experts"]
    kinds = {"one program, all experts": (1, 2, whole), "two ranks, half each": (2, 1, half), "one program, half": (1, 2, half)}
    runs = {kind: [] for kind in kinds}
    for _ in range(options.rounds):
        for kind, (ranks, threads, budget) in kinds.items():
            limited_memory.drop_caches()
            runs[kind].append(run(options, store, ranks, threads, budget))
    print(f"{'':>26} {'budget':>8} {'decode tokens/s':>24} {'hits':>6} {'waiting':>8} {'exchange':>9}")
    for kind, (ranks, _, budget) in kinds.items():
        all_ranks = [rank for one in runs[kind] for rank in one.get("ranks") or [one]]
        speeds = sorted(one["decode_tokens_per_second"] for one in runs[kind])
        seconds = statistics.median(one["decode_seconds"] + one["prefill_seconds"] for one in runs[kind])
        hits = sum(rank["expert_hits"] for rank in all_ranks)
        print(f"{kind:>26} {budget / 1e9:>5.2f} GB {statistics.median(speeds):>8.2f} ({speeds[0]:.2f} to {speeds[-1]:.2f})"
              f" {hits / (hits + sum(rank['expert_misses'] for rank in all_ranks)):>7.0%}"
              f" {statistics.median(rank['wait_seconds'] for rank in all_ranks) / seconds:>8.0%}"
              f" {statistics.median(rank.get('exchange_seconds', 0) for rank in all_ranks) / seconds:>9.0%}")
    texts = {one["text"] for each in runs.values() for one in each}
    medians = {kind: statistics.median(one["decode_tokens_per_second"] for one in each) for kind, each in runs.items()}
    all_experts, two_ranks, half_experts = medians.values()
    print(f"two ranks: {two_ranks / all_experts:.2f} times one program with all experts (wanted {WANTED}), "
          f"{two_ranks / half_experts:.2f} times one with half of them; "
          + ("all wrote the same text" if len(texts) == 1 else f"{len(texts)} TEXTS"))
    sys.exit(0 if len(texts) == 1 and two_ranks >= WANTED * all_experts and two_ranks > half_experts else 1)


def run(options, store, ranks, threads, budget):
    """What a run says of itself, and its text."""
    statistics_file = options.work / "ranks.json"
    command = [options.offstage, "run", store, PROMPT, "-n", options.tokens, "--ignore-eos", "--ram", budget,
               "--threads", threads, "--stats", statistics_file]
    group = pathlib.Path("/sys/fs/cgroup/memory")
    version1 = group.is_dir()
    group = (group if version1 else pathlib.Path("/sys/fs/cgroup")) / "offstage-rank"
    groups = [pathlib.Path(f"{group}-{rank}") for rank in range(ranks)]
    for one in groups:
        one.mkdir(exist_ok=True)
        (one / ("memory.limit_in_bytes" if version1 else "memory.max")).write_text(str(budget + ROOM))
    enter = f"echo $$ > {group}-${{OMPI_COMM_WORLD_RANK:-0}}/cgroup.procs; exec " + shlex.join(map(str, command))
    start = ["mpirun", "--allow-run-as-root", "--oversubscribe", "--bind-to", "core", "-n", str(ranks)] if ranks > 1 else []
    try:
        text = output([*start, "sh", "-c", enter])
    finally:
        for one in groups:
            one.rmdir()
    return {**json.loads(statistics_file.read_text()), "text": text}


def output(command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, env=limited_memory.environment())
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}:\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
