"""The same products by autograd and, where they are installed, by PyTorch and JAX.

As ours, each keeps at θ what its products share. JAX can also fuse a product with the forward pass into one
jitted function of (θ, v); both ways are here.
"""

import importlib.metadata
import importlib.util

import numpy as np

import hf_lib as hf


def autograd_peer(problem, theta, v):
    """G by `make_ggnvp`, H by `make_hvp`."""
    from autograd import grad
    f, g = hf.autodiff.twin(problem)
    gradient = grad(lambda t: g(f(t)))
    ggn, hessian = hf.autodiff.ggn_product(f, g, theta), hf.autodiff.hessian_product(lambda t: g(f(t)), theta)
    return {"gradient": lambda: gradient(theta), "G": lambda: ggn(v), "H": lambda: hessian(v)}


def torch_peer(problem, theta, v):
    """G by torch.func: J v, the loss Hessian by jvp of grad, vjp; H by a gradient of the kept gradient."""
    import torch
    from torch.func import grad, jvp, vjp
    X, Y, t, w = (torch.from_numpy(np.ascontiguousarray(a)) for a in (problem.X, problem.Y, theta, v))
    act = {"relu": torch.relu, "sigmoid": torch.sigmoid}[problem.net.activations[0].name]
    loss = _loss(problem, lambda z, Y: torch.nn.functional.cross_entropy(z, Y),
                 lambda z, Y: torch.nn.functional.binary_cross_entropy_with_logits(z, Y, reduction="sum") / len(z))

    def f(t):
        return _forward(problem.net.sizes, t, X, act)
    z, pull_back = vjp(f, t)
    tracked = t.clone().requires_grad_(True)

    def gradient(**options):
        return torch.autograd.grad(loss(f(tracked), Y), tracked, **options)[0]
    kept = gradient(create_graph=True)

    def ggn():
        J_v = jvp(f, (t,), (w,))[1]
        return pull_back(jvp(grad(lambda z: loss(z, Y)), (z,), (J_v,))[1])[0].numpy()
    return {"gradient": lambda: gradient().numpy(), "G": ggn,
            "H": lambda: torch.autograd.grad(kept, tracked, w, retain_graph=True)[0].numpy()}


def jax_peer(problem, theta, v):
    """Jitted; what `linearize` and `vjp` keep goes from one jitted function to the next."""
    import jax
    f, objective, curved, arrays = _in_jax(problem, theta, v)
    X, Y, t, w = arrays
    gradient = jax.jit(jax.grad(objective))
    z, push, pull = jax.jit(lambda t, X: (*jax.linearize(lambda t: f(t, X), t), jax.vjp(lambda t: f(t, X), t)[1]))(t, X)
    ggn = jax.jit(lambda z, push, pull, w, Y: pull(curved(z, push(w), Y))[0])
    H = jax.jit(lambda t, X, Y: jax.linearize(lambda t: jax.grad(objective)(t, X, Y), t)[1])(t, X, Y)
    hessian = jax.jit(lambda H, w: H(w))
    return {"gradient": lambda: gradient(t, X, Y).block_until_ready(),
            "G": lambda: ggn(z, push, pull, w, Y).block_until_ready(),
            "H": lambda: hessian(H, w).block_until_ready()}


def fused_jax_peer(problem, theta, v):
    """One jitted function of (θ, v) for each product, forward pass included."""
    import jax
    f, objective, curved, (X, Y, t, w) = _in_jax(problem, theta, v)

    @jax.jit
    def ggn(t, w, X, Y):
        z, J_v = jax.jvp(lambda t: f(t, X), (t,), (w,))
        return jax.vjp(lambda t: f(t, X), t)[1](curved(z, J_v, Y))[0]
    hessian = jax.jit(lambda t, w, X, Y: jax.jvp(lambda t: jax.grad(objective)(t, X, Y), (t,), (w,))[1])
    return {"G": lambda: ggn(t, w, X, Y).block_until_ready(), "H": lambda: hessian(t, w, X, Y).block_until_ready()}


PEERS = {"autograd": autograd_peer, "torch": torch_peer, "jax": jax_peer, "jax, fused": fused_jax_peer}


def peers(problem, theta, v):
    """Name → {product: function}, for every peer that is installed."""
    return {name: make(problem, theta, v) for name, make in PEERS.items() if importlib.util.find_spec(_package(name))}


def versions():
    """The peers that are installed, as "autograd 1.8, jax 0.4"."""
    found = [name for name in dict.fromkeys(map(_package, PEERS)) if importlib.util.find_spec(name)]
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in found)


def _package(name):
    return name.split(",")[0]


def _in_jax(problem, theta, v):
    """f(θ, X), the objective, u → (1/N) H_L u at z, and the arrays X, Y, θ, v."""
    import jax
    import jax.numpy as jnp
    jax.config.update("jax_enable_x64", theta.dtype == np.float64)
    act = {"relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid}[problem.net.activations[0].name]
    loss = _loss(problem, lambda z, Y: -jnp.sum(Y * jax.nn.log_softmax(z)) / len(z),
                 lambda z, Y: jnp.sum(jax.nn.softplus(z) - Y * z) / len(z))
    f = lambda t, X: _forward(problem.net.sizes, t, X, act)
    curved = lambda z, u, Y: jax.jvp(jax.grad(lambda z: loss(z, Y)), (z,), (u,))[1]
    return f, lambda t, X, Y: loss(f(t, X), Y), curved, [jnp.asarray(a) for a in (problem.X, problem.Y, theta, v)]


def _forward(sizes, theta, a, act):
    start = 0
    for l, (n, m) in enumerate(zip(sizes[:-1], sizes[1:])):
        W = theta[start:start + n * m].reshape(n, m)
        z = a @ W + theta[start + n * m:start + (n + 1) * m]
        a = act(z) if l < len(sizes) - 2 else z
        start += (n + 1) * m
    return a


def _loss(problem, softmax, sigmoid):
    return softmax if isinstance(problem.loss, hf.SoftmaxCrossEntropy) else sigmoid
