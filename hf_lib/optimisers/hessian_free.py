"""The Hessian-free loop, one record a step. Derived in notebook 09 (the loop) and 10 (its devices)."""

import sys
from dataclasses import fields, replace

import numpy as np

from hf_lib._checks import choice, count, float_array, generator, number
from hf_lib.solvers.cg import cg
from hf_lib.solvers.cg_rules import GeometricKeep
from hf_lib.solvers.damping import levenberg_marquardt, predicted_reduction, reduction_ratio
from hf_lib.solvers.kronecker import KroneckerPreconditioner
from hf_lib.solvers.line_search import armijo

from .ending import PATIENCE, no_step, rounding_of, unseen
from .loop import GGN, GRADIENT, REVERSE, VALUE, Batches, Optimiser, value_and_gradient
from .record import HFStep, dead_units
from .saving import Resumable
from .schedule import at, described
from .settings import PRESETS, Settings

MAX_REJECTIONS = 30      # in a row; λ has then grown by 1.5³⁰ ≈ 2·10⁵


class HessianFree(Resumable, Optimiser):
    """Hessian-free optimisation, with every device of Martens (2010) a switch.

    A step: gradient g; G at θ; CG on (G + λI) p = −g, preconditioned and warm-started; backtracking
    along CG's iterates; ρ; the Levenberg–Marquardt rule for λ; an Armijo line search; θ ← θ + α p.
    A step that is not finite or does not lower f is rejected: θ stays, λ grows, the record says so.
    The loop ends by itself, and `reason` says why: there is no gradient; f on all data can no longer be lowered
    in θ's precision, or λ is too large for it; 30 steps in a row were rejected; a preconditioner overflows or is
    not positive definite.

    Parameters
    ----------
    problem : Problem
        Or any object with `value`, `gradient` and `linearize(θ)` that has `ggn`; with batches also
        `batch` and `N`, with the preconditioner also `linearize(θ).squared_gradients`; the Kronecker
        preconditioner needs `net`, and `linearize(θ).kronecker_factors`. Where `linearize(θ)` has
        ``damped(v, λ)``, that takes the place of G v + λ v, as with structural damping (16); ρ stays that of G.
    theta : ndarray (d,)
        Where to start; copied.
    rng : numpy.random.Generator, needed where a batch size is given or targets are drawn ("kronecker")
    preset : {"martens2010", "source2022", "stochastic"}
    max_steps : int, optional; without it the caller breaks the loop
    **changes
        Any field of `Settings`, to change it against the preset.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit, or a name in `changes` is unknown.

    Notes
    -----
    Cost of a step: 1 for the gradient, and on the curvature batch 1/3 for its forward pass, 4/3 for
    each product and for the preconditioner; 1/3 for each f in backtracking and line search. Where there is `damped`,
    ρ takes one product more. Kronecker
    factors cost 2/3 there, and their own multiplications, inverses and applications over those of a gradient.
    From the fourth rejected step in a row on, all data: 8/3, to learn how well f is known there.

    Examples
    --------
    >>> import hf_lib as hf
    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(-1, 1, (100, 1))
    >>> problem = hf.Problem(hf.MLP([1, 10, 1]), hf.SquaredError(), X, np.sin(3 * X))
    >>> for step in hf.HessianFree(problem, problem.net.init(rng), damping=1.0, max_steps=30):
    ...     pass
    >>> step.loss < 1e-4
    True
    """

    _saved = (*Resumable._saved, "warm", "damping", "rejections", "reached")

    def __init__(self, problem, theta, rng=None, preset="martens2010", max_steps=None, **changes):
        super().__init__(problem, theta, max_steps)
        known = [field.name for field in fields(Settings)]
        for name in changes:
            if name not in known:
                raise TypeError(f"HessianFree has no setting {name!r}, expected one of {', '.join(known)}")
        self.settings = replace(PRESETS[choice("preset", preset, tuple(PRESETS))], **changes)
        self.rng = None if rng is None else generator("rng", rng)
        self.damping = self.settings.damping
        self.warm = np.zeros_like(self.theta)            # where CG starts
        self.rejections, self.reached = 0, None          # f on all data at θ, as `value` gave it
        self._batches = Batches(problem, self.settings.gradient_batch, rng, "gradient_batch")
        if self.settings.preconditioner == "kronecker":
            generator("rng", rng)
            number("damping", self.damping, low=0, open_low=True)
        if self.settings.curvature_batch is not None:
            n = problem.N if self.settings.gradient_batch is None else self.settings.gradient_batch
            count("curvature_batch", self.settings.curvature_batch, high=n)
            generator("rng", rng)

    def _described(self):
        return f"Settings({described(vars(self.settings))})"

    def _step(self):
        theta, lam = self.theta, self.damping
        batch = self._batches.draw()
        lin, f0, g = self._linearize(batch)
        gradient_norm = float(np.linalg.norm(g))
        whole = self.settings.gradient_batch is None
        if whole and self.reached is not None:           # a `linearize` that rounds otherwise makes no progress
            f0 = min(f0, self.reached)
        self.reason = no_step(self.index + 1, f0, g, gradient_norm, whole)
        if self.reason:
            return None
        try:
            result, plain = self._solve(lin, g, lam)
        except np.linalg.LinAlgError as error:
            self.reason = f"{error}, before step {self.index + 1}"
            return None
        evaluate = self._counted(batch, theta)
        k, p, f1 = self._choose(result, evaluate)
        promised = self._promised(lin, g, lam, p, result.phi[k])
        rho = reduction_ratio(f0 - f1, promised)
        if self.settings.damping_factor > 1:
            new = levenberg_marquardt(lam, rho, self.settings.damping_factor)
            self.damping = max(new, at("damping_floor", self.settings.damping_floor, self.index + 1))
        if self.settings.line_search:
            search = armijo(lambda a: evaluate(a * p), f0, float(g @ p), first=f1)
            alpha, f1, words = search.step, search.value, search.reason
        else:
            alpha, words = (1.0, "full step") if f1 < f0 else (0.0, "f did not fall")
        moved = theta + alpha * p
        if alpha > 0 and not (moved != theta).any():
            alpha, words = 0.0, "θ does not change"
        accepted = alpha > 0
        if accepted:
            self.theta, self.rejections, self.reached = moved, 0, f1 if whole else None
        else:
            f1, words = f0, f"rejected: {words}"
            self.damping = max(self.damping, min(lam * self.settings.damping_factor, sys.float_info.max))
            self.rejections += 1
            if whole and self.rejections > PATIENCE:
                self.reason = self._unseen(lin, evaluate, f0, g, lam, promised)
            if self.rejections >= MAX_REJECTIONS and self.reason is None:
                self.reason = f"{MAX_REJECTIONS} rejected steps in a row"
        misled = whole and self.rejections >= PATIENCE   # CG, by what it started from: perhaps
        self.warm = np.zeros_like(theta) if misled else self.settings.warm_start * result.x
        self.index += 1
        if not self.settings.keep_iterates:
            result = replace(result, iterates=(), kept=())
        size = self.settings.curvature_batch
        return HFStep(self.index, self.theta, f1, alpha, 0.0, self.cost, rho, lam, result, k,
                      gradient_norm, dead_units(self.problem, g), f0, promised,
                      1.0 if size is None else size / batch.N, plain, accepted, words)

    def _linearize(self, batch):
        """The linearisation G comes from, and f and ∇f on the gradient batch."""
        size, share = self.settings.curvature_batch, self._batches.share
        self.cost += GRADIENT * share
        if size is None:
            lin = batch.linearize(self.theta)
            if hasattr(lin, "gradient"):                  # one forward pass serves all
                g = lin.gradient()
                return lin, float(lin.value), float_array("gradient(theta)", g, self.theta.shape, self.theta.dtype)
            return lin, *value_and_gradient(batch, self.theta)
        rows = self.rng.choice(batch.N, size, replace=False)
        self.cost += VALUE * size / self.problem.N
        return batch.batch(rows).linearize(self.theta), *value_and_gradient(batch, self.theta)

    def _solve(self, lin, g, lam):
        """CG on (G + λI) p = −g: its result, and what plain CG would have taken."""
        share = self._share()
        M, a_solve, plain = *self._preconditioner(lin, lam, share), None

        def damped(v):
            self.cost += GGN * share + a_solve            # CG applies M about once a product
            if hasattr(lin, "damped"):
                return lin.damped(v, lam)
            B_v = lam * v
            B_v += lin.ggn(v)                             # G v + λ v
            return B_v
        x0 = self.warm if self.warm.any() else None
        result = cg(damped, -g, x0=x0, M=M, rtol=0.0, max_iters=self.settings.max_cg, stop=self.settings.stop,
                    keep=GeometricKeep() if self.settings.backtracking else lambda k: False)
        if self.settings.compare_plain and M is not None:
            target = 0.99 * result.phi[-1]
            plain = cg(damped, -g, x0=x0, rtol=0.0, max_iters=result.iterations, keep=lambda k: False,
                       stop=lambda phi: "reached" if phi[-1] <= target else None).iterations
        return result, plain

    def _promised(self, lin, g, lam, p, phi):
        """The reduction that ρ divides by, from φ = gᵀp + ½ pᵀ(G + λI)p of CG's iterate p."""
        if self.settings.ratio == "damped":
            return -phi
        if hasattr(lin, "damped"):                        # its damping is more than ½λ‖p‖²: one more product
            self.cost += GGN * self._share()
            return predicted_reduction(g, p, lin.ggn(p))
        return -(phi - 0.5 * lam * float(p @ p))

    def _share(self):
        """The curvature batch as a share of all data."""
        size = self.settings.curvature_batch
        return self._batches.share if size is None else size / self.problem.N

    def _preconditioner(self, lin, lam, share):
        """CG's M, or None, and the cost of applying it once."""
        kind = self.settings.preconditioner
        if kind is None:
            return None, 0.0
        needed = "kronecker_factors" if kind == "kronecker" else "squared_gradients"
        if not hasattr(lin, needed):
            raise TypeError(f"linearize(theta) has no {needed}: pass preconditioner=None")
        if kind != "kronecker":
            self.cost += GGN * share
            M = (lin.squared_gradients() + lam) ** kind
            if not np.isfinite(M).all():
                raise np.linalg.LinAlgError("the preconditioner is not finite")
            return _bounded_below(M), 0.0
        factors = lin.kronecker_factors(self.rng)
        M = KroneckerPreconditioner(self.problem.net, factors, lam)
        gradient = 3 * self.problem.N * self.problem.net.size            # its multiplications: the unit of cost
        squares = lin.N * sum(len(A) ** 2 + len(S) ** 2 for A, S in factors)
        self.cost += REVERSE * share + (squares + M.set_up) / gradient
        return M, M.multiplications / gradient

    def _counted(self, batch, theta):
        """p → f(θ + p) on the gradient batch, ∞ where it is NaN; each call counted."""
        def evaluate(p):
            self.cost += VALUE * self._batches.share
            f = float(batch.value(theta + p))
            return f if np.isfinite(f) else np.inf
        return evaluate

    def _unseen(self, lin, evaluate, f0, g, lam, promised):
        """Why to end where steps are rejected because f cannot show what they promise; None where that is not so."""
        self.cost += GGN * (lin.N / self.problem.N if hasattr(lin, "N") else 1.0)
        return unseen(promised, g, lin.ggn(g), lam, rounding_of(f0, evaluate, self.theta))

    def _choose(self, result, evaluate):
        """From CG's last iterate backwards while f falls: number, iterate, f."""
        k, p = result.kept[-1], result.iterates[-1]
        f = evaluate(p)
        for earlier, x in zip(result.kept[-2::-1], result.iterates[-2::-1]):
            f_earlier = evaluate(x)
            if f_earlier >= f and f < np.inf:
                break
            k, p, f = earlier, x, f_earlier
        return k, p, f


def _bounded_below(M):
    """M with its smallest entries raised to ε² of the largest: λ = 0 and a dead unit make zeros, which cg refuses."""
    info, largest = np.finfo(M.dtype), M.max()
    return np.maximum(M, max(largest * info.eps ** 2, info.tiny) if largest > info.tiny else info.dtype.type(1), out=M)
