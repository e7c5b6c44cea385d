"""The switches of the Hessian-free loop and their named presets. Derived in notebook 10."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hf_lib._checks import choice, count, number
from hf_lib.solvers.cg_rules import RelativeProgress

from .schedule import number_or_schedule


@dataclass(frozen=True)
class Settings:
    """The devices of the loop, each with its switch; presets are instances of this.

    Attributes
    ----------
    damping : float
        λ at the start; 0 stays 0, as the rule multiplies.
    damping_factor : float
        Factor of the Levenberg–Marquardt rule; 1 keeps λ fixed. Notebook 08 §4.
    damping_floor : float or callable
        The rule does not take λ below it, 10 §9: a number, or ``damping_floor(k)`` ≥ 0 for step k = 1, 2, …, after k
        steps. A floor that rises late shortens the last steps, as a falling learning rate does. 11 §3.
    ratio : {"undamped", "damped"}
        Whether ρ's predicted reduction leaves out ½λ‖p‖² or holds it. 08 §3.
    warm_start : float
        CG starts at this factor times its last solution; 0 starts at 0. 10 §2.
    stop : callable or None
        CG's stopping rule beside its residual. 10 §1.
    max_cg : int
        CG iterations at most.
    preconditioner : float, "kronecker" or None
        The exponent α of M = (mean g_n² + λ)^α, 10 §4; or blocks of Kronecker products, 12 §5, which
        need λ > 0 and a generator; None for plain CG.
    backtracking : bool
        Look back along CG's iterates for the lowest f. 10 §3.
    line_search : bool
        Armijo from the chosen iterate; without it the full step is made where f falls. 10 §6.
    gradient_batch : int or None
        Examples for gradient, ρ, backtracking and line search; None for all.
    curvature_batch : int or None
        Examples out of these for G; None for all of them. 10 §8.
    compare_plain : bool
        Run plain CG beside the preconditioned one, for the record only; up to twice the products. 10 §4.
    keep_iterates : bool
        Leave CG's iterates in the records: for the pictures; takes much memory on large networks.
    """

    damping: float
    damping_factor: float = 1.5
    damping_floor: float | Callable[[int], float] = 0.0
    ratio: str = "undamped"
    warm_start: float = 0.95
    stop: object = RelativeProgress()
    max_cg: int = 250
    preconditioner: float | str | None = 0.75
    backtracking: bool = True
    line_search: bool = True
    gradient_batch: int | None = None
    curvature_batch: int | None = None
    compare_plain: bool = False
    keep_iterates: bool = False

    def __post_init__(self):
        keep = lambda name, value: object.__setattr__(self, name, value)     # Python's numbers: NumPy's promote float32
        for name, low, high in (("damping", 0, np.inf), ("damping_factor", 1, np.inf), ("warm_start", 0, 1)):
            keep(name, number(name, getattr(self, name), low, high))
        keep("damping_floor", number_or_schedule("damping_floor", self.damping_floor, low=0))
        for name in ("max_cg", "gradient_batch", "curvature_batch"):
            if name == "max_cg" or getattr(self, name) is not None:
                keep(name, count(name, getattr(self, name)))
        if self.stop is not None and not callable(self.stop):
            raise TypeError(f"stop must be a callable or None, got {type(self.stop).__name__}")
        choice("ratio", self.ratio, ("undamped", "damped"))
        if isinstance(self.preconditioner, str):
            choice("preconditioner", self.preconditioner, ("kronecker",))
        elif self.preconditioner is not None:
            keep("preconditioner", number("preconditioner", self.preconditioner, low=0))


PRESETS = {
    # Martens 2010 and its demonstration code; the curvature batch is the caller's to choose
    "martens2010": Settings(damping=45.0),
    # The Freiburg project of 2021/22, with its errors repaired: one batch for everything
    "source2022": Settings(damping=1.0, damping_factor=1.01, ratio="damped", warm_start=1.0,
                           stop=RelativeProgress(k_min=3, k_share=0.0), max_cg=50,
                           preconditioner=None, backtracking=False, line_search=False),
    # What experiments/mini_batches.py and mnist.py showed (notebooks 10 §9, 11 §3): 784-800-10 on MNIST, float32.
    # curvature_batch: a product costs a quarter. The model knows less of the batch, so the rule finds its balance at a
    #   larger λ (at batch 1,000: 0.13 where it was 0.03). ρ on other data is near 0: the gradient is the whole batch's.
    # max_cg, warm_start: three iterations a step; the warm start carries the solution from batch to batch.
    # preconditioner: at λ ≥ 0.1 it is nearly a multiple of 1 (11 §10), and costs a product.
    # damping_floor: eight CG steps on one batch for everything let λ fall below 0.001 and blew up. 0.1 is the floor
    #   of a run's first half. The caller who knows its length K may raise it in the second, as a learning rate is
    #   lowered: damping_floor=lambda k: 0.1 if 2 * k < K else 1.0. (With one seed that made no difference.)
    # line_search: a step that raises f on its own batch is shortened.
    # stop, backtracking: off, for the cap on CG comes first.
    # The others are those of martens2010.
    # Three seeds on all 60,000, 20 epochs with the raised floor, L2 1e-4, running average of θ: 1.53 % test error at
    #   55 GE. At batch 500 with five preconditioned iterations, the preset's first form: 1.65 % at 75 GE.
    "stochastic": Settings(damping=1.0, damping_floor=0.1, gradient_batch=125, curvature_batch=31, max_cg=3,
                           preconditioner=None, stop=None, backtracking=False),
}
