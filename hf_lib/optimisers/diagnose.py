"""What is wrong with a run of Hessian-free, read off its records. Derived in notebook 10 §10."""

from dataclasses import dataclass
from math import inf, isfinite

import numpy as np

ENOUGH = 8          # steps: fewer are no evidence of a habit


@dataclass(frozen=True)
class Finding:
    """A sickness, the numbers in the record that speak for it, and what to do."""

    sickness: str
    evidence: str
    cure: str


@np.errstate(all="ignore")                       # what is not finite is looked for, not warned of
def diagnose(steps, reason=None):
    """Name what is wrong with a run: a tuple of `Finding`, empty where nothing does.

    ==========================  ==================================================================
    sickness                    the record's evidence
    ==========================  ==================================================================
    "overflow"                  f or its gradient, or f along the way of a step, is not finite
    "dead units"                half of the hidden units or more have a zero gradient
    "wrong sign"                the promise is mostly more than 2·(−φ) of CG, against G ⪰ 0
    "harmful preconditioner"    plain CG gets as far in under half the iterations: only in runs with
                                ``compare_plain=True``
    "stuck damping"             λ does not grow after ρ < 1/4, time and again; or does not fall after
                                ρ > 3/4 though f creeps and λI outweighs G in the step
    "ratio below zero"          ρ < 0 step after step, however large λ becomes
    "runaway damping"           λ grows 100-fold while ρ changes sign and f falls on its own batch
    "small curvature batch"     G from a part of the examples, and ρ < 1/4 or CG's late iterates
                                thrown away in most steps, or ρ < 0 in more than a third of them
    ==========================  ==================================================================

    Parameters
    ----------
    steps : sequence of HFStep
        Or of anything with its fields `loss`, `before`, `predicted`, `rho`, `damping`, `cg`
        (of which `phi`), `chosen`, `dead`, `curvature_share`, `plain_iterations` and `theta` (of
        which the dtype). It may be empty: a loop can end before its first step.
    reason : str, optional
        Why the loop ended, `loop.reason`: an overflow at its very end shows nowhere else.

    Notes
    -----
    The bound of "wrong sign": where CG starts at 0, its p solves (G + λI) p = −g in its Krylov space,
    so gᵀp = −pᵀ(G + λI)p. Then −φ = ½ pᵀ(G + λI)p, and the promise −gᵀp − ½ pᵀG p lies between −φ
    and 2·(−φ). With + in place of − it lies between 2·(−φ) and 3·(−φ). A warm start loosens the bound
    in single steps, so the median over the run is judged. Derived in 10 §10.

    A silent record is no proof of health: this sees what the run saw, not data held out.

    Examples
    --------
    >>> diagnose([], reason="loss or gradient is not finite before step 1")[0].sickness
    'overflow'
    """
    steps = list(steps)
    if reason is not None and not isinstance(reason, str):
        raise TypeError(f"reason must be a text or None, got {type(reason).__name__}")
    overflow = _overflow(steps, reason)
    if overflow:
        return (overflow,)                       # whatever else the record shows may come from it
    found = []
    if len(steps) >= ENOUGH:
        found += [rule(steps) for rule in (_dead, _wrong_sign, _preconditioner)]
    telling = _telling(steps)
    if len(telling) >= ENOUGH:
        found += [_stuck(telling), _small_curvature(telling) or _below_zero(telling) or _runaway(telling)]
    return tuple(finding for finding in found if finding)


def _telling(steps):
    """The steps whose ρ says something: near the minimum it is a quotient of rounding errors.

    f is known to ε·f at best. Where it is the mean of (z − y)² and z is nearly y, to about ε·|z|·|z − y| only,
    and |z| shows in the first f: it began as z − y of another size. Hence the geometric mean of the two f.
    """
    told = []
    for step in steps:
        largest = max(abs(steps[0].before), abs(step.before))
        rounding = float(np.finfo(step.theta.dtype).eps) * np.sqrt(largest) * np.sqrt(abs(step.before))
        if step.predicted > 100 * rounding:
            told.append(step)
    return told


def _overflow(steps, reason):
    bad = [k for k, step in enumerate(steps, 1) if not (isfinite(step.loss) and isfinite(step.before))]
    trials = [k for k, step in enumerate(steps, 1) if step.rho == -inf and step.predicted > 0]
    ended = "not finite" in (reason or "") or "overflows" in (reason or "")
    if not (bad or ended or len(trials) >= ENOUGH):
        return None
    where = f"f is not finite in step {bad[0]}" if bad else f"the loop ended: {reason}" if ended else \
        f"f was not finite where CG's step led, in {len(trials)} of {len(steps)} steps"
    return Finding("overflow", where, "take the largest z out of the softmax before e^z (hf.SoftmaxCrossEntropy "
                   "does), scale the inputs to about 1, or start from smaller weights")


def _dead(steps):
    dead = _median(step.dead for step in steps[-ENOUGH:])
    if dead >= 0.5:                              # NaN, where there is no net, is not
        return Finding("dead units", f"{100 * dead:.0f} % of the hidden units have a gradient of exactly 0 in the "
                       f"last {ENOUGH} steps", "scale the inputs to about 1, and start again with scheme=\"he\" and "
                       "biases at 0, with a larger λ at first, or with another activation")
    return None


