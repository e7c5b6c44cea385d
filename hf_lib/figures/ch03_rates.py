"""The picture of notebook 03 of rates: linear, superlinear, quadratic, in many digits."""

from functools import cache

import numpy as np

from hf_lib import explore
from hf_lib.explore import style

__all__ = ["Decay", "RATES", "errors", "rates"]


# ---- rates -----------------------------------------------------------------------------------------


class Decay:
    """f(θ) = ½ Σ_n r_n², r_n = θ₁ exp(−θ₂ x_n) − y_n, at nine x_n: a curve with two parameters.

    The targets are exp(−x_n) plus `noise` times nine fixed numbers. `solution` is the minimum θ*.
    """

    x = np.linspace(0, 2, 9)
    pattern = np.array([1, -1.2, 0.6, 0.9, -1.4, 0.3, -0.8, 1.1, 0.5])

    def __init__(self, noise):
        self.y = np.exp(-self.x) + noise * self.pattern
        theta = np.array([1.0, 1.0])
        for _ in range(20):                                    # Newton, from near by
            theta = theta - np.linalg.solve(self.hessian(theta), self.gradient(theta))
        self.solution = theta

    def _parts(self, theta):
        e = np.exp(-theta[1] * self.x)
        return theta[0] * e - self.y, np.stack([e, -theta[0] * self.x * e], axis=1)

    def value(self, theta):
        return 0.5 * np.sum(self._parts(theta)[0] ** 2)

    def gradient(self, theta):
        r, J = self._parts(theta)
        return J.T @ r

    def gauss_newton(self, theta):
        """JᵀJ: the Hessian without the part that the residuals r multiply."""
        J = self._parts(theta)[1]
        return J.T @ J

    def hessian(self, theta):
        r, J = self._parts(theta)
        mixed = r @ (-self.x * J[:, 0])
        return J.T @ J + np.array([[0, mixed], [mixed, r @ (-self.x * J[:, 1])]])


@cache
def _decay(noise):
    return Decay(noise)


RATES = {
    "gradient descent": style.method("gradient descent"),
    "frozen Hessian": style.method("Newton") | {"linestyle": style.DASHED, "markerfacecolor": "white",
                                                "label": "frozen Hessian"},
    "Gauss-Newton": style.method("Gauss-Newton"),
    "BFGS": style.method("L-BFGS") | {"label": "BFGS"},
    "Newton": style.method("Newton"),
}


def errors(fit, start, method, steps=14):
    """‖θ_k − θ*‖ for k = 0, 1, … of full steps with one choice of B; ends at 1e-15, or far away (30)."""
    theta, found = start, [np.linalg.norm(start - fit.solution)]
    h = np.linalg.eigvalsh(fit.hessian(fit.solution))
    B = {"frozen Hessian": fit.hessian(start)}.get(method, np.eye(2) * h.sum() / 2)
    for _ in range(steps):
        g = fit.gradient(theta)
        if method in ("Newton", "Gauss-Newton"):
            B = fit.hessian(theta) if method == "Newton" else fit.gauss_newton(theta)
        try:
            s = -np.linalg.solve(B, g)
        except np.linalg.LinAlgError:
            break
        theta = theta + s
        if np.linalg.norm(theta - fit.solution) > 5:
            found.append(np.linalg.norm(theta - fit.solution))
            break
        y = fit.gradient(theta) - g
        if method == "BFGS" and y @ s > 0:
            B = B - np.outer(B @ s, B @ s) / (s @ B @ s) + np.outer(y, y) / (y @ s)
        found.append(np.linalg.norm(theta - fit.solution))
        if found[-1] < 1e-15:
            break
    return np.clip(found, 1e-17, 30)


@explore.picture(distance=explore.Log(0.01, 1, default=0.3, label="‖θ₀ − θ*‖"),
                 noise=explore.Slider(0, 0.6, 0.05, default=0.2, label="noise"))
def rates(distance, noise):
    """Left the error of five methods step by step, right each error against the one before."""
    fit = _decay(noise)
    start = fit.solution + distance * np.array([1.0, -1.0]) / np.sqrt(2)
    fig = style.figure(8.4, 4)
    left, right = fig.subplots(1, 2, width_ratios=(1.2, 1))
    guide = np.array([1e-9, 1.0])
    right.plot(guide, guide, color=style.COLOUR["bound"], linewidth=1)
    right.plot(guide, guide ** 2, color=style.COLOUR["bound"], linewidth=1, linestyle=style.DASHED)
    right.text(2e-8, 1.5e-6, "order 1", color=style.COLOUR["bound"], ha="center")
    right.text(5e-6, 1e-14, "order 2", color=style.COLOUR["bound"], ha="center")
    last = {}
    for name, look in RATES.items():
        e = errors(fit, start, name)
        left.plot(e, **look)
        seen = np.count_nonzero(e[1:] > 1e-13)                   # below it, rounding draws the line
        right.plot(e[:seen], e[1:seen + 1], **(look | {"linewidth": 1.2}))
        last[name] = e[-1]
    left.set(yscale="log", ylim=(1e-17, 1e8), xlim=(-0.3, 14.3), yticks=10.0 ** np.arange(-16, 1, 4))
    right.set(xscale="log", yscale="log", xlim=(1e-9, 50), ylim=(1e-17, 50), xticks=10.0 ** np.arange(-8, 1, 4),
              yticks=10.0 ** np.arange(-16, 1, 4))
    style.label(left, "step k", "‖θₖ − θ*‖", "error after k steps")
    style.label(right, "‖θₖ − θ*‖", "‖θₖ₊₁ − θ*‖", "next error against error")
    style.legend(left, loc="upper right", ncols=2, columnspacing=1)
    fig.alt = (f"Errors of five methods from a start at distance {distance:.2g} of the solution, noise {noise:.2f}. "
               "Last errors: " + ", ".join(f"{name} {e:.1e}" for name, e in last.items()) + ".")
    return fig
