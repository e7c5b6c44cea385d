"""Exercises of notebook 04 on the product G v: without G, and with a curvature that is always zero."""

import numpy as np

from hf_lib.judge.demands import Memory
from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise

from .curvature import curvature, softmax_hessian

__all__ = ["q2", "q4"]


def _ggn(J, H_L, v):
    return np.einsum("nja,njk,nk->a", J, H_L, J @ v)


def _mean_first(J, H_L, v):
    J, H_L = J.mean(axis=0), H_L.mean(axis=0)
    return J.T @ (H_L @ (J @ v))


def _matrix_first(J, H_L, v):
    return np.einsum("nja,njk,nkb->ab", J, H_L, J) @ v / len(J)


def _wide_case(rng):
    return rng.normal(size=(3, 2, 300)), softmax_hessian(rng.normal(size=(3, 2))), rng.normal(size=300)


def _ggn_cases(rng):
    for N, m, d in ((4, 3, 6), (5, 2, 4), (3, 4, 5)):
        yield rng.normal(size=(N, m, d)), softmax_hessian(rng.normal(size=(N, m))), rng.normal(size=d)


q2 = FunctionExercise(
    name="ch04.q2",
    title="G v without G",
    kind="warm-up",
    stub='''
        def ggn_product(J, H_L, v):
            """(1/N) Σ_n J_nᵀ H_L,n J_n v; J (N, n_out, d), H_L (N, n_out, n_out), v (d,)."""
            return ...
        ''',
    code='''
        def ggn_product(J, H_L, v):
            """(1/N) Σ_n J_nᵀ H_L,n J_n v; J (N, n_out, d), H_L (N, n_out, n_out), v (d,)."""
            Jv = J @ v                                    # (N, n_out): v → J v
            u = np.einsum("njk,nk->nj", H_L, Jv)          # → H_L J v
            return np.einsum("nja,nj->a", J, u) / len(J)  # → Jᵀ H_L J v, and the mean
        ''',
    why="Read the formula from the right. No array is larger than $J$ itself; the $d \\times d$ matrix never appears. "
        "Chapter 06 gets rid of $J$ as well.",
    hints=("Three products, from the right: first $J_n v$ for all examples.",
           "`J @ v` has shape (N, n_out). `np.einsum` does the other two: the first with `\"njk,nk->nj\"`.",
           "The last sums over examples and outputs; then take the mean. No array need be larger than `J`."),
    cases=_ggn_cases,
    demands=(Memory(lambda J, H_L, v: 3 * J.size + 10 * H_L.size, case=_wide_case,
                    say="The values are right. But an array larger than J was formed: a d × d matrix?"),),
    linear_in="v",
    mean_over="J",
    diagnoses=(
        Diagnosis("missing 1/N", _ggn),
        Diagnosis("the loss left out", lambda J, H_L, v: np.einsum("nja,nj->a", J, J @ v) / len(J),
                  say="This is JᵀJ v: the loss's own curvature H_L is missing. It is the identity for the squared "
                      "error only."),
        Diagnosis("the mean too early", _mean_first,
                  say="You average J and H_L first. The mean is over the products J_nᵀ H_L,n J_n."),
        Diagnosis("diagonal of H_L only",
                  lambda J, H_L, v: np.einsum("nja,njj,nj->a", J, H_L, J @ v) / len(J),
                  say="Only the diagonal of H_L is used. For softmax H_L is a full matrix."),
        Diagnosis("divided by the outputs", lambda J, H_L, v: _ggn(J, H_L, v) / J.shape[1],
                  say="You divided by the number of outputs; the mean is over the N examples."),
        Diagnosis("divided by both", lambda J, H_L, v: _ggn(J, H_L, v) / (J.shape[0] * J.shape[1]),
                  say="You divided by examples times outputs; the mean is over the N examples alone."),
        Diagnosis("divided by the parameters", lambda J, H_L, v: _ggn(J, H_L, v) / len(v),
                  say="You divided by the number of parameters, d; the mean is over the N examples."),
        Diagnosis("the first example alone", lambda J, H_L, v: J[0].T @ (H_L[0] @ (J[0] @ v)),
                  say="This is the first example's product alone: add up all, and divide by N."),
        Diagnosis("H_L twice", lambda J, H_L, v: _ggn(J, H_L @ H_L, v) / len(J),
                  say="H_L stands in G once, between Jᵀ and J."),
        Diagnosis("too much memory", _matrix_first),
        Diagnosis("sign", lambda J, H_L, v: -_ggn(J, H_L, v) / len(J)),
        Diagnosis("wrong shape", lambda J, H_L, v: np.einsum("njk,nk->nj", H_L, J @ v) / len(J)),
        Diagnosis("the last example alone", lambda J, H_L, v: _ggn(J[-1:], H_L[-1:], v) / len(J),
                  say="Only the last example is left: does the loop overwrite what it should add to?"),
        Diagnosis("the first example left out", lambda J, H_L, v: _ggn(J[1:], H_L[1:], v) / len(J),
                  say="The first example is missing: `range(1, …)` begins at the second."),
        Diagnosis("one H_L for all", lambda J, H_L, v: _ggn(J, H_L[:1].repeat(len(J), axis=0), v) / len(J),
                  say="You use the first example's H_L for all. Each example has its own."),
    ),
)


def _product(change=lambda phi: phi, times=1, divide=True):
    """A wrong `ggn_product`: φ exchanged, J_φ used `times` times, the mean left out."""
    def answer(J, z, v, phi):
        u = J @ v
        for _ in range(times):
            u = curvature(z, change(phi), u)
        return np.einsum("nja,nj->a", J, u) / (len(J) if divide else 1)
    return answer


