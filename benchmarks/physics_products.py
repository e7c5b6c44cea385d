"""Time of gradient, J, Jᵀ and G of a physics-informed network, beside the matmul floor, autograd and jitted JAX.

    python benchmarks/physics_products.py [--quick] [--rounds 30]

2-D Poisson, tanh, 900 points inside and 120 on the border, float64. As in products.py everything is timed in turn
inside one round and ratios are taken round by round; before that the peers' results are checked against ours.
Prints a table and writes it to benchmarks/results/physics_products.md.
"""

import argparse
import importlib.util
import os
import platform
from pathlib import Path

import numpy as np
from floor import NEEDS, floor, products
from products import _agree, measure

import hf_lib as hf
from hf_lib.notebook.streams import utf8_streams

NETS = {"2-64-1": [2, 64, 1], "2-64-64-48-48-1": [2, 64, 64, 48, 48, 1]}
PRODUCTS = [name for name in NEEDS if name != "H"]


def setting(name, interior, border, rng):
    """A problem, θ and v."""
    equation, net = hf.equations.PoissonSine(2), hf.MLP(NETS[name])
    problem = hf.PhysicsProblem(net, equation, equation.interior_points(interior, rng),
                                equation.border_points(border, rng))
    return problem, net.init(rng), rng.standard_normal(net.size)


def matmul_floor(problem, rng):
    """The matrix products of one layer after the other, with as many rows as the layer has channels and points."""
    channels, sizes = problem.channels, problem.net.sizes
    carried = [channels.N + (1 + len(channels.coordinates)) * channels.interior] * (len(sizes) - 3)
    last = channels.N + (1 + channels.out) * channels.interior
    layers = products(sizes[:2], channels.N, problem.X.dtype, rng)             # there the slopes are rows of W
    for n, m, rows in zip(sizes[1:], sizes[2:], [*carried, last]):
        layers.append(products([1, n, m], rows, problem.X.dtype, rng)[1])
    return layers


def autograd_peer(problem, theta, v, u):
    """The residual with one `elementwise_grad` in another, and autograd's own products of it."""
    import autograd.numpy as anp
    from autograd import elementwise_grad, grad
    r = _residual(problem, hf.autodiff.network(problem.net), anp, lambda f: _nested(f, elementwise_grad))
    half = lambda z: 0.5 * anp.sum(z * z)
    gradient, ggn = grad(lambda t: half(r(t))), hf.autodiff.ggn_product(r, half, theta)
    jvp, vjp = hf.autodiff.jvp(r, theta), hf.autodiff.vjp(r, theta)
    return {"gradient": lambda: gradient(theta), "J": lambda: jvp(v), "Jᵀ": lambda: vjp(u), "G": lambda: ggn(v)}


def jax_peer(problem, theta, v, u):
    """The same in JAX, each product jitted as one function with its forward pass; ∂²u/∂x_k² by a jvp of a jvp."""
    import jax
    import jax.numpy as jnp
    jax.config.update("jax_enable_x64", True)

    def second(f):
        def along(k):
            def first(x):
                return jax.jvp(f, (x,), (jnp.zeros_like(x).at[:, k].set(1.0),))[1]
            return lambda x: jax.jvp(first, (x,), (jnp.zeros_like(x).at[:, k].set(1.0),))[1]
        return along
    r = _residual(problem, _jax_network(problem.net, jnp), jnp, second)
    t, w, c = (jnp.asarray(a) for a in (theta, v, u))
    gradient = jax.jit(jax.grad(lambda t: 0.5 * jnp.sum(r(t) ** 2)))
    jvp = jax.jit(lambda t, w: jax.jvp(r, (t,), (w,))[1])
    vjp = jax.jit(lambda t, c: jax.vjp(r, t)[1](c)[0])

    def product(t, w):
        z, pull = jax.vjp(r, t)
        return pull(jax.jvp(r, (t,), (w,))[1])[0]
    ggn = jax.jit(product)
    return {"gradient": lambda: gradient(t).block_until_ready(), "J": lambda: jvp(t, w).block_until_ready(),
            "Jᵀ": lambda: vjp(t, c).block_until_ready(), "G": lambda: ggn(t, w).block_until_ready()}


