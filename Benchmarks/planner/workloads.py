"""What the planner makes of seeded workloads and of a trace, where `plan` knows them."""

import json
import subprocess

GREATEST_LOSS = 0.02  # of the planner against the best strategy, or as much as halves of the rounds differ
MODEL = ["--layers", "4", "--hidden", "512", "--intermediate", "1024", "--heads", "8", "--kv-heads", "4", "--head-dim", "64",
         "--experts", "8", "--top-k", "2", "--vocab", "8000", "--format", "q4_0", "--seed", "1"]
WORDS = "Once upon a time there was a little house at the edge of a wood. " * 8


def report(offstage, shapes, tokens, scratch):
    """Prints it and says what is missed."""
    print("\n4. Workloads and traces")
    known = run(offstage, "plan", "--help").stdout
    missed = []
    if "--workload" in known:
        for shape in shapes:
            missed += raced(shape, run(offstage, "plan", "--shape", shape, "--workload", "all", "--tokens", tokens, "--json"))
    else:
        print("this build has no workloads")
    if "--replay" in known:
        missed += replayed(run(offstage, "plan", "--replay", recorded(offstage, scratch), "--json"))
    else:
        print("this build replays no traces")
    return missed


def raced(shape, done):
    """All strategies and the planner with the same loads, in turns."""
    if done.returncode != 0:
        print(f"{shape}: {done.stderr.strip()}")
        return [f"workloads of {shape} cannot be planned"]
    answer = json.loads(done.stdout)
    print(f"\n{shape}: milliseconds for {answer['steps']} steps of {answer['tokens']} tokens, medians of the rounds (fastest to "
          "slowest round of the planner)")
    missed = []
    for workload in answer["workloads"]:
        times = {runner["name"]: runner["seconds"] for runner in workload["runners"]}
        fixed = {name: seconds for name, seconds in times.items() if name != "auto"}
        best = min(fixed, key=fixed.get)
        loss = times["auto"] / fixed[best] - 1
        low, high = next(runner["range"] for runner in workload["runners"] if runner["name"] == "auto")
        spread = max(runner["spread"] for runner in workload["runners"] if runner["name"] in ("auto", best))
        print(f"{workload['kind']:>14}, imbalance {workload['rank_imbalance']:.2f} of ranks, {workload['imbalance']:.1f} of experts: "
              + "; ".join(f"{name} {1e3 * seconds:.2f}" for name, seconds in times.items())
              + f" ({1e3 * low:.2f} to {1e3 * high:.2f}); planned over {best} {loss:+.1%}, spread {spread:.1%}", flush=True)
        if loss > max(GREATEST_LOSS, spread):
            missed.append(f"the planner takes {loss:.0%} longer than {best} for {workload['kind']} of {shape}")
    return missed


def replayed(done):
    """What a recorded run would have taken, as predicted."""
    if done.returncode != 0:
        print(f"a recorded run: {done.stderr.strip()}")
        return ["a recorded run cannot be replayed"]
    answer = json.loads(done.stdout)
    fixed = {one["name"]: one["seconds"] for one in answer["strategies"] if one.get("seconds")}
    best, planned = answer["best_seconds"], answer["planned_seconds"]
    print(f"\na recorded run, {answer['calls']} calls, {answer['loads']} of which differ, experts {answer['shape']}; predicted seconds: "
          + "; ".join(f"{name} {seconds:.3f}" for name, seconds in fixed.items())
          + f"; the best for each call {best:.3f}; a planner that has to find out {planned:.3f} ({planned / best - 1:+.1%}), "
          f"{answer['switches']} switches")
    regret = answer.get("regret_after_warm_up")
    if regret is None:
        print("too few calls to say what remains after the warm-up")
        return []
    print(f"after the warm-up {regret:+.1%}")
    return [f"the planner takes {regret:.1%} longer than the best for a recorded run, after the warm-up"] if regret > GREATEST_LOSS else []


def recorded(offstage, scratch):
    """The trace of a model of our own making."""
    gguf, store, trace = scratch / "model.gguf", scratch / "model", scratch / "trace.jsonl"
    for command in (["synth", gguf, *MODEL], ["pack", gguf, "--out", store],
                    ["run", store, WORDS, "-n", 64, "--ignore-eos", "--temp", "0", "--trace", trace]):
        done = run(offstage, *command)
        if done.returncode != 0:
            raise SystemExit(f"offstage {' '.join(map(str, command))}\nexit code {done.returncode}\n{done.stderr}")
    return trace


def run(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True)
