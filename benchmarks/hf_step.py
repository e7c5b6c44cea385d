"""One Hessian-free step on the deep autoencoders: the share of its time in matrix products, and its memory.

    python benchmarks/hf_step.py [--quick]

Each step runs in a process of its own, so that its peak of memory is its own. Three forms: Martens' of
2010 (gradient, backtracking and line search on all data, curvature on 5,000; CG is cut at 30 iterations
to save time, which leaves more to the cheap parts), and those of experiments/autoencoders.py in
its third stage (batches of 5,000, Kronecker preconditioner; but five CG iterations, not two) and its last
(all data; curvature on all of the CURVES-like pictures, on 5,000 of MNIST's). The second step is timed:
the first touches all its memory for the first time. Writes benchmarks/results/hf_step.md.
"""

import argparse
import os
import platform
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np

import hf_lib as hf
from hf_lib.notebook.product_clock import product_clock
from hf_lib.notebook.streams import utf8_streams

ENCODERS = {"CURVES-like": ([784, 400, 200, 100, 50, 25, 6], 20_000), "MNIST": ([784, 1000, 500, 250, 30], 60_000)}
KRONECKER = dict(preconditioner="kronecker", stop=None, backtracking=False)
FORMS = {
    "2010, all data": dict.fromkeys(ENCODERS, dict(curvature_batch=5000, max_cg=30)),
    "Kronecker, batches": dict.fromkeys(ENCODERS, dict(KRONECKER, gradient_batch=5000, curvature_batch=1250, max_cg=5)),
    "Kronecker, last stage": {"CURVES-like": dict(KRONECKER, max_cg=20),
                              "MNIST": dict(KRONECKER, curvature_batch=5000, max_cg=3)},
}


def step(data, form, N=None):
    """Seconds of the second step, its share in matrix products, the process's peak in megabytes."""
    encoder, examples = ENCODERS[data]
    sizes = [*encoder, *encoder[-2::-1]]
    rng = np.random.default_rng(0)
    X = rng.random((N or examples, sizes[0]), dtype=np.float32)
    settings = dict(FORMS[form][data])
    if N:
        settings |= {name: N // 2 for name in ("gradient_batch", "curvature_batch") if name in settings}
    problem = hf.Problem(hf.MLP(sizes, activation="sigmoid"), hf.SigmoidCrossEntropy(), X, X)
    theta = problem.net.init(rng, scheme="sparse", dtype=np.float32)
    with product_clock() as clock:
        loop = hf.HessianFree(problem, theta, rng=rng, **settings)
        first = next(loop)
        clock.seconds = 0.0
        second = next(loop)
    seconds = second.seconds - first.seconds
    return seconds, clock.seconds / seconds, _peak()


def _peak():
    """The process's largest memory so far in megabytes; NaN on Windows."""
    try:
        import resource
    except ImportError:
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="40 examples: only to see that it runs")
    parser.add_argument("--one", nargs=2, metavar=("DATA", "FORM"), help="one step, in this process")
    args = parser.parse_args()
    if args.one:
        print(*step(*args.one, N=40 if args.quick else None))
        return
    lines = ["| network | form | threads | seconds | share in matrix products | peak in MB |", "|---|" + 5 * "---|"]
    for data, form, threads in product(ENCODERS, FORMS, sorted({1, os.cpu_count()})):
        command = [sys.executable, __file__, "--one", data, form, *(["--quick"] if args.quick else [])]
        limit = {name: str(threads) for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}
        out = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, **limit}).stdout
        seconds, share, peak = map(float, out.split())
        lines.append(f"| {data} | {form} | {threads} | {seconds:.2f} | {share:.0%} | {peak:.0f} |")
    note = (f"One step, float32; {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, "
            f"NumPy {np.__version__}. The rest is element-wise work, on one thread, and the factors' inverses.")
    print(*lines, "", note, sep="\n")
    if not args.quick:
        text = "\n".join(["# One Hessian-free step on the deep autoencoders", "", note, "", *lines, ""])
        (Path(__file__).parent / "results" / "hf_step.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    utf8_streams()
    main()
