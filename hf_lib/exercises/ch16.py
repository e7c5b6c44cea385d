"""Exercises of notebook 16: Jacobians over time, a step of r1, h_0; r2, damping and success are in `ch16_damping`."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise

from .ch16_damping import q4, q5, q6
from .slips import combined

__all__ = ["q1", "q2", "q3", "q4", "q5", "q6"]


def _states(rng):
    for steps, n in ((3, 2), (2, 3), (4, 4)):
        yield rng.normal(size=(n, n)), rng.uniform(0.2, 1.0, (steps, n))


def _jacobian(step=lambda J, W, s: J @ W * s, order=lambda S: S, shown=lambda J: J):
    """A `jacobian`, right or wrong in some of its parts."""
    def jacobian(W_hh, S):
        J = np.eye(len(W_hh))
        for s in order(S):
            J = step(J, W_hh, s)
        return shown(J)
    return jacobian


q1 = FunctionExercise(
    name="ch16.q1",
    title="The state's Jacobian over many steps",
    kind="warm-up",
    stub='''
        def jacobian(W_hh, S):
            """J (n, n) of h_T = tanh(s_T) by h_0: entry (i, j) is ∂h_T[j]/∂h_0[i].

            s_t = (something) + h_{t−1} W_hh; S (T, n) holds tanh'(s_t) for t = 1 … T.
            """
            J = np.eye(len(W_hh))
            for s in S:
                J = ...
            return J
        ''',
    code='''
        def jacobian(W_hh, S):
            """J (n, n) of h_T = tanh(s_T) by h_0: entry (i, j) is ∂h_T[j]/∂h_0[i].

            s_t = (something) + h_{t−1} W_hh; S (T, n) holds tanh'(s_t) for t = 1 … T.
            """
            J = np.eye(len(W_hh))
            for s in S:
                J = (J @ W_hh) * s           # the columns belong to the units of the later state
            return J
        ''',
    why="A small change of a row vector $h$ becomes $(\\delta h\\, W_{hh}) \\circ s$, "
        "which is the matrix $W_{hh} \\operatorname{diag}(s)$. The next step's matrix stands to the *right*, for it is "
        "applied later. `J * s` multiplies column $j$ by $s_j$, just as $J \\operatorname{diag}(s)$ does.",
    hints=("What does one step make of a small change δh of a row vector h?",
           "δh becomes (δh W_hh) ∘ s. Every row of J is such a δh, so all rows can go through the step at once.",
           "First the product with W_hh from the right, then unit j of the *later* state is scaled by s[j]: a column."),
    cases=_states,
    diagnoses=combined(
        _jacobian,
        ("the slopes left out", "Each step has tanh' too: the change of s_t is multiplied by S[t].",
         {"step": lambda J, W, s: J @ W}),
        ("W_hh left out", "Each step multiplies by W_hh as well.", {"step": lambda J, W, s: J * s}),
        ("rows for columns", "s belongs to the later state's units, the columns of J: J * s, without a new axis.",
         {"step": lambda J, W, s: (J @ W) * s[:, None]}),
        ("the slopes before W_hh", "A step multiplies by W_hh first; tanh' acts on the result.",
         {"step": lambda J, W, s: (J * s) @ W}),
        ("later steps on the left", "Here states are rows, so a later step multiplies from the right: J @ W_hh.",
         {"step": lambda J, W, s: (W @ J) * s}),
        ("states as columns", "Here states are rows: a later step multiplies J from the right, and s scales columns.",
         {"step": lambda J, W, s: s[:, None] * (W @ J)}),
        ("W_hh transposed", "Forwards a row goes through W_hh itself; W_hhᵀ belongs to the way back.",
         {"step": lambda J, W, s: (J @ W.T) * s}),
        ("the last step alone", "J has to collect all steps: multiply the J that is there.",
         {"step": lambda J, W, s: W * s}),
        ("a sum over the steps", "The steps follow one another, so their matrices are multiplied, not added.",
         {"step": lambda J, W, s: J + W * s}),
        ("the slopes squared", "Each step has tanh' once.", {"step": lambda J, W, s: J @ W * s**2}),
        ("a matrix for a scale", "`J @ W_hh @ s` is a vector. Scale each column: `*`.",
         {"step": lambda J, W, s: np.broadcast_to(J @ W @ s, J.shape)}),
        ("the steps in reverse", "J starts at h_0, so the first step comes first.", {"order": lambda S: S[::-1]}),
        ("the first step alone", "`return` stands in the loop, or only one step is made: all T steps count.",
         {"order": lambda S: S[:1]}),
        ("a product entry by entry", "A step multiplies J by W_hh as a matrix: `@`. Only the slopes go entry by entry.",
         {"step": lambda J, W, s: J * W * s}),
        ("tanh' of tanh'", "S holds tanh'(s_t) already: it is the factor itself.",
         {"step": lambda J, W, s: J @ W * (1 - s**2)}),
        ("the last step left out", "S has a row for every step, and all of them count.", {"order": lambda S: S[:-1]}),
        ("the first step left out", "S has a row for every step, and all of them count.", {"order": lambda S: S[1:]}),
        ("J transposed", "Entry (i, j) is ∂h_T[j]/∂h_0[i]: rows belong to h_0.", {"shown": lambda J: J.T}),
        most=1,
    ),
)


def _steps(rng):
    for N, n, m in ((3, 4, 2), (2, 3, 3), (4, 2, 1)):
        yield (rng.normal(size=(N, n)), rng.normal(size=(N, m)), rng.uniform(0.2, 1.0, (N, n)),
               rng.normal(size=(n, n)), rng.normal(size=(n, m)))


def _back(output=lambda D_z, W_ho: D_z @ W_ho.T, later=lambda D, W_hh: D @ W_hh.T, slope=lambda S, bar: S * bar,
          add=lambda a, b: a + b):
    """A `reverse_step`, right or wrong in some of its parts."""
    def reverse_step(D_next, D_z, S, W_hh, W_ho):
        return slope(S, add(output(D_z, W_ho), later(D_next, W_hh)))
    return reverse_step


def _inside(D_next, D_z, S, W_hh, W_ho):
    return S * (D_z @ W_ho.T) + D_next @ W_hh.T


def _outside(D_next, D_z, S, W_hh, W_ho):
    return D_z @ W_ho.T + S * (D_next @ W_hh.T)


q2 = FunctionExercise(
    name="ch16.q2",
    title="One step back in time",
    kind="core",
    stub='''
        def reverse_step(D_next, D_z, S, W_hh, W_ho):
            """δ_t = ∂f/∂s_t (N, n) from δ_{t+1} (N, n) and ∂f/∂z_t (N, m).

            h_t = act(s_t) goes into z_t = h_t W_ho + b_o and s_{t+1} = … + h_t W_hh + b_h.
            S (N, n) is act'(s_t).
            """
            bar_h = ...                      # ∂f/∂h_t
            return ...
        ''',
    code='''
        def reverse_step(D_next, D_z, S, W_hh, W_ho):
            """δ_t = ∂f/∂s_t (N, n) from δ_{t+1} (N, n) and ∂f/∂z_t (N, m).

            h_t = act(s_t) goes into z_t = h_t W_ho + b_o and s_{t+1} = … + h_t W_hh + b_h.
            S (N, n) is act'(s_t).
            """
            bar_h = D_z @ W_ho.T + D_next @ W_hh.T       # two users, two shares
            return S * bar_h
        ''',
    why="$h_t$ has two users: the output of its own step, and the next state. An adjoint adds up over all users "
        "(chapter 05), and each goes back through the transposed matrix it came through. Only then comes the slope: it "
        "belongs to the way from $s_t$ to $h_t$, which both shares take.",
    hints=("How many later quantities use h_t? Each contributes its share to ∂f/∂h_t.",
           "A row that went forwards through W comes back through Wᵀ. Then add, and only then comes act'.",
           "The share of the output is D_z W_hoᵀ. Write the state's share in the same way; S multiplies the sum."),
    cases=_steps,
    diagnoses=combined(
        _back,
        ("W_hh not transposed", "The share of the next state: on the way back stands W_hhᵀ. W_hh itself has the "
                                "right shape, and is wrong.", {"later": lambda D, W: D @ W}),
        ("the next state forgotten", "h_t is used twice: also s_{t+1} depends on it. Its share is missing, and with it "
                                     "all memory.", {"later": lambda D, W: 0}),
        ("the next state's matrix forgotten", "The share of the next state comes back through W_hhᵀ.",
         {"later": lambda D, W: D}),
        ("the output forgotten", "h_t is used twice: z_t's share is missing.", {"output": lambda D, W: 0}),
        ("the slope forgotten", "This is ∂f/∂h_t. The step back from h_t to s_t, act', is missing.",
         {"slope": lambda S, bar: bar}),
        ("the slope squared", "act' enters once.", {"slope": lambda S, bar: S**2 * bar}),
        ("the slope of a slope", "S is act'(s_t) already: it is the factor itself.",
         {"slope": lambda S, bar: (1 - S**2) * bar}),
        ("the shares subtracted", "Shares of an adjoint are added.", {"add": lambda a, b: a - b}),
        ("the shares multiplied", "Shares of an adjoint are added.", {"add": lambda a, b: a * b}),
        ("the mean of the shares", "Shares of an adjoint are added; there is no mean over users.",
         {"add": lambda a, b: (a + b) / 2}),
        most=1,
    ) + (
        Diagnosis("the slope on one share", _inside,
                  say="act' stands between s_t and h_t: it multiplies both shares, not only that of the output."),
        Diagnosis("the slope on one share", _outside,
                  say="act' stands between s_t and h_t: it multiplies both shares, not only that of the next state."),
        Diagnosis("the slope twice on one share", lambda D, D_z, S, W_hh, W_ho: S * (D_z @ W_ho.T + (S * D) @ W_hh.T),
                  say="δ_{t+1} holds its own step's slope already; act'(s_t) multiplies the sum, once."),
    ),
)


def _starts(rng):
    for T, N, n in ((3, 4, 2), (2, 3, 3), (4, 2, 4)):
        yield rng.normal(size=(T + 1, N, n)), rng.normal(size=(T, N, n)), rng.normal(size=(n, n))


def _shares(matrix=lambda H, D: np.einsum("tni,tnj->ij", H[:-1], D), start=lambda D, W: D[0] @ W.T,
            total=lambda rows: rows.sum(axis=0)):
    """A `shares_of_the_state`, right or wrong in some of its parts."""
    return lambda H, D, W_hh: (matrix(H, D), total(start(D, W_hh)))


q3 = FunctionExercise(
    name="ch16.q3",
    title="A start that learns the wrong thing",
    kind="find the bug",
    stub='''
        def shares_of_the_state(H, D, W_hh):
            """∂f/∂W_hh (n, n) and ∂f/∂h_0 (n,).

            H (T+1, N, n) are the states h_0 … h_T, D (T, N, n) the δ_1 … δ_T.
            All N sequences start from the same h_0.
            """
            G_hh = sum(h.T @ delta for h, delta in zip(H[:-1], D))
            g_0 = D[0].sum(axis=0)
            return G_hh, g_0
        ''',
    code='''
        def shares_of_the_state(H, D, W_hh):
            """∂f/∂W_hh (n, n) and ∂f/∂h_0 (n,).

            H (T+1, N, n) are the states h_0 … h_T, D (T, N, n) the δ_1 … δ_T.
            All N sequences start from the same h_0.
            """
            G_hh = sum(h.T @ delta for h, delta in zip(H[:-1], D))
            g_0 = (D[0] @ W_hh.T).sum(axis=0)
            return G_hh, g_0
        ''',
    why="`D[0]` is $\\delta_1 = \\partial f/\\partial s_1$, and $h_0$ goes into $s_1$ through $W_{hh}$: back through "
        "$W_{hh}^\\top$, then summed, because all sequences share one $h_0$. It has no output of its own and no tanh, "
        "so nothing else is missing. The bug is easy to overlook: $h_0$ is a few numbers among a thousand, the "
        "shapes fit, and training still lowers $f$. A check by differences of *every* entry finds it.",
    hints=("Compare the two lines: which parameter does each belong to, and how does f depend on it?",
           "h_0 goes into s_1 = x_1 W_vh + h_0 W_hh + b_h. D[0] is ∂f/∂s_1.",
           "From ∂f/∂s_1 to ∂f/∂h_0 it is one product with a transposed matrix. The sum over sequences is right."),
    cases=_starts,
    diagnoses=combined(
        _shares,
        ("W_hh not transposed", "g_0: back through W_hh stands W_hhᵀ.", {"start": lambda D, W: D[0] @ W}),
        ("the last step", "g_0: h_0 goes into the *first* step, whose adjoint is D[0].",
         {"start": lambda D, W: D[-1] @ W.T}),
        ("all steps", "g_0: h_0 goes into the first step alone. What it does later is in D[0] already.",
         {"start": lambda D, W: D.sum(axis=0) @ W.T}),
        ("the mean", "g_0: the shares of the sequences are added. The 1/N is in D already.",
         {"total": lambda rows: rows.mean(axis=0)}),
        ("one sequence", "g_0: all N sequences start from h_0, so their shares are added.",
         {"total": lambda rows: rows[0]}),
        ("states after the step", "G_hh was right: the state that goes into step t is the one *before* it, H[t].",
         {"matrix": lambda H, D: np.einsum("tni,tnj->ij", H[1:], D)}),
        ("G_hh transposed", "G_hh was right: rows belong to the earlier state, hᵀδ.",
         {"matrix": lambda H, D: np.einsum("tni,tnj->ji", H[:-1], D)}),
        most=1,
    ),
)
