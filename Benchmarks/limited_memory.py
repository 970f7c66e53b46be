"""Packs a 6.6 GB synthetic Mixtral and runs it with half and a quarter of its experts in memory.

Prints, for each budget: the peak memory that the kernel counted (all of it, page cache too: the program runs in a memory
control group without a limit) against the budget, and the speed of its reads against fio's on the same file, with the
same request size and depth, direct, right before and after. Needs root for the control group (v1 or v2), fio, about
14 GB of disk, and nothing else that is busy.

    python3 Benchmarks/limited_memory.py [--work DIR] [--shares 50 25] [--repeats 3]
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
OFFSTAGE = ROOT / ".build/release/offstage"
SHAPE = ["--layers", "32", "--hidden", "2048", "--heads", "16", "--kv-heads", "4", "--head-dim", "128",
         "--experts", "8", "--intermediate", "7168", "--top-k", "2", "--format", "q4_0", "--seed", "1"]
ALLOWED = 1.05   # peak memory / budget
WANTED = 0.80    # our reads / fio's


class ControlGroup:
    """A memory control group without a limit: it only counts."""

    def __init__(self, name):
        v1 = pathlib.Path("/sys/fs/cgroup/memory")
        self.v1 = v1.is_dir()
        self.path = (v1 if self.v1 else pathlib.Path("/sys/fs/cgroup")) / name

    def __enter__(self):
        self.path.mkdir(exist_ok=True)
        return self

    def __exit__(self, *_):
        self.path.rmdir()

    def run(self, command, stderr=None):
        """Runs a command in the group, and returns the most bytes that its process ever held."""
        def enter():
            (self.path / "cgroup.procs").write_text(str(os.getpid()))
        process = subprocess.Popen(command, preexec_fn=enter, stdout=subprocess.DEVNULL, stderr=stderr, env=environment())
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        return usage.ru_maxrss << 10

    def peak(self):
        return int((self.path / ("memory.max_usage_in_bytes" if self.v1 else "memory.peak")).read_text())


def environment():
    """OPENBLAS_CORETYPE below the processor would slow any BLAS down."""
    return {k: v for k, v in os.environ.items() if k != "OPENBLAS_CORETYPE"}


def drop_caches():
    subprocess.run(["sync"], check=True)
    pathlib.Path("/proc/sys/vm/drop_caches").write_text("3")


def fio(path, request_bytes, depth, seconds=8):
    """Bytes per second of direct random reads of `request_bytes` by `depth` threads."""
    output = subprocess.run(
        ["fio", "--name=read", f"--filename={path}", "--readonly", "--rw=randread", "--direct=1", f"--bs={request_bytes}",
         f"--numjobs={depth}", "--thread", "--group_reporting", "--time_based", f"--runtime={seconds}", "--norandommap",
         "--ioengine=psync", "--output-format=json"],
        check=True, capture_output=True, text=True).stdout
    return json.loads(output[output.index("{"):])["jobs"][0]["read"]["bw_bytes"]


def prepare(work):
    gguf, store = work / "synthetic.gguf", work / "experts/synthetic"
    if not gguf.exists() and not store.exists():
        subprocess.run([OFFSTAGE, "synth", gguf, *SHAPE], check=True)
    if not store.exists():
        with ControlGroup("offstage-pack") as group:
            subprocess.run(["/usr/bin/time", "-v", OFFSTAGE, "pack", gguf, "--name", "synthetic", "--experts-dir", work / "experts"],
                           check=True)
            del group
        gguf.unlink()
    return store


def measure(store, share, work):
    stats = work / "stats.json"
    drop_caches()
    with ControlGroup("offstage-run") as group:
        group.run([OFFSTAGE, "run", store, "Once upon a time there was a little", "--ram", f"{share}%", "-n", "48",
                   "--ignore-eos", "--stats", stats])
        peak = group.peak()
    return {**json.loads(stats.read_text()), "cgroup_peak_bytes": peak}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / ".build/limited-memory")
    parser.add_argument("--shares", type=int, nargs="+", default=[50, 25])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--request", type=int, default=1 << 20, help="bytes of one read of the program")
    parser.add_argument("--depth", type=int, default=8, help="reads under way at once")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    store = prepare(arguments.work)
    failed = False
    print(f"{'share':>6} {'budget':>9} {'peak':>9} {'peak/budget':>11} {'tok/s':>6} {'hits':>5} {'reads MB/s':>10} {'fio MB/s':>9} {'reads/fio':>9}")
    for share in arguments.shares:
        ratios = []
        for _ in range(arguments.repeats):
            before = fio(store / "data.mdb", arguments.request, arguments.depth)
            run = measure(store, share, arguments.work)
            limit = statistics.mean([before, fio(store / "data.mdb", arguments.request, arguments.depth)])
            memory = run["cgroup_peak_bytes"] / run["ram_budget_bytes"]
            ratios.append(run["disk_bytes_per_second"] / limit)
            failed |= memory > ALLOWED
            print(f"{share:>5}% {run['ram_budget_bytes'] / 1e6:>9.0f} {run['cgroup_peak_bytes'] / 1e6:>9.0f} {memory:>11.3f}"
                  f" {run['decode_tokens_per_second']:>6.2f} {run['hit_rate']:>5.2f} {run['disk_bytes_per_second'] / 1e6:>10.0f}"
                  f" {limit / 1e6:>9.0f} {ratios[-1]:>9.2f}", flush=True)
        median = statistics.median(ratios)
        failed |= median < WANTED
        print(f"{share:>5}% median reads/fio {median:.2f} (wanted: at least {WANTED})")
    raise SystemExit(failed)


if __name__ == "__main__":
    main()
