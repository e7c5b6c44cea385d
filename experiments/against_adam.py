"""How much more work tuned Adam and L-BFGS need to reach what Hessian-free reaches at some budgets.

    python experiments/against_adam.py [sine deep] [--fresh]

Writes data/runs/against_adam_sine.npz and _deep.npz, a row for each run; one that is there is not made
again. The problems are those of ablation.py. Hessian-free: the preset martens2010 with the λ and the
initialisation of that table. Adam: every setting of the grid on one seed of its own; then for each budget
the setting that came there first, on the table's five seeds. A run of Adam is given up where another setting
on the same seed has reached all the targets that it has not, for less work: it could not be chosen any more.
L-BFGS runs too; it has nothing to tune but its memory.

========== ===================================================================================
method     0 Hessian-free, 1 Adam on the tuning seed, 2 Adam on a seed of the table, 3 Hessian-free
           with curvature from a quarter of the examples, up to the last budget; 4 L-BFGS
batch      examples a step, 0 for all
length     gradient-equivalents over which Adam's step size falls to zero in a straight line; 0: constant
loss_k     Hessian-free: f at the last step within budget number k; others: the same number, their target
cost_k     Hessian-free: the cost of that step; others: the first cost with f at the target, NaN: never,
           or for Adam not before another of its settings
========== ===================================================================================

Adam's f on all data is read for nothing where it runs on mini-batches, once per gradient-equivalent.
Adam starts where Hessian-free starts, on the same data.
"""

from functools import partial

import ablation
import numpy as np
from commands import Entry, command_line
from history import History
from runner import within
from table import Table

import hf_lib as hf

BUDGETS = {"sine": [300, 1000, 2000], "deep": [100, 1000, 4000]}
CAP = {"sine": 6000, "deep": 12000}       # gradient-equivalents, where Adam is given up
RATES = {"sine": [0.001, 0.003, 0.01, 0.03, 0.1, 0.3], "deep": [0.001, 0.003, 0.01, 0.03]}
BATCHES = {"sine": [60, 30, 15, None], "deep": [100, 30, 10, None]}              # in the order of the runs
MEMORY = 30                               # pairs of vectors that L-BFGS keeps
SHARES = [None, 1 / 16, 0.25, 1.0]        # of the cap, after which the step size is zero; None: constant
TUNING_SEED = 10


def run_hf(name, seed):
    """The row: cost and f of the last step within each budget; the last f; seconds."""
    setup = ablation.PROBLEMS[name]
    problem, theta, rng = setup.make(seed)
    budgets = BUDGETS[name]
    best, seconds = [(0.0, problem.value(theta))] * len(budgets), 0.0
    for step in within(hf.HessianFree(problem, theta, rng, **ablation.full(setup)), budgets[-1]):
        best = [(step.cost, step.loss) if step.cost <= budget else old for budget, old in zip(budgets, best)]
        seconds = step.seconds
    costs, losses = np.transpose(best)
    return row(costs, losses, losses[-1], seconds)


def run_adam(name, seed, targets, best, rate, batch, length):
    """What `race_to` returns of Adam with this setting; `best`: the lowest costs so far, for each target."""
    problem, theta, rng = ablation.PROBLEMS[name].make(seed)
    every = 1 if batch is None else problem.N // batch               # steps a gradient-equivalent
    eta = (lambda k: rate) if length is None else (lambda k: rate * max(1 - k / (length * every), 0.0))
    adam = hf.Adam(problem, theta, eta, batch=batch, rng=rng if batch else None, every=every)
    return race_to(targets, adam, np.minimum(best, CAP[name] if length is None else length),
                   f=None if batch is None else problem.value)