def _diagonal_only(J, z, v, phi):
    u = J @ v
    if phi == "softmax":
        p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        return np.einsum("nja,nj->a", J, p * u) / len(J)
    return _product()(J, z, v, phi)


def _mixed_sigmoid(J, z, v, phi):
    if phi == "sigmoid":
        p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        return np.einsum("nja,nj->a", J, p * (1 - p) * (J @ v)) / len(J)
    return _product()(J, z, v, phi)


def _sigma_itself(J, z, v, phi):
    if phi == "sigmoid":
        return np.einsum("nja,nj->a", J, (J @ v) / (1 + np.exp(-z))) / len(J)
    return _product()(J, z, v, phi)


def _phi_cases(rng):
    for phi, N, m, d in (("softmax", 4, 3, 5), ("identity", 5, 1, 4), ("sigmoid", 3, 2, 4), ("sigmoid", 4, 1, 3),
                         ("identity", 3, 2, 5)):
        yield rng.normal(size=(N, m, d)), rng.normal(size=(N, m)), rng.normal(size=d), phi


q4 = FunctionExercise(
    name="ch04.q4",
    title="A curvature that is always zero",
    kind="find the bug",
    stub='''
        def ggn_product(J, z, v, phi):
            """(1/N) Σ_n J_nᵀ J_φ(z_n) J_n v; phi is "identity", "sigmoid" or "softmax"."""
            u = J @ v                                           # (N, n_out)
            e = np.exp(z - z.max(axis=1, keepdims=True))
            p = e / e.sum(axis=1, keepdims=True)
            w = p * u - p * np.sum(p * u, axis=1, keepdims=True)
            return np.einsum("nja,nj->a", J, w) / len(J)
        ''',
    code='''
        def ggn_product(J, z, v, phi):
            """(1/N) Σ_n J_nᵀ J_φ(z_n) J_n v; phi is "identity", "sigmoid" or "softmax"."""
            u = J @ v                                           # (N, n_out)
            if phi == "identity":
                w = u
            elif phi == "sigmoid":
                p = 1 / (1 + np.exp(-z))
                w = p * (1 - p) * u
            else:
                e = np.exp(z - z.max(axis=1, keepdims=True))
                p = e / e.sum(axis=1, keepdims=True)
                w = p * u - p * np.sum(p * u, axis=1, keepdims=True)
            return np.einsum("nja,nj->a", J, w) / len(J)
        ''',
    why="One version of the student project's code differentiates through softmax whatever the loss is. With one "
        "output softmax is 1 for every $z$, its derivative is 0, and so is the whole product: the sine network has "
        "no curvature at all. With several outputs and the squared error nothing looks wrong, but the matrix is "
        "another.",
    hints=("Call it with one output and `phi=\"identity\"`, and print the result. Which argument is never used?",
           "$J_\\varphi$ is $I$ for the identity, $\\operatorname{diag}(\\sigma(1 - \\sigma))$ for the sigmoid. Only "
           "for softmax is it what the code computes.",
           "Choose `w` by `phi`: three cases, one of which is the line as it stands."),
    cases=_phi_cases,
    linear_in="v",
    mean_over="J",
    diagnoses=(
        Diagnosis("the sigmoid forgotten", _product(lambda phi: "identity" if phi == "sigmoid" else phi),
                  say="Identity and softmax are right now. The sigmoid has a slope, too."),
        Diagnosis("softmax for the identity", _product(lambda phi: "softmax" if phi == "identity" else phi),
                  say="Sigmoid and softmax are right now. For the identity J_φ is I: w is u itself."),
        Diagnosis("the sigmoid for the identity", _product(lambda phi: "sigmoid" if phi == "identity" else phi),
                  say="Sigmoid and softmax are right now. For the identity J_φ is I: w is u itself."),
        Diagnosis("the sigmoid for softmax", _product(lambda phi: "sigmoid" if phi == "softmax" else phi),
                  say="Identity and sigmoid are right now, but softmax is no longer: it was."),
        Diagnosis("the sigmoid everywhere", _product(lambda phi: "sigmoid"),
                  say="Now all three go through the sigmoid's slope. Each φ has its own J_φ."),
        Diagnosis("σ for σ′", _sigma_itself, say="Identity and softmax are right now. The sigmoid's derivative is "
                                                 "σ(1 − σ), not σ."),
        Diagnosis("the identity everywhere", _product(lambda phi: "identity"),
                  say="Now φ is left out for all three: this is (1/N) Σ JᵀJ v."),
        Diagnosis("softmax for the sigmoid", _product(lambda phi: "softmax" if phi == "sigmoid" else phi),
                  say="Identity and softmax are right now. The sigmoid still goes through softmax."),
        Diagnosis("J_φ twice", _product(times=2),
                  say="J_φ stands there once. Twice is right for the squared error on φ(z), which does not match."),
        Diagnosis("half of softmax", _diagonal_only,
                  say="J_φ of softmax is diag(p) − p pᵀ; the second part is missing."),
        Diagnosis("missing 1/N", _product(divide=False)),
        Diagnosis("identity and sigmoid exchanged",
                  _product(lambda phi: {"identity": "sigmoid", "sigmoid": "identity"}.get(phi, phi)),
                  say="Softmax is right. The two others have changed places."),
        Diagnosis("the sigmoid's p from softmax", _mixed_sigmoid,
                  say="Identity and softmax are right. In the sigmoid's σ(1 − σ) stands softmax's p: each output has "
                      "its own σ(z)."),
    ),
)
