"""Full Hessian-free minus one device at a time, on three problems, with five seeds at one cost.

    python experiments/ablation.py [sine deep classifier] [--seeds 0 1 2 3 4]
    python experiments/ablation.py --tune [sine deep classifier]

The second prints how λ at the start and the initialisation of the full method were chosen. The first
writes data/runs/ablation.npz, a row for each problem, variant and seed. A row that is there is not
made again; --fresh starts anew.

========== ===================================================================================
sine       1-20-20-1, tanh, on 1,000 points of y = sin 10x without noise, squared error, float64
deep       autoencoder 196-64-32-8-32-64-196, tanh, on 300 digits at 14×14, squared error, float32
classifier 196-50-10, tanh, on 2,000 digits at 14×14, softmax and cross-entropy, float32
========== ===================================================================================

`problem` and `variant` are places in the lists `problems` and `variants` of the stored settings. Each
problem has a budget in gradient-equivalents; a step that would end beyond it does not count. `final` and
`best` are f on all data, `reached` the cost at which f was at most the problem's target (NaN: never).
"""

import functools
from dataclasses import dataclass, replace

import numpy as np
from commands import Entry, command_line
from history import History
from runner import within
from table import Table

import hf_lib as hf

SEEDS = [0, 1, 2, 3, 4]
TUNING_SEEDS = [10, 11, 12, 13, 14]                             # of --tune, and its grids of λ
DAMPINGS, FIXED = [1e-4, 1e-3, 0.01, 0.1, 1.0, 10.0], [1e-5, 1e-4, 1e-3, 0.01, 0.1]


@dataclass(frozen=True)
class Setup:
    """A problem of the table: its network, and what full Hessian-free is there."""

    sizes: tuple
    n: int
    damping: float                # of --tune the lowest median, of those equal to two digits the largest λ
    scheme: str
    fixed: float                  # λ of the variant "fixed λ": the best that --tune shows for it
    curvature_batch: int | None
    budget: float
    target: float

    def make(self, seed, scheme=None):
        """The problem with this seed's data, its θ and its generator."""
        rng = np.random.default_rng(seed)
        net = hf.MLP(self.sizes, activation="tanh")
        if self.sizes[0] == 1:
            data = hf.datasets.sine("code", rng, n=self.n, noise=0.0)
            problem = hf.Problem(net, hf.SquaredError(), data.X, data.Y)
        else:
            data = hf.datasets.mnist(side=14)
            rows = rng.choice(len(data.X_train), self.n, replace=False)
            X, same = data.X_train[rows], self.sizes[0] == self.sizes[-1]
            loss = hf.SquaredError() if same else hf.SoftmaxCrossEntropy()
            problem = hf.Problem(net, loss, X, X if same else data.Y_train[rows])
        return problem, net.init(rng, scheme=scheme or self.scheme, dtype=problem.X.dtype), rng


PROBLEMS = {
    "sine": Setup((1, 20, 20, 1), 1000, 1.0, "glorot", 1e-4, None, 3000, 1e-5),
    "deep": Setup((196, 64, 32, 8, 32, 64, 196), 300, 1.0, "glorot", 0.01, None, 1000, 3.0),
    "classifier": Setup((196, 50, 10), 2000, 1e-3, "glorot", 0.01, 500, 400, 0.01),
}
# what is changed against the full method; the last three depend on the problem, see `run`. "rule for λ" keeps
# the λ that the full method starts with, "fixed λ" one that was tuned for the whole run
VARIANTS = {
    "full": {},
    "stop": {"stop": None},
    "warm start": {"warm_start": 0.0},
    "decay": {"warm_start": 1.0},
    "backtracking": {"backtracking": False},
    "preconditioner": {"preconditioner": None},
    "exponent": {"preconditioner": 1.0},
    "rule for λ": {"damping_factor": 1.0},
    "ratio": {"ratio": "damped"},
    "line search": {"line_search": False},
    "initialisation": {},
    "curvature batch": {},
    "fixed λ": {"damping_factor": 1.0},
}


def full(setup):
    """Settings of the full method beside the preset martens2010."""
    return {"damping": setup.damping, "curvature_batch": setup.curvature_batch}