def _wrong_sign(steps):
    ratios = [step.predicted / -step.cg.phi[step.chosen] for step in steps if step.cg.phi[step.chosen] < 0]
    if len(ratios) >= ENOUGH and _median(ratios) > 2.1 and np.quantile(ratios, 0.25) > 1.98:
        return Finding("wrong sign", f"the promised reduction is {_median(ratios):.2f} times CG's own −φ (median), "
                       f"where 1 to 2 is possible; ρ is {_median(s.rho for s in steps):.2f}",
                       "the promise for θ + p is −(gᵀp + ½ pᵀG p): hf.predicted_reduction; on an exact "
                       "quadratic ρ must come out as 1")
    return None


def _preconditioner(steps):
    pairs = [(step.plain_iterations, int(np.argmax(step.cg.phi <= 0.99 * step.cg.phi[-1])))
             for step in steps if step.plain_iterations is not None]     # both to 99 % of the same φ
    if len(pairs) < ENOUGH:
        return None
    plain, with_it = (_median(column) for column in zip(*pairs))
    if with_it >= 2 * plain + 2:
        return Finding("harmful preconditioner", f"plain CG gets as far in {plain:.0f} iterations as the "
                       f"preconditioned one in {with_it:.0f} (medians)", "preconditioner=None, or M as it should "
                       "be: it must grow with the curvature, and z = r / M shrink")
    return None


def _stuck(steps):
    pairs = list(zip(steps, steps[1:]))
    ignored = sum(a.rho < 0.25 and b.damping <= a.damping for a, b in pairs)
    called = sum(a.rho < 0.25 for a, _ in pairs)
    if ignored >= ENOUGH and ignored > 0.5 * called:
        return Finding("stuck damping", f"ρ < 1/4 in {called} steps, and after {ignored} of them λ did not grow; it "
                       f"stays at {steps[-1].damping:.2g}", "a floor must be put on the new λ, max(λ_new, floor), "
                       "never be a condition for λ to grow: hf.levenberg_marquardt; a damping_factor of 1 fixes λ")
    idle = [a for a, b in pairs if a.rho > 0.75 and b.damping >= a.damping and a.cg.phi[a.chosen] < 0]
    rules = _median(step.predicted / -step.cg.phi[step.chosen] for step in idle) if idle else 0.0
    creeps = len(idle) > 1 and steps[-1].loss > 0.9 * idle[1].before     # the first may still have a λ below a floor
    if len(idle) >= max(ENOUGH, 0.5 * len(pairs)) and 1.98 < rules < 2.02 and creeps:
        return Finding("stuck damping", f"f creeps; after {len(idle)} steps with ρ > 3/4 λ did not fall, it stays at "
                       f"{steps[-1].damping:.2g}, and the promise is {rules:.2f} times −φ: the step is nearly −g/λ",
                       "let λ follow ρ (damping_factor=1.5), start from a smaller one, or lower damping_floor")
    return None


def _below_zero(steps):
    last = steps[-2 * ENOUGH:]
    negative = sum(step.rho < 0 for step in last)
    growth = _ratio(last[-1].damping, last[0].damping)
    if negative >= 0.9 * len(last) and growth > 10:
        return Finding("ratio below zero", f"ρ < 0 in {negative} of the last {len(last)} steps while λ grew "
                       f"{growth:.0f}-fold", "a short step along −g must lower f, so g is not the gradient of "
                       "this f: hold it against differences of f, on the same examples")
    return None


def _runaway(steps):
    growth = _ratio(steps[-1].damping, min(step.damping for step in steps))
    late = steps[len(steps) // 2:]
    negative = np.mean([step.rho < 0 for step in late])
    fell = np.mean([step.loss < step.before for step in late])
    if growth > 100 and 0.1 <= negative < 0.9 and fell >= 0.75:
        return Finding("runaway damping", f"λ grew {growth:.0f}-fold to {steps[-1].damping:.2g}; in the later half "
                       f"ρ < 0 in {100 * negative:.0f} % of the steps, though f fell on the step's own batch in "
                       f"{100 * fell:.0f} %", "ρ is mostly noise: judge it on the step's own batch or on a larger "
                       "one, or take a factor nearer to 1")
    return None


def _small_curvature(steps):
    share = _median(step.curvature_share for step in steps)
    late = steps[len(steps) // 4:]
    rho = _median(step.rho for step in late)
    kept = _median(step.chosen / max(len(step.cg.phi) - 1, 1) for step in late)
    negative = np.mean([step.rho < 0 for step in late])
    if share < 1 and (rho < 0.25 or kept < 0.5 or negative > 1 / 3):
        return Finding("small curvature batch", f"G comes from {100 * share:.2g} % of the examples; ρ is {rho:.2f} and "
                       f"the iterate kept stands at {100 * kept:.0f} % of CG's way (medians); ρ < 0 in "
                       f"{100 * negative:.0f} % of the steps",
                       "a larger curvature_batch, fewer CG steps, or a larger λ")
    return None


def _median(values):
    return float(np.median(list(values)))


def _ratio(a, b):
    return a / b if b > 0 else inf if a > 0 else 1.0
