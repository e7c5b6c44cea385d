"""A recurrent network once more, one sequence and one step at a time, and its dense matrices by autograd alone."""

import functools
from dataclasses import dataclass

import autograd
import autograd.numpy as anp
import numpy as np
from oracles import targets

import hf_lib as hf
from hf_lib.network.losses import Loss

FUNCTIONS = {
    "tanh": anp.tanh,
    "sigmoid": lambda s: 1 / (1 + anp.exp(-s)),
    "relu": lambda s: anp.maximum(s, 0),
    "softplus": lambda s: anp.log(1 + anp.exp(s)),
    "linear": lambda s: s,
}
N_IN, N_HIDDEN, N_OUT, N, T = 2, 4, 3, 3, 5


@dataclass(frozen=True)
class Case:
    """A small network with a loss; `problem` and `theta` follow from it."""

    activation: str
    loss: Loss
    biases: bool = True
    masked: bool = True

    def __str__(self):
        return (f"{self.activation}, {type(self.loss).__name__}{'' if self.biases else ', no biases'}"
                f"{'' if self.masked else ', no mask'}")

    @property
    def net(self):
        return hf.RNN(N_IN, N_HIDDEN, N_OUT, self.activation, self.biases)

    def numbers(self, dtype=np.float64):
        """θ, X, Y and the mask, such that float32 holds them exactly."""
        rng = np.random.default_rng(7)
        Y = targets(self.loss, rng, N * T, N_OUT).reshape(N, T, N_OUT)
        mask = rng.uniform(0.2, 2.0, (N, T)) * (rng.random((N, T)) < 0.7)
        theta = rng.normal(0, 0.6, self.net.size)
        arrays = theta, rng.normal(size=(N, T, N_IN)), Y, mask
        return [array.astype(np.float32).astype(dtype) for array in arrays]

    def problem(self, dtype=np.float64, **options):
        _, X, Y, mask = self.numbers(dtype)
        return hf.SequenceProblem(self.net, self.loss, X, Y, mask if self.masked else None, **options)

    def theta(self, dtype=np.float64):
        return self.numbers(dtype)[0]


def split(theta, biases):
    """W_vh, W_hh, W_ho, b_h, b_o, h_0 by counting."""
    shapes = [(N_IN, N_HIDDEN), (N_HIDDEN, N_HIDDEN), (N_HIDDEN, N_OUT)]
    shapes += [(N_HIDDEN,), (N_OUT,)] if biases else []
    parts, start = [], 0
    for shape in [*shapes, (N_HIDDEN,)]:
        size = int(np.prod(shape))
        parts.append(anp.reshape(theta[start:start + size], shape))
        start += size
    assert start == len(theta)
    return parts if biases else [*parts[:3], np.zeros(N_HIDDEN), np.zeros(N_OUT), parts[3]]


def forward(case, theta):
    """Pre-activations s (N, T, n_hidden), states h of the same shape, and outputs z (N, T, n_out)."""
    W_vh, W_hh, W_ho, b_h, b_o, h_0 = split(theta, case.biases)
    act, s, h, z = FUNCTIONS[case.activation], [], [], []
    for x in case.numbers()[1]:
        state = h_0
        for x_t in x:
            s.append(anp.dot(W_vh.T, x_t) + anp.dot(W_hh.T, state) + b_h)        # as columns: W x
            state = act(s[-1])
            h.append(state)
            z.append(anp.dot(W_ho.T, state) + b_o)
    return tuple(anp.reshape(anp.stack(rows), (N, T, -1)) for rows in (s, h, z))


def weights(case):
    return case.numbers()[3] if case.masked else np.ones((N, T))


def objective(case):
    """θ → f without weight decay, of z, for autograd."""
    Y = case.numbers()[2]

    def of_z(z):
        rows = anp.reshape(z, (N * T, N_OUT))
        y = Y.reshape(N * T, N_OUT)
        if isinstance(case.loss, hf.SquaredError):
            losses = 0.5 * anp.sum((rows - y) ** 2, axis=1)
        elif isinstance(case.loss, hf.SigmoidCrossEntropy):
            losses = anp.sum(anp.log(1 + anp.exp(rows)) - y * rows, axis=1)
        else:
            losses = anp.log(anp.sum(anp.exp(rows), axis=1)) - anp.sum(y * rows, axis=1)
        return anp.sum(losses * weights(case).ravel()) / N
    return of_z


@dataclass(frozen=True)
class Dense:
    """All in float64, without weight decay."""

    z: np.ndarray              # (N, T, n_out)
    h: np.ndarray              # (N, T, n_hidden)
    value: float
    gradient: np.ndarray       # (d,)
    J: np.ndarray              # (N, T, n_out, d)
    G: np.ndarray              # (d, d)
    H: np.ndarray              # (d, d)
    states: np.ndarray         # (d, d): (1/N) Σ_n Σ_t J_sᵀ ¼ act'(s) J_s
    squares: np.ndarray        # (d,)


@functools.cache
def dense(case):
    theta = case.theta()
    of_z, f = objective(case), lambda t: objective(case)(forward(case, t)[2])
    s, h, z = forward(case, theta)
    J = autograd.jacobian(lambda t: forward(case, t)[2])(theta)
    J_s = autograd.jacobian(lambda t: forward(case, t)[0])(theta)
    H_z = autograd.hessian(lambda flat: of_z(anp.reshape(flat, z.shape)))(z.ravel())
    flat = J.reshape(z.size, -1)
    slope = autograd.elementwise_grad(FUNCTIONS[case.activation])(s)
    residual = N * autograd.grad(of_z)(z)
    examples = np.einsum("nto,ntod->nd", residual, J)
    return Dense(z, h, float(f(theta)), autograd.grad(f)(theta), J, flat.T @ H_z @ flat, autograd.hessian(f)(theta),
                 np.einsum("ntid,nti,ntie->de", J_s, slope / 4, J_s) / N, np.mean(examples**2, axis=0))
