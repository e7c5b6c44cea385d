"""The picture of notebook 05 of differences: the error of three rules against the step."""

from functools import lru_cache

import numpy as np

from hf_lib import explore
from hf_lib.explore import style

__all__ = ["differences"]

STEPS = np.geomspace(1e-16, 1.0, 161)
RULES = {"forward": (style.COLOUR["model"], "-", "o"), "central": (style.COLOUR["gradient"], style.DASHED, "s"),
         "imaginary": (style.COLOUR["Gauss-Newton"], style.DOTTED, "^")}


def _errors(psi, slope):
    """Relative errors of the three rules at every one of STEPS."""
    at_zero = psi(0.0)
    found = {"forward": [(psi(t) - at_zero) / t for t in STEPS],
             "central": [(psi(t) - psi(-t)) / (2 * t) for t in STEPS],
             "imaginary": [np.imag(psi(1j * t)) / t for t in STEPS]}
    return {name: np.maximum(np.abs(np.array(values) / slope - 1), 4e-17) for name, values in found.items()}


@lru_cache(8)
def _measured(psi, slope):
    """Errors, and the constants of the theory: |ψ''| and |ψ'''| by differences, and the rounding error."""
    second = (psi(1e-4) - 2 * psi(0.0) + psi(-1e-4)) / 1e-8
    third = (psi(2e-3) - 2 * psi(1e-3) + 2 * psi(-1e-3) - psi(-2e-3)) / 2e-9
    tiny = np.geomspace(1e-13, 1e-11, 300)                       # so short that only rounding is left
    rounding = max(abs(psi(t) - psi(-t) - 2 * t * slope) for t in tiny) / 2
    return _errors(psi, slope), abs(second), abs(third), rounding


def _example_functions():
    return {"functions": {"exponential": (_exponential, 1.0), "cosine": (_cosine, -np.sin(1.0))}}


def _exponential(t):
    return np.exp(t)


def _cosine(t):
    return np.cos(1.0 + t)


@explore.picture(
    _example_functions,
    function=lambda functions: explore.Choice(list(functions), label="f"),
    t=explore.Log(1e-16, 1, step=10, default=1e-5, label="step t"),
)
def differences(functions, function, t):
    """The error of three rules against the step, with what theory lets us expect."""
    errors, second, third, rounding = _measured(*functions[function])
    slope = abs(functions[function][1])
    theory = {"forward": (STEPS / 2 * second + 2 * rounding / STEPS) / slope,
              "central": (STEPS ** 2 / 6 * third + rounding / STEPS) / slope}
    best = {"forward": 2 * np.sqrt(rounding / second), "central": (3 * rounding / third) ** (1 / 3)}
    now = int(np.abs(np.log(STEPS / t)).argmin())
    fig = style.figure(8, 4.3)
    ax = fig.subplots()
    for name, (colour, dashes, marker) in RULES.items():
        ax.plot(STEPS, errors[name], color=colour, linestyle=dashes, linewidth=1.3)
        ax.plot(STEPS[now], errors[name][now], marker, color=colour, markersize=9, markeredgecolor="white",
                label=f"{name}: {style.number(errors[name][now], 2)}")
        if name in theory:
            ax.plot(STEPS, theory[name], color=colour, linewidth=3.5, alpha=0.25)
            ax.axvline(best[name], ymax=0.05, color=colour, linewidth=3)
    ax.axvline(t, color="#555555", linewidth=1, zorder=0)
    ax.set(xscale="log", yscale="log", xlim=(1e-16, 1), ylim=(1e-17, 1e4),
           xticks=(1e-16, 1e-12, 1e-8, 1e-4, 1), yticks=(1e-16, 1e-12, 1e-8, 1e-4, 1))
    style.label(ax, "step t", "relative error of the slope",
                f"{function}: best steps {style.number(best['forward'], 1)} and {style.number(best['central'], 1)}")
    ax.set_title(ax.get_title("left"))
    style.legend(ax, loc="upper center", ncols=3)
    told = ", ".join(f"{name} {style.number(e[now], 2)}" for name, e in errors.items())
    fig.alt = (f"Error of a slope of f ({function}) against the step t, both axes logarithmic. The forward and the "
               f"central difference fall to a lowest point and rise again; theory puts it at "
               f"t = {style.number(best['forward'], 2)} and {style.number(best['central'], 2)}. The imaginary step's "
               f"error stays at rounding for every small t. At t = {style.number(t, 2)}: {told}.")
    return fig
