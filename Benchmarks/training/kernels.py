"""Products and attention as training needs them, ours beside PyTorch's, one thread each.

Our kernels are compiled from Sources/CKernels with clang. Prints GFLOP/s (the best of several rounds) and the ratio.

    env -u OPENBLAS_CORETYPE python Benchmarks/training/kernels.py
"""

import ctypes
import pathlib
import subprocess
import tempfile
import time

import torch

KERNELS = pathlib.Path(__file__).resolve().parents[2] / "Sources" / "CKernels"

SHIM = r"""
#include "Kernels.h"

static const ck_kernels *best(void) { return ck_kernels_of(ck_best_level()); }

void product(const float *a, long a_row, long a_column, const float *b, long b_row, long b_column, long m, long n,
             long k, float *out) {
    best()->multiply_dense((ck_strided){a, a_row, a_column}, (ck_strided){b, b_row, b_column}, m, n, k, out, n, false);
}

void attention(long sequences, long length, long heads, long shared, long size, const float *q, const float *k,
               const float *v, float *out, float *sums, const float *slope, float *dq, float *dk, float *dv) {
    const long group = heads / shared;
    const ck_attention shape = {length, size, group, length, heads * size, shared * size, heads,
                                1 / __builtin_sqrtf(size)};
    for (long i = 0; i < sequences * shared; i++) {
        const long token = i / shared * length, head = i % shared;
        const long ours = (token * heads + head * group) * size, theirs = (token * shared + head) * size;
        float *s = sums + token * heads + head * group;
        best()->attend_causally(&shape, q + ours, k + theirs, v + theirs, out + ours, s);
        if (slope) {
            best()->attend_causally_backward(&shape, slope + ours, q + ours, k + theirs, v + theirs, out + ours, s,
                                             dq + ours, dk + theirs, dv + theirs);
        }
    }
}
"""


def compiled(folder):
    shim = pathlib.Path(folder) / "shim.c"
    shim.write_text(SHIM)
    library = pathlib.Path(folder) / "kernels.so"
    sources = [str(path) for path in KERNELS.glob("*.c")] + [str(shim)]
    subprocess.run(
        ["clang", "-O2", "-shared", "-fPIC", f"-I{KERNELS / 'include'}", *sources, "-lm", "-o", str(library)],
        check=True)
    return ctypes.CDLL(str(library))


def best(work, flops):
    """GFLOP/s of the fastest of many runs, of the thread's own time."""
    work()
    fastest = float("inf")
    end = time.perf_counter() + 0.7
    while time.perf_counter() < end:
        start = time.thread_time()
        work()
        fastest = min(fastest, time.thread_time() - start)
    return flops / fastest / 1e9


def pointer(tensor):
    return ctypes.c_void_p(tensor.data_ptr() if tensor is not None else None)


def report(name, ours, theirs):
    print(f"{name:<44} ours {ours:4.0f}   PyTorch {theirs:4.0f}   {ours / theirs:.2f}x", flush=True)


def compare_product(library, name, a, b):
    (m, k), n = a.shape, b.shape[1]
    out, expected = torch.empty(m, n), torch.empty(m, n)
    long = ctypes.c_long

    def ours():
        library.product(
            pointer(a), *map(long, a.stride()), pointer(b), *map(long, b.stride()), long(m), long(n), long(k),
            pointer(out))

    theirs = lambda: torch.mm(a, b, out=expected)
    report(f"{name} {m} x {n} x {k}", best(ours, 2 * m * n * k), best(theirs, 2 * m * n * k))
    assert torch.allclose(out, expected, rtol=1e-3, atol=1e-3)


def compare_attention(library, sequences, length, heads, shared, size):
    tokens = sequences * length
    q, slope = torch.randn(tokens, heads * size), torch.randn(tokens, heads * size)
    k, v = torch.randn(tokens, shared * size), torch.randn(tokens, shared * size)
    out, sums, dq, dk, dv = q * 0, torch.zeros(tokens, heads), q * 0, k * 0, v * 0
    split = lambda x, count: x.view(sequences, length, count, size).transpose(1, 2)
    causal = lambda *qkv: torch.nn.functional.scaled_dot_product_attention(*qkv, is_causal=True, enable_gqa=True)
    leaves = [x.clone().requires_grad_() for x in (q, k, v)]
    view = [split(leaves[0], heads), split(leaves[1], shared), split(leaves[2], shared)]

    def ours(backward):
        library.attention(
            *map(ctypes.c_long, (sequences, length, heads, shared, size)), pointer(q), pointer(k), pointer(v),
            pointer(out), pointer(sums), pointer(slope if backward else None), pointer(dq), pointer(dk), pointer(dv))

    def forward():
        with torch.no_grad():
            return causal(*view)

    def both():
        for leaf in leaves:
            leaf.grad = None
        causal(*view).backward(split(slope, heads), retain_graph=True)

    flops = 2 * sequences * length * length * heads * size  # the lower triangle
    name = f"{sequences} x {length} tokens, {heads}/{shared} heads of {size}"
    report(f"attention, {name}", best(lambda: ours(False), flops), best(forward, flops))
    report("  with its gradients", best(lambda: ours(True), 3.5 * flops), best(both, 3.5 * flops))
    for mine, leaf in zip((dq, dk, dv), leaves):
        assert torch.allclose(mine, leaf.grad, rtol=1e-3, atol=1e-3)


def main():
    torch.set_num_threads(1)
    torch.manual_seed(1)
    with tempfile.TemporaryDirectory() as folder:
        library = compiled(folder)
        for hidden, width, tokens in [(128, 256, 512), (256, 512, 512), (256, 2048, 2048)]:
            x, y = torch.randn(tokens, hidden), torch.randn(tokens, width)
            weights = torch.randn(width, hidden)
            compare_product(library, "forward", x, weights.T)
            compare_product(library, "input gradient", y, weights)
            compare_product(library, "weight gradient", y.T, x)
        compare_attention(library, 8, 256, 4, 2, 32)
        compare_attention(library, 8, 256, 8, 4, 32)


if __name__ == "__main__":
    main()