def run(setup, variant, seed):
    """One cell of the table: its row."""
    settings, scheme = {**full(setup), **VARIANTS[variant]}, setup.scheme
    if variant == "initialisation":
        scheme = {"glorot": "sparse", "sparse": "glorot"}[scheme]
    if variant == "curvature batch":                    # all where the full method has a part, else a quarter
        settings["curvature_batch"] = setup.n // 4 if setup.curvature_batch is None else None
    if variant == "fixed λ":
        settings["damping"] = setup.fixed
    problem, theta, rng = setup.make(seed, scheme)
    losses, reached, seconds = [problem.value(theta)], np.nan, 0.0
    cg = []
    for step in within(hf.HessianFree(problem, theta, rng, **settings), setup.budget):
        losses.append(step.loss)
        cg.append(step.cg.iterations)
        seconds, cost = step.seconds, step.cost
        if np.isnan(reached) and step.loss <= setup.target:
            reached = cost
    return dict(start=losses[0], final=losses[-1], best=min(losses), reached=reached, steps=len(cg),
                cg_iterations=np.mean(cg), cost=cost, seconds=seconds)


def settings(problems=PROBLEMS):
    """What the table was made with, as JSON can hold it."""
    return {"problems": list(problems), "variants": list(VARIANTS), "budgets": [s.budget for s in problems.values()],
            "targets": [s.target for s in problems.values()], "dampings": [s.damping for s in problems.values()],
            "schemes": [s.scheme for s in problems.values()],
            "curvature_batches": [s.curvature_batch for s in problems.values()],
            "fixed": [s.fixed for s in problems.values()]}


def table(columns, settings, problem, name):
    """{variant: column `name` of its seeds, in their order} of one problem."""
    here = columns["problem"] == settings["problems"].index(problem)
    return {variant: columns[name][here & (columns["variant"] == i)][
        np.argsort(columns["seed"][here & (columns["variant"] == i)])]
        for i, variant in enumerate(settings["variants"])}


def show(history, problem):
    columns = {name: np.array(values) for name, values in history.columns.items()}
    made = history.origin["settings"]
    finals, costs = (table(columns, made, problem, name) for name in ("final", "reached"))
    steps, cg = (table(columns, made, problem, name) for name in ("steps", "cg_iterations"))
    target = made["targets"][made["problems"].index(problem)]
    print(f"\n{problem}: f after the budget, median (lowest to highest); cost of f ≤ {target:g}")
    for variant, f in finals.items():
        if f.size:
            cost = np.where(np.isnan(costs[variant]), np.inf, costs[variant])
            print(f"{variant:16s} {np.median(f):9.3g} ({f.min():9.3g} to {f.max():9.3g})   reached by "
                  f"{np.isfinite(cost).sum()}/{f.size}, median {np.median(cost):6.0f}   "
                  f"steps {np.median(steps[variant]):5.0f}, CG {np.median(cg[variant]):5.1f}")


def tune(name):
    """Print what full Hessian-free reaches from each λ and initialisation, and with each fixed λ, on other seeds."""
    def show_final(words, variant, **changes):
        setup = replace(PROBLEMS[name], **changes)
        final = [run(setup, variant, seed)["final"] for seed in TUNING_SEEDS]
        print(f"{name:10s} {words}: f {np.median(final):9.3g} ({min(final):9.3g} to {max(final):9.3g})", flush=True)
    for scheme in ("glorot", "sparse"):
        for lam in DAMPINGS:
            show_final(f"{scheme}, λ = {lam:g} at the start", "full", damping=lam, scheme=scheme)
    for lam in FIXED:
        show_final(f"λ = {lam:g} throughout", "fixed λ", fixed=lam)


def make(name, table, seeds):
    """Every variant of one problem with these seeds, and what came out."""
    for j, variant in enumerate(VARIANTS):
        for seed in seeds:
            key = dict(problem=list(PROBLEMS).index(name), variant=j, seed=seed)
            table.get(key, lambda variant=variant, seed=seed: run(PROBLEMS[name], variant, seed))
    show(table.history, name)


def main():
    @functools.cache                                     # all problems share one history
    def table(fresh):
        runs = len(PROBLEMS) * len(VARIANTS) * len(SEEDS)
        return Table(History("ablation", SEEDS, settings()), ("problem", "variant", "seed"), runs, fresh)

    def entries():
        for name, s in PROBLEMS.items():
            def do(args, name=name):
                tune(name) if args.tune else make(name, table(args.fresh), args.seeds)
            yield Entry(name, f"{'-'.join(map(str, s.sizes))}, {len(VARIANTS)} variants, {len(SEEDS)} seeds",
                        f"{s.budget} GE a run", ("ablation",), do)

    def options(parser):
        parser.add_argument("--seeds", nargs="*", type=int, default=SEEDS)
        parser.add_argument("--tune", action="store_true", help="show how the full method was chosen; stores nothing")
    command_line(__doc__, entries, options)


if __name__ == "__main__":
    main()