def run_quarter(name, seed, targets):
    """What `race_to` returns of Hessian-free with curvature from a quarter of the examples."""
    setup = ablation.PROBLEMS[name]
    problem, theta, rng = setup.make(seed)
    settings = {**ablation.full(setup), "curvature_batch": problem.N // 4}
    return race_to(targets, hf.HessianFree(problem, theta, rng, **settings), BUDGETS[name][-1])


def run_lbfgs(name, seed, targets):
    """What `race_to` returns of L-BFGS: of a short run if that does, for SciPy makes and keeps all steps it may."""
    problem, theta, _ = ablation.PROBLEMS[name].make(seed)
    for share in (0.1, 0.3, 1.0):
        steps = int(share * CAP[name])
        found = race_to(targets, hf.LBFGS(problem, theta, max_steps=steps, memory=MEMORY), CAP[name])
        if np.isfinite([found[f"cost_{k}"] for k in range(len(targets))]).all():
            break
    return found


def race_to(targets, optimiser, caps, f=None):
    """The row: first cost with f ≤ each target (NaN: never), the targets, the lowest f seen, seconds.

    `caps` says, for each target or for all, where it is given up. `f` is read at θ where the step's own loss is
    only that of a mini-batch.
    """
    costs, lowest, seconds = np.full(len(targets), np.nan), np.inf, 0.0
    caps = np.broadcast_to(caps, costs.shape)
    for step in within(optimiser, caps.max()):
        value = step.loss if f is None else f(step.theta)
        lowest, seconds = min(lowest, value), step.seconds
        costs[np.isnan(costs) & (value <= targets)] = step.cost
        if not np.any(np.isnan(costs) & (step.cost < caps)):
            break
    return row(costs, targets, lowest, seconds)


def row(costs, losses, lowest, seconds):
    return dict(lowest=lowest, seconds=seconds, **{f"cost_{k}": cost for k, cost in enumerate(costs)},
                **{f"loss_{k}": loss for k, loss in enumerate(losses)})


def grid(name):
    """Adam's settings: (rate, batch, length)."""
    lengths = [share and share * CAP[name] for share in SHARES]
    return [(rate, batch, length) for batch in BATCHES[name] for length in lengths for rate in RATES[name]]


def settings(name):
    """What the runs of a problem were made with, as JSON can hold it."""
    return {"budgets": BUDGETS[name], "cap": CAP[name], "rates": RATES[name], "batches": BATCHES[name],
            "shares": SHARES, "memory": MEMORY, "tuning_seed": TUNING_SEED,
            "problem": ablation.settings({name: ablation.PROBLEMS[name]})}


def pick(settings, costs, lowest):
    """For each target the setting that came there first; where none did, that with the lowest f.

    Costs with the same whole part are equal, for f is read no more often; of equals the first is taken.
    """
    columns = np.floor(np.where(np.isnan(costs), np.inf, costs)).T
    return list(dict.fromkeys(settings[np.argmin(column if np.isfinite(column).any() else lowest)]
                              for column in columns))


def make(name, fresh):
    """All runs of a problem: Adam's grid on the tuning seed, then all methods on the table's seeds."""
    all_settings, ranks, seeds = grid(name), range(len(BUDGETS[name])), ablation.SEEDS
    about = 1 + len(all_settings) + len(seeds) * (3 + len(ranks))          # as many where no setting is best twice
    table = Table(History(f"against_adam_{name}", seeds, settings(name)), ("seed", "method", "rate", "batch", "length"),
                  about, fresh)

    def get(seed, method, make, setting=(0.0, None, None)):
        """(costs, losses, lowest) of a run."""
        rate, batch, length = setting
        of = table.get(dict(seed=seed, method=method, rate=rate, batch=batch or 0, length=length or 0), make)
        return *(np.array([of[f"{part}_{k}"][0] for k in ranks]) for part in ("cost", "loss")), of["lowest"][0]

    def hf_targets(seed):
        return get(seed, 0, partial(run_hf, name, seed))[1]

    def adam(seed, method, settings, targets):
        """(costs, lowest) of these settings, a row each."""
        found, best = [], np.full(len(targets), np.inf)
        for setting in settings:
            run = partial(run_adam, name, seed, targets, best, *setting)
            costs, _, lowest = get(seed, method, run, setting)
            best = np.fmin(best, costs)
            found.append((costs, lowest))
        return map(np.array, zip(*found))
    picked = pick(all_settings, *adam(TUNING_SEED, 1, all_settings, hf_targets(TUNING_SEED)))
    for seed in seeds:
        targets = hf_targets(seed)
        adam(seed, 2, picked[::-1], targets)                 # first that for the last target: it limits the others
        get(seed, 3, partial(run_quarter, name, seed, targets))
        get(seed, 4, partial(run_lbfgs, name, seed, targets))
    show(table.history, name)


def show(history, name):
    """The cost of Adam and of L-BFGS over that of Hessian-free for each seed."""
    columns = {key: np.array(values) for key, values in history.columns.items()}
    for k, budget in enumerate(BUDGETS[name]):
        for method, words in ((0, "as in the table"), (3, "curvature from a quarter")):
            for rival, its_name in ((2, "Adam"), (4, "L-BFGS")):
                print(f"{name}, budget {budget}, {words}: {its_name} needs", " ".join(
                    f"{r:.2f}" for r in ratios(columns, k, method, rival)), "times as much")


def ratios(columns, k, method=0, rival=2):
    """The rival's cost to the target of budget k over Hessian-free's, for each seed of the table.

    Adam (2) with the best of its picked settings, or L-BFGS (4); ∞ where none came there, NaN where
    Hessian-free did not. `method` says which Hessian-free.
    """
    found = []
    for seed in ablation.SEEDS:
        here = columns["seed"] == seed
        other, own = (columns[f"cost_{k}"][here & (columns["method"] == m)] for m in (rival, method))
        other = other[np.isfinite(other)]
        found.append((other.min() if other.size else np.inf) / own[0])
    return np.array(found)


def entries():
    for name, budgets in BUDGETS.items():
        takes = f"{budgets[-1]:,} GE, Adam {CAP[name]:,}"
        yield Entry(name, f"Hessian-free, L-BFGS, {len(grid(name))} settings of Adam", takes,
                    (f"against_adam_{name}",), lambda args, name=name: make(name, args.fresh))


def main():
    command_line(__doc__, entries)


if __name__ == "__main__":
    main()
