"""One Hessian-free step on the deep autoencoders: where its time goes, matrix products first, and its memory.

    python benchmarks/hf_step.py [--quick]

Each step runs in a process of its own, so that its peak of memory is its own. Three forms: Martens' of
2010 (gradient, backtracking and line search on all data, curvature on 5,000; CG is cut at 30 iterations
to save time, which leaves more to the cheap parts), and those of experiments/autoencoders.py in
its third stage (batches of 5,000, Kronecker preconditioner; but five CG iterations, not two) and its last
(all data; curvature on all of the CURVES-like pictures, on 5,000 of MNIST's). The second step is timed:
the first touches all its memory for the first time. Writes benchmarks/results/hf_step.md.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
from machine import blas, held_to
from shares import PRODUCTS, shares

import hf_lib as hf
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
    """Seconds of the second step, the shares of its time by name, the process's peak in megabytes."""
    encoder, examples = ENCODERS[data]
    sizes = [*encoder, *encoder[-2::-1]]
    rng = np.random.default_rng(0)
    X = rng.random((N or examples, sizes[0]), dtype=np.float32)
    settings = dict(FORMS[form][data])
    if N:
        settings |= {name: N // 2 for name in ("gradient_batch", "curvature_batch") if name in settings}
    problem = hf.Problem(hf.MLP(sizes, activation="sigmoid"), hf.SigmoidCrossEntropy(), X, X)
    theta = problem.net.init(rng, scheme="sparse", dtype=np.float32)
    with shares(problem) as booked:
        loop = hf.HessianFree(problem, theta, rng=rng, **settings)
        first = next(loop)
        booked.clear()
        second = next(loop)
        seconds = second.seconds - first.seconds
        return seconds, booked.of(seconds), _peak()


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
        print(json.dumps(step(*args.one, N=40 if args.quick else None)))
        return
    lines = ["| network | form | threads | seconds | share in matrix products | peak in MB | the rest |",
             "|---|" + 6 * "---|"]
    for data, form, threads in product(ENCODERS, FORMS, sorted({1, os.cpu_count()})):
        command = [sys.executable, __file__, "--one", data, form, *(["--quick"] if args.quick else [])]
        out = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=held_to(threads)).stdout
        seconds, found, peak = json.loads(out)
        rest = ", ".join(f"{name} {share:.0%}" for name, share in found.items() if name != PRODUCTS and share >= 0.005)
        lines.append(f"| {data} | {form} | {threads} | {seconds:.2f} | {found[PRODUCTS]:.0%} | {peak:.0f} | {rest} |")
        print(lines[-1], file=sys.stderr, flush=True)
    note = (f"One step, float32; {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, "
            f"NumPy {np.__version__}, {blas()}. The rest is on one thread; "
            "\"other\" is copies, new memory, batches, and the loop's own vectors.")
    print(*lines, "", note, sep="\n")
    if not args.quick:
        text = "\n".join(["# One Hessian-free step on the deep autoencoders", "", note, "", *lines, ""])
        (Path(__file__).parent / "results" / "hf_step.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    utf8_streams()
    main()
