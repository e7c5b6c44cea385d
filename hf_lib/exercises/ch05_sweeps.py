"""Exercises of notebook 05 on two broken reverse sweeps: adjoints that forget, and a wrong order."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise

__all__ = ["q3", "q4"]


def _sweep(start, collect, order=reversed):
    """A wrong `reverse_sweep`: nodes in that order, with collect(old, share, share's number) kept."""
    def answer(uses, slopes):
        bar = np.full(len(uses), start)
        bar[-1] = 1.0
        for i in order(range(len(uses))):
            for j, (p, slope) in enumerate(zip(uses[i], slopes[i])):
                bar[p] = collect(bar[p], slope * bar[i], j)
        return bar
    return answer


def _slopes_alone(uses, slopes):
    bar = np.zeros(len(uses))
    bar[-1] = 1.0
    for i in reversed(range(len(uses))):
        for p, slope in zip(uses[i], slopes[i]):
            bar[p] += slope
    return bar


def _without_seed(uses, slopes):
    return _sweep(0.0, lambda old, share, j: old + share)(uses, slopes) * 0


def _parents_last(uses, slopes):
    bar = _sweep(0.0, lambda old, share, j: old + share)(uses, slopes)
    return bar[::-1].copy()


def _graph_cases(rng):
    """Random graphs in which node i uses earlier ones, the first twice; all lead to the last node."""
    yield [[], [0, 0], [1, 0]], [[], [0.5, 2.0], [1.0, -3.0]]
    for n in (6, 9, 12):
        uses = [[], []]
        for i in range(2, n):
            uses.append([i - 1, int(rng.integers(0, i - 1))])
        yield uses, [list(rng.uniform(0.5, 2.0, len(u)) * rng.choice([-1, 1], len(u))) for u in uses]


q3 = FunctionExercise(
    name="ch05.q3",
    title="Adjoints that forget",
    kind="find the bug",
    stub='''
        def reverse_sweep(uses, slopes):
            """The adjoints ∂f/∂s_i of all nodes, as an array; f is the last node.

            uses[i] lists the (earlier) nodes that node i is computed from, slopes[i] the ∂s_i/∂s_p.
            """
            bar = np.zeros(len(uses))
            bar[-1] = 1.0                                   # ∂f/∂f
            for i in reversed(range(len(uses))):
                for p, slope in zip(uses[i], slopes[i]):
                    bar[p] = slope * bar[i]
            return bar
        ''',
    code={"bar[p] = slope * bar[i]": "bar[p] += slope * bar[i]                # every use hands back a share"},
    why="`=` keeps only the share that arrives last. On a chain, where every node is used once, that is right; so "
        "a test on a chain passes. It fails for `s * s`, for tied weights, for recurrent networks. Every tool must "
        "add: PyTorch does so even across calls, and that is why its users call `zero_grad()`.",
    hints=("Try the graph `uses = [[], [0, 0]]`, `slopes = [[], [1.0, 1.0]]`: that is f = s + s.",
           "How many shares does a node get that is used twice, and how many survive?",
           "`bar[p] += slope * bar[i]`."),
    cases=_graph_cases,
    diagnoses=(
        Diagnosis("from front to back", _sweep(0.0, lambda old, share, j: old + share, order=iter),
                  say="The nodes are visited from the first to the last. An adjoint can be handed on only when it is "
                      "complete: begin at f."),
        Diagnosis("started at one", _sweep(1.0, lambda old, share, j: old + share),
                  say="All adjoints start at 0 and collect shares; only that of f starts at 1."),
        Diagnosis("slopes alone", _slopes_alone,
                  say="A share is the local slope times the adjoint of the node that hands it on."),
        Diagnosis("f without a seed", _without_seed,
                  say="All zeros: the adjoint of f itself is 1, and everything else comes from it."),
        Diagnosis("shares multiplied", _sweep(1.0, lambda old, share, j: old * share),
                  say="Along one path slopes are multiplied; over several paths they are added."),
        Diagnosis("listed backwards", _parents_last,
                  say="The numbers are right, but they stand in reverse order."),
    ),
)


def _visits(order):
    """The adjoints, from a sweep that visits the nodes as order(uses) says."""
    def answer(uses, slopes):
        bar = np.zeros(len(uses))
        bar[-1] = 1.0
        for i in order(uses):
            for p, slope in zip(uses[i], slopes[i]):
                bar[p] += slope * bar[i]
        return bar
    return answer


def _every_path_waiting(uses, last):
    waiting, visits = [len(uses) - 1], []
    while waiting:
        i = waiting.pop(0 if not last else -1)
        visits.append(i)
        waiting.extend(uses[i])
    return visits


def _breadth_first(uses):
    waiting, visits = [len(uses) - 1], []
    while waiting:
        i = waiting.pop(0)
        if i not in visits:
            visits.append(i)
            waiting.extend(uses[i])
    return visits


def _scrambled_cases(rng):
    """Graphs as in `_graph_cases`, with the nodes but the last renumbered so that the number tells nothing."""
    for n in (5, 7, 9, 10):
        uses = [[], []]
        for i in range(2, n):
            uses.append([int(rng.integers(0, i - 1)), i - 1])
        slopes = [list(rng.uniform(0.5, 2.0, len(u)) * rng.choice([-1, 1], len(u))) for u in uses]
        new = [*(int(k) for k in rng.permutation(n - 1)), n - 1]
        while new == sorted(new):
            new = [*(int(k) for k in rng.permutation(n - 1)), n - 1]
        renamed, moved = [None] * n, [None] * n
        for i in range(n):
            listed = rng.permutation(len(uses[i]))              # the order in the list tells nothing either
            renamed[new[i]] = [new[uses[i][k]] for k in listed]
            moved[new[i]] = [slopes[i][k] for k in listed]
        yield renamed, moved


q4 = FunctionExercise(
    name="ch05.q4",
    title="A sweep in the wrong order",
    kind="find the bug",
    stub='''
        def backward_order(uses):
            """The nodes in an order fit for the reverse sweep: each after all the nodes that use it.

            uses[i] lists the nodes that node i is computed from. The numbers themselves tell no order,
            but for f, which is the last; it depends on every node.
            """
            order, waiting = [], [len(uses) - 1]
            while waiting:
                i = waiting.pop()
                if i not in order:
                    order.append(i)
                    waiting.extend(uses[i])
            return order
        ''',
    code='''
        def backward_order(uses):
            """The nodes in an order fit for the reverse sweep: each after all the nodes that use it.

            uses[i] lists the nodes that node i is computed from. The numbers themselves tell no order,
            but for f, which is the last; it depends on every node.
            """
            missing = [0] * len(uses)                       # uses whose share has not arrived
            for used in uses:
                for p in used:
                    missing[p] += 1
            order, waiting = [], [len(uses) - 1]
            while waiting:
                i = waiting.pop()
                order.append(i)
                for p in uses[i]:
                    missing[p] -= 1
                    if missing[p] == 0:                     # the adjoint of p is complete
                        waiting.append(p)
            return order
        ''',
    why="As you found it, a node is visited as soon as the *first* node that uses it was; if a second one comes later, "
        "its share arrives when the adjoint has been handed on already. A node may be visited when *all* its users "
        "have been. Autograd counts uses in just this way. A tape needs no search: the order of recording, backwards, "
        "is always fit.",
    hints=("Take f = s·g(s) with `uses = [[], [0], [0, 1]]`. In which order are the nodes visited?",
           "A node is ready when every node that uses it has been visited. Count its uses first.",
           "`missing[p]` counts the uses of p. Visiting i lowers it for each p in `uses[i]`; at 0, p "
           "may wait in the list."),
    cases=lambda rng: [(uses, slopes) for uses, slopes in _scrambled_cases(rng)],
    probe=lambda answer, uses, slopes: _visits(lambda u: list(answer(u)))(uses, slopes),
    diagnoses=(
        Diagnosis("each path on its own", lambda uses: _every_path_waiting(uses, last=True),
                  say="A node is visited once for every path to it, and hands its adjoint on each time: "
                      "shares are counted twice."),
        Diagnosis("nearest first", _breadth_first,
                  say="A node near f may still be waiting for a share that comes by a longer path."),
        Diagnosis("by number", lambda uses: list(reversed(range(len(uses)))),
                  say="The numbers of the nodes tell no order here."),
        Diagnosis("f alone", lambda uses: [len(uses) - 1],
                  say="Only f is visited: nobody else hands anything on."),
    ),
)
