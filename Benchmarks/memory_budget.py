"""Runs an 855 MB model with several budgets and shows how much of each is used, and that none is exceeded.

The peak is measured twice: as the kernel counts the process (VmHWM, what `run` prints), and as it counts a memory control
group of its own without a limit (page cache and the kernel's own memory too). "cold": the page cache was dropped before, so
the program's files are charged to the group; "warm": somebody else paid for them.

Wanted: the greater peak is within 5 % of the budget or within one expert of it, or all experts are in memory; never above.

Needs root for the control group (v1 or v2) and 1.7 GB of disk.

    python3 Benchmarks/memory_budget.py [--work DIR] [--budgets min 130M 300M 450M 700M auto] [--tokens 48]
"""

import argparse
import json
import pathlib
import subprocess

from limited_memory import OFFSTAGE, ROOT, ControlGroup, drop_caches

SHAPE = ["--layers", "16", "--hidden", "1024", "--intermediate", "3584", "--heads", "16", "--kv-heads", "4",
         "--head-dim", "64", "--experts", "8", "--top-k", "2", "--vocab", "32000", "--format", "q4_0", "--routing", "uniform"]
MIB = 1 << 20


def prepare(work):
    store, gguf = work / "m1", work / "m1.gguf"
    if not store.exists():
        subprocess.run([OFFSTAGE, "synth", gguf, *SHAPE], check=True)
        subprocess.run([OFFSTAGE, "pack", gguf, "--out", store], check=True)
        gguf.unlink()
    return store


def measure(store, budget, tokens, cold, work):
    stats = work / "stats.json"
    if cold:
        drop_caches()
    with ControlGroup("offstage-budget") as group:
        group.run([OFFSTAGE, "run", store, "Once upon a time there was a little", "--ram", budget, "-n", str(tokens),
                   "--ignore-eos", "--stats", stats])
        return {**json.loads(stats.read_text()), "cgroup_peak_bytes": group.peak()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / ".build/memory-budget")
    parser.add_argument("--budgets", nargs="+", default=["min", "130M", "300M", "450M", "700M", "auto"])
    parser.add_argument("--tokens", type=int, default=48)
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    store = prepare(arguments.work)
    expert = json.loads(subprocess.run([OFFSTAGE, "inspect", store, "--json"], check=True, capture_output=True, text=True).stdout)[
        "bytes_per_expert"]
    print(f"{'--ram':>6} {'cache':>5} {'budget':>8} {'process':>8} {'group':>8} {'used':>6} {'unused':>7} {'experts':>9}")
    failed = False
    for budget in arguments.budgets:
        for cold in (True, False):
            run = measure(store, budget, arguments.tokens, cold, arguments.work)
            allowed, process, group = run["ram_budget_bytes"], run["peak_memory_bytes"], run["cgroup_peak_bytes"]
            peak = max(process, group)
            is_used = peak >= 0.95 * allowed or allowed - peak <= expert or run["expert_slots"] == run["expert_count"]
            verdict = "" if is_used and peak <= allowed else "  <- above" if peak > allowed else "  <- unused"
            failed |= bool(verdict)
            print(f"{budget:>6} {'cold' if cold else 'warm':>5} {allowed / MIB:>8.1f} {process / MIB:>8.1f} {group / MIB:>8.1f}"
                  f" {peak / allowed:>6.1%} {(allowed - peak) / MIB:>7.1f} {run['expert_slots']:>3} of {run['expert_count']}{verdict}",
                  flush=True)
    raise SystemExit(failed)


if __name__ == "__main__":
    main()
