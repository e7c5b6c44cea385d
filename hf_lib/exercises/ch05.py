"""The exercises of notebook 05: adjoints by hand, rules, two broken reverse sweeps, an imaginary step."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise, ValueExercise
from hf_lib.network import autodiff

q1 = ValueExercise(
    name="ch05.q1",
    title="Adjoints of five nodes",
    kind="warm-up",
    stub="""
        # s1 = 2,  s2 = -1,  s3 = s1 * s2,  s4 = s3 + s2,  s5 = s4 * s4,  f = s5
        bar_4 = ...                                     # the adjoint of s4
        bar_3 = ...
        bar_2 = ...                                     # = ∂f/∂s2
        bar_1 = ...                                     # = ∂f/∂s1
        answer = (bar_4, bar_3, bar_2, bar_1)
        """,
    code="""
        # s1 = 2,  s2 = -1,  s3 = s1 * s2,  s4 = s3 + s2,  s5 = s4 * s4,  f = s5
        s1, s2, s4 = 2, -1, -3
        bar_4 = 2 * s4                                  # s4 stands in s5 twice
        bar_3 = bar_4
        bar_2 = bar_4 + s1 * bar_3                      # through s4, and through s3
        bar_1 = s2 * bar_3
        answer = (bar_4, bar_3, bar_2, bar_1)
        """,
    why="$s_2$ is used by $s_4$ and by $s_3$, so its adjoint is a sum of two shares, $-6$ and $2 \\cdot (-6)$. "
        "Check: $f = (s_1 s_2 + s_2)^2$, so $\\partial f / \\partial s_2 = 2 (s_1 s_2 + s_2)(s_1 + 1) = "
        "2 \\cdot (-3) \\cdot 3$.",
    hints=("Work backwards from $\\bar s_5 = 1$. How often does $s_4$ occur in $s_5$?",
           "Every node that uses $s_i$ hands it a share: its own adjoint times the local derivative. Shares are added.",
           "$\\bar s_4 = 2 s_4$, $\\bar s_3 = \\bar s_4$, $\\bar s_2 = \\bar s_4 + s_1 \\bar s_3$, "
           "$\\bar s_1 = s_2 \\bar s_3$."),
    diagnoses=(
        Diagnosis("only the path through s3", (-6, -6, -12, 6),
                  say="s₂ is used by s₄ as well as by s₃: both hand it a share."),
        Diagnosis("only the path through s4", (-6, -6, -6, 6),
                  say="s₂ is used by s₃ as well as by s₄: both hand it a share."),
        Diagnosis("s4 counted once", (-3, -3, -9, 3),
                  say="s₄ · s₄ uses s₄ twice, so the local derivative is 2 s₄."),
        Diagnosis("local derivatives swapped", (-6, -6, 0, -12),
                  say="The derivative of s₁·s₂ by s₁ is s₂, and by s₂ it is s₁."),
        Diagnosis("tangents", (3, 2, 1, 0),
                  say="These are tangents, for a move of s₂ alone. Adjoints run from the end to the beginning."),
    ),
)


def _division(forward, for_a, for_b):
    """A `division_rules` with the given tangent, and the given factors of the two shares."""
    return lambda a, b, da, db, g: (forward(a, b, da, db), for_a(a, b) * g, for_b(a, b) * g)


def _right(a, b, da, db):
    return (da - a / b * db) / b


def _division_cases(rng):
    for shape in ((), (3,), (2, 4)):
        a, da, db, g = rng.normal(size=(4, *shape))
        b = rng.uniform(0.5, 2.0, size=shape)
        yield (a, b, da, db, g) if shape else tuple(map(float, (a, b, da, db, g)))


q2 = FunctionExercise(
    name="ch05.q2",
    title="A rule for the quotient",
    kind="core",
    stub='''
        def division_rules(a, b, da, db, g):
            """For s = a / b: the tangent of s, and the shares of a and of b in the adjoint g of s."""
            return ...
        ''',
    code='''
        def division_rules(a, b, da, db, g):
            """For s = a / b: the tangent of s, and the shares of a and of b in the adjoint g of s."""
            by_a = 1 / b                       # ∂s/∂a
            by_b = -a / b**2                   # ∂s/∂b
            return by_a * da + by_b * db, by_a * g, by_b * g
        ''',
    why="Both sweeps use the same two local derivatives. Forward they gather: $\\dot s$ is a sum over what $s$ uses. "
        "In reverse they scatter: each thing that $s$ uses is handed a share.",
    hints=("First the two local derivatives, $\\partial s / \\partial a$ and $\\partial s / \\partial b$.",
           "They are $1/b$ and $-a/b^2$. Forward: add up derivative times tangent.",
           "`by_a * da + by_b * db`, `by_a * g`, `by_b * g`."),
    cases=_division_cases,
    diagnoses=(
        Diagnosis("sign of the share of b",
                  _division(lambda a, b, da, db: (da + a / b * db) / b, lambda a, b: 1 / b, lambda a, b: a / b ** 2),
                  say="A larger denominator makes the quotient smaller: ∂s/∂b has a minus."),
        Diagnosis("b not squared", _division(lambda a, b, da, db: (da - a * db) / b, lambda a, b: 1 / b,
                                             lambda a, b: -a / b),
                  say="∂s/∂b has b² below: differentiate a · b⁻¹ by b."),
        Diagnosis("numerator forgotten", _division(lambda a, b, da, db: da / b - db / b ** 2, lambda a, b: 1 / b,
                                                   lambda a, b: -1 / b ** 2),
                  say="∂s/∂b is −a/b², with the a."),
        Diagnosis("the adjoint left out",
                  lambda a, b, da, db, g: ((da - a / b * db) / b, 1 / b, -a / b ** 2),
                  say="These are the local derivatives. A share is the local derivative times the adjoint g."),
        Diagnosis("quotient of the tangents", _division(lambda a, b, da, db: da / db, lambda a, b: 1 / b,
                                                        lambda a, b: -a / b ** 2),
                  say="Your shares are right. The tangent is no quotient of tangents: add up local derivative "
                      "times tangent, as for a product."),
        Diagnosis("shares swapped", _division(_right, lambda a, b: -a / b ** 2, lambda a, b: 1 / b),
                  say="The tangent is right, but the two shares stand in the wrong order: first that of a."),
    ),
)


def _sweep(start, collect):
    """A wrong `reverse_sweep`: nodes in descending order, with collect(old, share, share's number) kept."""
    def answer(uses, slopes):
        bar = np.full(len(uses), start)
        bar[-1] = 1.0
        for i in reversed(range(len(uses))):
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


def _ascending(uses, slopes):
    bar = np.zeros(len(uses))
    bar[-1] = 1.0
    for i in range(len(uses)):
        for p, slope in zip(uses[i], slopes[i]):
            bar[p] += slope * bar[i]
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
    code='''
        def reverse_sweep(uses, slopes):
            """The adjoints ∂f/∂s_i of all nodes, as an array; f is the last node.

            uses[i] lists the (earlier) nodes that node i is computed from, slopes[i] the ∂s_i/∂s_p.
            """
            bar = np.zeros(len(uses))
            bar[-1] = 1.0                                   # ∂f/∂f
            for i in reversed(range(len(uses))):
                for p, slope in zip(uses[i], slopes[i]):
                    bar[p] += slope * bar[i]                # every use hands back a share
            return bar
        ''',
    why="`=` keeps only the share that arrives last. On a chain, where every node is used once, that is right; so "
        "a test on a chain passes. It fails for `s * s`, for tied weights, for recurrent networks. Every tool must "
        "add: PyTorch does so even across calls, and that is why its users call `zero_grad()`.",
    hints=("Try the graph `uses = [[], [0, 0]]`, `slopes = [[], [1.0, 1.0]]`: that is f = s + s.",
           "How many shares does a node get that is used twice, and how many survive?",
           "`bar[p] += slope * bar[i]`."),
    cases=_graph_cases,
    diagnoses=(
        Diagnosis("from front to back", _ascending,
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


def _complex_gradients(rng):
    """Gradients that take complex arguments: of a quartic, of a sum of exponentials, of a sine of a product."""
    for d in (2, 3, 5):
        A = rng.normal(size=(d, d))
        yield (lambda t, A=A: A.T @ (A @ t) ** 3), rng.normal(size=d), rng.normal(size=d)
    a = rng.normal(size=4)
    yield (lambda t: a * np.exp(a @ t) + 2 * t), rng.normal(size=4), rng.normal(size=4)
    yield (lambda t: np.cos(a @ t) * a), rng.normal(size=4), rng.normal(size=4)


def _imaginary(part, divide=1e-20, scale=1.0):
    return lambda gradient, theta, v: part(gradient(theta + 1e-20j * v)) / divide * scale


q5 = FunctionExercise(
    name="ch05.q5",
    title="A Hessian product from an imaginary step",
    kind="stretch",
    stub='''
        def hessian_product(gradient, theta, v):
            """H v (d,) to full accuracy, from ONE call of gradient, which takes complex vectors too."""
            return ...
        ''',
    code='''
        def hessian_product(gradient, theta, v):
            """H v (d,) to full accuracy, from ONE call of gradient, which takes complex vectors too."""
            t = 1e-20
            return gradient(theta + 1j * t * v).imag / t
        ''',
    why="$\\nabla f(\\theta + i t v) = \\nabla f(\\theta) + i t H v - \\dots$, and the next imaginary term is smaller "
        "by $t^2 = 10^{-40}$. Nothing is subtracted, so nothing is lost. It needs a gradient code that does not "
        "break on complex numbers: no `abs`, no `max`, no conjugate. Chapter 06 finds the same product without them.",
    hints=("Step 6.4, with the gradient in place of $f$: what is the imaginary part of $\\nabla f(\\theta + i t v)$?",
           "It is $t H v$, up to $t^3$. Choose $t$ so small that the rest is far below rounding.",
           "`gradient(theta + 1j * t * v).imag / t` with `t = 1e-20`."),
    cases=_complex_gradients,
    linear_in="v",
    rtol=1e-12,
    own_work=(autodiff.hessian_product,),
    diagnoses=(
        Diagnosis("a difference",
                  lambda gradient, theta, v: (gradient(theta + 1e-5 * v) - gradient(theta - 1e-5 * v)) / 2e-5,
                  say="That is close, and no closer than differences get. Step into the imaginary direction instead."),
        Diagnosis("an imaginary step too long",
                  lambda gradient, theta, v: gradient(theta + 1e-3j * v).imag / 1e-3,
                  say="The right idea, with an error of order t². No rounding threatens here: take t far smaller."),
        Diagnosis("not divided", _imaginary(np.imag, divide=1.0),
                  say="The imaginary part is t·Hv: divide by t."),
        Diagnosis("the real part", _imaginary(np.real, divide=1.0),
                  say="The real part is the gradient itself; the change along v is in the imaginary part."),
        Diagnosis("sign", _imaginary(np.imag, scale=-1.0)),
        Diagnosis("factor 2", _imaginary(np.imag, scale=2.0)),
    ),
)