def _residual(problem, forward, np_, second):
    """θ → r for 2-D Poisson; `second(f)(k)(x)` is ∂²f/∂x_k² at the rows of x."""
    inside = problem.channels.interior
    x, edge = problem.X[:inside], problem.X[inside:]
    f, g = problem.targets[:inside], problem.targets[inside:]

    def r(theta):
        along = second(lambda points: forward(theta, points)[:, 0])
        r_inside = (-along(0)(x) - along(1)(x) - f) * problem.interior_scale
        r_edge = (forward(theta, edge)[:, 0] - g) * problem.border_scale
        return np_.concatenate([r_inside, r_edge])
    return r


def _nested(f, elementwise_grad):
    def along(k):
        first = elementwise_grad(f)
        return lambda x: elementwise_grad(lambda y: first(y)[:, k])(x)[:, k]
    return along


def _jax_network(net, jnp):
    def forward(theta, a):
        start = 0
        for l, (n, m) in enumerate(zip(net.sizes[:-1], net.sizes[1:])):
            z = a @ theta[start:start + n * m].reshape(n, m) + theta[start + n * m:start + (n + 1) * m]
            a = jnp.tanh(z) if l < len(net.sizes) - 2 else z
            start += (n + 1) * m
        return a
    return forward


def contenders(problem, theta, v, rng):
    """(who, product) → function; ours, the floor's, the peers'."""
    lin, u = problem.linearize(theta), rng.standard_normal(problem.N)
    ours = {"gradient": lambda: problem.linearize(theta).gradient(), "J": lambda: lin.jvp(v),
            "Jᵀ": lambda: lin.vjp(u), "G": lambda: lin.ggn(v)}
    runs, layers = {("hf_lib", name): run for name, run in ours.items()}, matmul_floor(problem, rng)
    runs |= {("floor", name): floor(layers, name) for name in PRODUCTS}
    for who, make in {"autograd": autograd_peer, "jax": jax_peer}.items():
        if importlib.util.find_spec(who):
            for name, run in make(problem, theta, v, u).items():
                _agree(f"{who} {name}", run(), ours[name]())
                runs[who, name] = run
    return runs


def rows(name, times):
    """Table rows: milliseconds, and the median over rounds of the ratio to the floor and to each peer."""
    for product in PRODUCTS:
        ours, least = times["hf_lib", product], times["floor", product]
        cells = [name, product, f"{np.median(ours):.2f}", f"{np.median(least):.2f}", f"{np.median(ours / least):.2f}"]
        for who in ("autograd", "jax"):
            peer = times.get((who, product))
            cells.append("–" if peer is None else f"{np.median(peer):.2f} ({np.median(ours / peer):.2f})")
        yield cells


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--quick", action="store_true", help="100 points, three rounds: only to see that it runs")
    args = parser.parse_args()
    interior, border, rounds = (80, 20, 3) if args.quick else (900, 120, args.rounds)
    rng, table = np.random.default_rng(0), []
    for name in NETS:
        problem, theta, v = setting(name, interior, border, rng)
        table += rows(name, measure(contenders(problem, theta, v, rng), rounds))
        print(*(" · ".join(row) for row in table[-len(PRODUCTS):]), sep="\n")
    head = ["network", "product", "hf_lib ms", "floor ms", "ratio to floor", "autograd ms (ours / theirs)",
            "JAX ms (ours / theirs)"]
    text = "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *table])
    note = (f"2-D Poisson, tanh, {interior} + {border} points, float64, median of {rounds} rounds; {os.cpu_count()} "
            f"cores, {platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}, "
            f"OPENBLAS_NUM_THREADS={os.environ.get('OPENBLAS_NUM_THREADS', 'unset')}, "
            f"XLA_FLAGS={os.environ.get('XLA_FLAGS', 'unset')}. autograd and JAX take second derivatives "
            "by differentiating twice. autograd keeps the forward pass for J, Jᵀ and G as hf_lib does, JAX repeats it "
            "inside the jitted function. The machine may have been busy: read the ratios.")
    print(f"\n{text}\n\n{note}")
    if not args.quick:
        out = Path(__file__).parent / "results" / "physics_products.md"
        out.parent.mkdir(exist_ok=True)
        out.write_text(f"# Products of a physics-informed network\n\n{note}\n\n{text}\n", encoding="utf-8")


if __name__ == "__main__":
    utf8_streams()
    main()
