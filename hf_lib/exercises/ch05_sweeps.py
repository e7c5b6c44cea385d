"""Exercises of notebook 05 on the reverse sweep: adjoints that forget, and what is kept for it."""

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


def _duplicates_lost(uses, slopes):
    bar = np.zeros(len(uses))
    bar[-1] = 1.0
    for i in reversed(range(len(uses))):
        bar[uses[i]] += np.array(slopes[i]) * bar[i]
    return bar


def _own_adjoint(uses, slopes):
    bar = np.zeros(len(uses))
    bar[-1] = 1.0
    for i in reversed(range(len(uses))):
        for p, slope in zip(uses[i], slopes[i]):
            bar[p] += slope * bar[p]
    return bar


def _tangents(uses, slopes):
    dot = np.zeros(len(uses))
    dot[0] = 1.0
    for i in range(len(uses)):
        for p, slope in zip(uses[i], slopes[i]):
            dot[i] += slope * dot[p]
    return dot


def _without_seed(uses, slopes):
    return _sweep(0.0, lambda old, share, j: old + share)(uses, slopes) * 0


def _parents_last(uses, slopes):
    bar = _sweep(0.0, lambda old, share, j: old + share)(uses, slopes)
    return bar[::-1].copy()


def _graph_cases(rng):
    """Random graphs in which node i uses earlier ones, some twice, some three times; one node leads nowhere."""
    yield [[], [0, 0], [1, 0]], [[], [0.5, 2.0], [1.0, -3.0]]
    for n in (6, 9, 12):
        uses = [[], [], [0, 1, 0]]
        for i in range(3, n):
            uses.append([i - 1, int(rng.integers(0, i - 1))] if i != n - 2 else [0])
        uses[-1] = [n - 3, 1, n - 3]
        yield uses, [list(rng.uniform(0.5, 2.0, len(u)) * rng.choice([-1, 1], len(u))) for u in uses]


q3 = FunctionExercise(
    name="ch05.q3",
    title="Adjoints that forget",
    kind="find the bug",
    stub='''
        def reverse_sweep(uses, slopes):
            """The adjoints ∂f/∂s_i of all nodes, as an array; f is the last node.

            uses[i] lists the nodes that node i is computed from, slopes[i] the ∂s_i/∂s_p.
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
           "What should happen to a share that is there already when the next one arrives?"),
    cases=_graph_cases,
    diagnoses=(
        Diagnosis("a node used twice by one node", _duplicates_lost,
                  say="Where one node uses another twice, `bar[[0, 0]] += …` adds only one of the two shares. Go "
                      "through the uses one by one, or use `np.add.at`."),
        Diagnosis("no share arrives", _own_adjoint,
                  say="Only f has an adjoint other than 0. bar[p] has to grow, by slope times bar[i]: the adjoint of "
                      "the node that hands the share on."),
        Diagnosis("tangents", _tangents,
                  say="These are the derivatives of all nodes by the first (tangents), not those of f by all nodes."),
        Diagnosis("from front to back", _sweep(0.0, lambda old, share, j: old + share, order=iter),
                  say="Only the shares that f itself hands out arrive: are the nodes visited from the first to the "
                      "last, or does the sweep end after one? Begin at f, and go on to the first node."),
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


def _costs(kept=0, again=0):
    """A wrong `checkpoint_costs`: the right counts, changed by kept(L, k) and again(L, k)."""
    def answer(L, k):
        return L // k + k - 1 + (kept(L, k) if kept else 0), 2 * L - L // k + (again(L, k) if again else 0)
    return answer


q4 = FunctionExercise(
    name="ch05.q4",
    title="Memory against time",
    kind="core",
    stub='''
        def checkpoint_costs(L, k):
            """(activations held at once at most, layers evaluated forward in all)."""
            return ...
        ''',
    code='''
        def checkpoint_costs(L, k):
            """(activations held at once at most, layers evaluated forward in all)."""
            checkpoints = L // k                   # a_0, a_k, a_2k, …
            held = checkpoints + (k - 1)           # and the others of the last segment
            evaluated = L + (L - checkpoints)      # what was not kept is computed again
            return held, evaluated
        ''',
    why="The sweep begins in the last segment, while all $L/k$ checkpoints are still held; the segment's own one "
        "is among them, so $k - 1$ activations come on top. Forward, all $L$ layers are evaluated once, and every "
        "activation that was not kept a second time: $2L - L/k$. The first number is smallest at $k = \\sqrt L$.",
    hints=("Which activations are held when the sweep begins? Which more does it need for the last segment?",
           "There are $L/k$ checkpoints; a segment has $k$ activations, one of which is its checkpoint.",
           "Computed a second time are just the activations that were not kept. How many are these?"),
    cases=lambda rng: [(64, 8), (60, 5), (int(rng.integers(3, 7)) * 7, 7), (24, 12), (10, 1), (6, 6)],
    diagnoses=(
        Diagnosis("the checkpoint twice", _costs(kept=lambda L, k: 1),
                  say="The first activation of a segment is its checkpoint, which is held already."),
        Diagnosis("one too few is held", _costs(kept=lambda L, k: -1),
                  say="One activation is missing: a_0 is a checkpoint as well, and a segment has k − 1 others."),
        Diagnosis("twice, all but one", _costs(again=lambda L, k: L // k - 1),
                  say="Only what was not kept is computed again, and of the L activations L/k were kept."),
        Diagnosis("in both", _costs(kept=lambda L, k: 1, again=lambda L, k: L // k),
                  say="A checkpoint is held already, and is not computed again: you count it twice in both."),
        Diagnosis("all segments at once", lambda L, k: (L, 2 * L - L // k),
                  say="When a segment is done, its activations may go: only one segment is held at a time."),
        Diagnosis("nothing saved", lambda L, k: (L, 2 * L),
                  say="That is neither plan: with checkpoints less is held, and what was kept is not computed again."),
        Diagnosis("everything kept", lambda L, k: (L, L),
                  say="That is the plain reverse sweep, which keeps all activations; here only every k-th is kept."),
        Diagnosis("one segment alone", lambda L, k: (k, 2 * L - L // k),
                  say="The checkpoints of the other segments are held as well."),
        Diagnosis("checkpoints alone", lambda L, k: (L // k, 2 * L - L // k),
                  say="Inside a segment the sweep needs the activations between the checkpoints, too."),
        Diagnosis("everything a second time", _costs(again=lambda L, k: L // k),
                  say="The checkpoints are there: they need not be computed again, nor a_L."),
        Diagnosis("the first time only", lambda L, k: (L // k + k - 1, L),
                  say="What was not kept is evaluated once more: count the second time, too."),
        Diagnosis("the second time only", lambda L, k: (L // k + k - 1, L - L // k),
                  say="Count the forward pass itself, too: L layers."),
    ),
)
