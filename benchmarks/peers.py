"""The same products by autograd and, where they are installed, by PyTorch and JAX."""

import importlib.util

import numpy as np

import hf_lib as hf


def autograd_peer(problem, theta, v):
    """Gradient by autograd, G by its `make_ggnvp`: the forward pass is kept."""
    from autograd import grad
    f, g = hf.autodiff.twin(problem)
    gradient = grad(lambda t: g(f(t)))
    ggn = hf.autodiff.ggn_product(f, g, theta)
    return {"gradient": lambda: gradient(theta), "G": lambda: ggn(v)}


def torch_peer(problem, theta, v):
    """G by torch.func: jvp, the loss Hessian by jvp of grad, vjp."""
    import torch
    from torch.func import grad, jvp, vjp
    X, Y, t, w = (torch.from_numpy(np.ascontiguousarray(a)) for a in (problem.X, problem.Y, theta, v))
    act = {"relu": torch.relu, "sigmoid": torch.sigmoid}[problem.net.activations[0].name]
    loss = _loss(problem, lambda z, Y: torch.nn.functional.cross_entropy(z, Y),
                 lambda z, Y: torch.nn.functional.binary_cross_entropy_with_logits(z, Y, reduction="sum") / len(z))

    def f(t):
        return _forward(problem.net.sizes, t, X, act)

    def ggn():
        z, J_v = jvp(f, (t,), (w,))
        _, H_J_v = jvp(grad(lambda z: loss(z, Y)), (z,), (J_v,))
        return vjp(f, t)[1](H_J_v)[0].numpy()
    gradient = grad(lambda t: loss(f(t), Y))
    return {"gradient": lambda: gradient(t).numpy(), "G": ggn}


def jax_peer(problem, theta, v):
    """The same in JAX, jitted as one function of (θ, v), forward pass included."""
    import jax
    import jax.numpy as jnp
    jax.config.update("jax_enable_x64", theta.dtype == np.float64)
    X, Y, t, w = (jnp.asarray(a) for a in (problem.X, problem.Y, theta, v))
    act = {"relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid}[problem.net.activations[0].name]
    loss = _loss(problem, lambda z, Y: -jnp.sum(Y * jax.nn.log_softmax(z)) / len(z),
                 lambda z, Y: jnp.sum(jax.nn.softplus(z) - Y * z) / len(z))

    def ggn(t, w, X, Y):
        f = lambda t: _forward(problem.net.sizes, t, X, act)
        z, J_v = jax.jvp(f, (t,), (w,))
        _, H_J_v = jax.jvp(jax.grad(lambda z: loss(z, Y)), (z,), (J_v,))
        return jax.vjp(f, t)[1](H_J_v)[0]
    ggn = jax.jit(ggn)
    gradient = jax.jit(jax.grad(lambda t, X, Y: loss(_forward(problem.net.sizes, t, X, act), Y)))
    return {"gradient": lambda: gradient(t, X, Y).block_until_ready(),
            "G": lambda: ggn(t, w, X, Y).block_until_ready()}


def peers(problem, theta, v):
    """Name → {product: function}, for every peer that is installed."""
    makers = {"autograd": autograd_peer, "torch": torch_peer, "jax": jax_peer}
    return {name: make(problem, theta, v) for name, make in makers.items() if importlib.util.find_spec(name)}


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
