"""A dense quasi-Newton method from gradients alone, the strongest rival that was found for chapter 13's small networks.

The self-scaled Broyden update of Al-Baali and others, in the form that Urbán, Stefanou and Pons (arXiv 2405.04230)
took to physics-informed networks. With s = θ⁺ − θ, y = ∇f⁺ − ∇f, ρ = 1/(yᵀs), q = yᵀHy and v = ρs − Hy/q,

    H⁺ = (H − Hy (Hy)ᵀ/q + φ q v vᵀ)/τ + ρ s sᵀ .

φ = τ = 1 is BFGS. H is a d × d matrix, so this is for some hundred parameters. A step costs one gradient or a few.
"""

import warnings

import numpy as np
from scipy.optimize import line_search

from hf_lib.optimisers.loop import GRADIENT, Optimiser, Step


class SelfScaledBroyden(Optimiser):
    """θ ← θ − α H ∇f, α by the strong Wolfe conditions; where no α is found H = I once more, and then it ends."""

    def __init__(self, problem, theta, max_steps=None):
        super().__init__(problem, theta, max_steps)
        self.f, self.g = problem.value_and_gradient(self.theta)
        self.cost, self.H = GRADIENT, np.eye(theta.size)
        self._before = self.f + np.linalg.norm(self.g) / 2             # as SciPy's BFGS guesses its first step

    def _step(self):
        for fresh in (False, True):
            if fresh:
                self.H, self._before = np.eye(self.g.size), self.f + np.linalg.norm(self.g) / 2
            p = -self.H @ self.g
            slope = float(self.g @ p)
            alpha = self._search(p, slope) if slope < 0 else 0.0
            if alpha:
                break
        else:
            self.reason = "no step length found along −∇f"
            return None
        s, first = alpha * p, bool(self.index == 0 or fresh)
        theta, g_old = self.theta + s, self.g
        self.f, self.g = self._next
        self._update(s, self.g - g_old, alpha, g_old, first)
        self.theta, self.index = theta, self.index + 1
        return Step(self.index, self.theta, self.f, alpha, 0.0, self.cost)

    def _search(self, p, slope):
        """α by SciPy's search for the strong Wolfe conditions; 0 without one. f and its gradient there: `_next`."""
        known = {}

        def at(theta):
            key = theta.tobytes()
            if key not in known:
                f, g = self.problem.value_and_gradient(theta)
                known[key] = (f if np.isfinite(f) else 1e300), g
                self.cost += GRADIENT
            return known[key]
        with warnings.catch_warnings(action="ignore"), np.errstate(all="ignore"):
            alpha = line_search(lambda t: at(t)[0], lambda t: at(t)[1], self.theta, p, self.g, self.f,
                                self._before)[0]
        if alpha is None:
            return 0.0
        self._before, self._next = self.f, at(self.theta + alpha * p)
        return float(alpha)

    def _update(self, s, y, alpha, g_old, first):
        ys = float(y @ s)
        if not ys > 0:
            return
        Hy = self.H @ y
        rho, q = 1 / ys, float(y @ Hy)
        h, b = q * rho, -alpha * rho * float(s @ g_old)                # yᵀHy / yᵀs, sᵀBs / yᵀs
        a = max(b * h - 1, 1e-14)
        c = np.sqrt(a / (1 + a))
        lower = (min(1, h * (1 - c)) - 1) / a                          # of θ, between which Broyden's class is safe
        upper = 1 / min(1, h * (1 - c)) if first else max(1, b * (1 + c))
        sr1 = 1 / (1 - b) if b != 1 else np.inf
        theta = lower if b == 1 else max(lower, sr1) if b > 1 else min(upper, sr1)
        sigma = 1 + theta * a
        if first:
            tau = h / sigma
        else:
            size, most = abs(sigma) ** (1 / (1 - y.size)), min(1, 1 / b)
            tau = min(most * size, sigma) if theta <= 0 else most * min(size, 1 / theta)
        phi = (1 - theta) / sigma
        v = rho * s - Hy / q
        self.H -= np.outer(Hy, Hy / q)
        self.H += np.outer(v, phi * q * v)
        self.H /= tau
        self.H += np.outer(s, rho * s)
