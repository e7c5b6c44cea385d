"""Time of gradient, J, Jᵀ, G and H, beside the matmul floor and beside other libraries, on one thread and on all.

    python benchmarks/products.py [--quick] [--rounds 30]

Everything is timed in turn inside one round, round after round, and ratios are taken round by
round: so a machine that grows slower does not favour anyone. The last column says where our time goes: its share in
matrix products (they may be slower there than on the floor, where their arrays lie in the cache), and what the
rest is. Each number of threads has a process of its own, held to as many processors where the system can do so.
Prints a table and writes it to benchmarks/results/products.md. The peers' results are checked against ours first.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from floor import NEEDS, floor, products
from machine import blas, held_to, hold
from peers import PEERS, peers, versions
from shares import shares

import hf_lib as hf
from hf_lib.notebook.streams import utf8_streams

CURVES = [784, 400, 200, 100, 50, 25, 6, 25, 50, 100, 200, 400, 784]
NETS = {
    "784-800-10": ([784, 800, 10], "relu", hf.SoftmaxCrossEntropy),
    "CURVES autoencoder": (CURVES, "sigmoid", hf.SigmoidCrossEntropy),
}


def setting(name, dtype, N, rng):
    """A problem with random data, θ and v."""
    sizes, activation, loss = NETS[name]
    net = hf.MLP(sizes, activation)
    X = rng.random((N, sizes[0]), dtype=dtype)
    Y = X if sizes[-1] == sizes[0] else hf.datasets.one_hot(rng.integers(0, sizes[-1], N), sizes[-1], dtype)
    problem = hf.Problem(net, loss(), X, Y)
    return problem, net.init(rng, dtype=dtype), rng.standard_normal(net.size, dtype=dtype)


def ours(problem, theta, v, rng):
    """Product → function."""
    lin = problem.linearize(theta)
    u = rng.standard_normal(lin.z.shape, dtype=theta.dtype)
    return {"gradient": lambda: problem.linearize(theta).gradient(), "J": lambda: lin.jvp(v), "Jᵀ": lambda: lin.vjp(u),
            "G": lambda: lin.ggn(v), "H": lambda: lin.hessian(v)}


def contenders(problem, theta, v, rng):
    """(who, product) → function; ours, the floor's, the peers'."""
    runs = {("hf_lib", product): run for product, run in ours(problem, theta, v, rng).items()}
    layers = products(problem.net.sizes, problem.N, theta.dtype, rng)
    runs |= {("floor", product): floor(layers, product) for product in NEEDS}
    for who, made in peers(problem, theta, v).items():
        for product, run in made.items():
            _agree(f"{who} {product}", run(), runs["hf_lib", product]())
            runs[who, product] = run
    return runs


def measure(runs, rounds, clock=time.perf_counter):
    """(who, product) → array (rounds,) of milliseconds by that clock."""
    times = {key: [] for key in runs}
    for _ in range(rounds + 2):                      # the first two warm up
        for key, run in runs.items():
            start = clock()
            run()
            times[key].append(1e3 * (clock() - start))
    return {key: np.array(values[2:]) for key, values in times.items()}


def profile(problem, theta, v, rng, rounds):
    """Product → the shares of our time, in words; measured apart, for the clocks cost time too."""
    with shares(problem) as booked:
        runs = ours(problem, theta, v, rng)
        found = {}
        for product, run in runs.items():
            run()
            booked.clear()
            start = time.perf_counter()
            for _ in range(rounds):
                run()
            parts = booked.of(time.perf_counter() - start)
            found[product] = ", ".join(f"{part} {share:.0%}" for part, share in parts.items() if share >= 0.005)
    return found


def rows(name, dtype, times, found):
    """Table rows: milliseconds, and the median over rounds of the ratio to the floor and to each peer."""
    for product in NEEDS:
        ours, least = times["hf_lib", product], times["floor", product]
        cells = [name, dtype.name, product, f"{np.median(ours):.2f}", f"{np.median(least):.2f}",
                 f"{np.median(ours / least):.2f}"]
        for who in PEERS:
            peer = times.get((who, product))
            cells.append("–" if peer is None else f"{np.median(peer):.2f} ({np.median(ours / peer):.2f})")
        yield [*cells, found[product]]


def table(N, rounds, threads):
    """All rows, measured in this process."""
    hold(threads)
    rng, found = np.random.default_rng(0), []
    for dtype in (np.dtype(np.float32), np.dtype(np.float64)):
        for name in NETS:
            problem, theta, v = setting(name, dtype, N, rng)
            times = measure(contenders(problem, theta, v, rng), rounds)
            found += [[str(threads), *row] for row in rows(name, dtype, times, profile(problem, theta, v, rng, rounds))]
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, help="measure in this process, and print the rows as JSON")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--quick", action="store_true", help="batch 100, three rounds: only to see that it runs")
    args = parser.parse_args()
    N, rounds = (100, 3) if args.quick else (1000, args.rounds)
    if args.threads:
        print(json.dumps(table(N, rounds, args.threads)))
        return
    found = []
    for threads in sorted({1, os.cpu_count()}):
        command = [sys.executable, __file__, "--threads", str(threads), "--rounds", str(rounds)]
        out = subprocess.run([*command, *(["--quick"] if args.quick else [])], stdout=subprocess.PIPE, text=True,
                             check=True, env=held_to(threads)).stdout
        found += json.loads(out.splitlines()[-1])
    head = ["threads", "network", "dtype", "product", "hf_lib ms", "floor ms", "ratio to floor",
            *(f"{who} ms (ours / theirs)" for who in PEERS), "where our time goes"]
    empty = [k for k, title in enumerate(head) if all(row[k] == "–" for row in found)]      # peers not installed
    text = "\n".join("| " + " | ".join(cell for k, cell in enumerate(row) if k not in empty) + " |"
                     for row in [head, ["---"] * len(head), *found])
    note = (f"Batch {N}, median of {rounds} rounds; {os.cpu_count()} cores, {platform.machine()}, Python "
            f"{platform.python_version()}, NumPy {np.__version__}, {blas()}, {versions()}. The forward pass at θ "
            "(for H the gradient too) is kept by all but \"jax, fused\", which does everything in one jitted function.")
    print(f"\n{text}\n\n{note}")
    if not args.quick:
        out = Path(__file__).parent / "results" / "products.md"
        out.parent.mkdir(exist_ok=True)
        out.write_text(f"# Products beside the matmul floor\n\n{note}\n\n{text}\n", encoding="utf-8")


def _agree(what, theirs, ours):
    scale = np.abs(ours).max()
    difference = np.abs(np.asarray(theirs) - ours).max() / scale
    limit = 1e-3 if ours.dtype == np.float32 else 1e-9
    if not difference < limit:
        raise SystemExit(f"{what} differs from hf_lib by {difference:.1e} of its largest entry")


if __name__ == "__main__":
    utf8_streams()
    main()
