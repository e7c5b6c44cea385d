"""Exercises of notebook 16: a step of r2, structural damping in one line, and two meanings of 0.04."""

import numpy as np

from hf_lib.judge.kinds import FunctionExercise, ValueExercise

from .slips import combined, in_parts

__all__ = ["q4", "q5", "q6"]


def _moving(rng):
    for N, n, m in ((3, 4, 2), (2, 3, 3), (4, 2, 1)):
        D, R_D, R_s = rng.normal(size=(3, N, n))
        D_z, R_D_z = rng.normal(size=(2, N, m))
        W_hh, V_hh = rng.normal(size=(2, n, n))
        W_ho, V_ho = rng.normal(size=(2, n, m))
        yield rng.uniform(-0.9, 0.9, (N, n)), R_s, D, D_z, R_D, R_D_z, W_hh, W_ho, V_hh, V_ho


def _second(bend=lambda h: -2 * h * (1 - h**2), moved=lambda R_s, h: R_s, adjoint=lambda bar, R_bar: bar,
            state=1, output=1, carried=1, slope=lambda h: 1 - h**2, shares=1):
    """An `R_reverse_step`, right or wrong in some of its parts."""
    def R_reverse_step(h, R_s, D_next, D_z, R_D_next, R_D_z, W_hh, W_ho, V_hh, V_ho):
        bar_h = D_z @ W_ho.T + D_next @ W_hh.T
        R_bar_h = (shares * R_D_z @ W_ho.T + carried * R_D_next @ W_hh.T + output * D_z @ V_ho.T
                   + state * D_next @ V_hh.T)
        return slope(h) * R_bar_h + bend(h) * moved(R_s, h) * adjoint(bar_h, R_bar_h)
    return R_reverse_step


q4 = FunctionExercise(
    name="ch16.q4",
    title="The Hessian, one step back in time",
    kind="stretch",
    stub='''
        def R_reverse_step(h, R_s, D_next, D_z, R_D_next, R_D_z, W_hh, W_ho, V_hh, V_ho):
            """R{δ_t} (N, n), where δ_t = S ∘ (∂f/∂z_t W_hoᵀ + δ_{t+1} W_hhᵀ), S = 1 − h².

            h = tanh(s_t), R_s = R{s_t}; D_next = δ_{t+1}, D_z = ∂f/∂z_t; with R_ their R.
            V_hh, V_ho: how W_hh, W_ho move.
            """
            S = 1 - h**2
            bar_h = D_z @ W_ho.T + D_next @ W_hh.T
            R_bar_h = ...                    # four terms
            return ...                       # two terms
        ''',
    code='''
        def R_reverse_step(h, R_s, D_next, D_z, R_D_next, R_D_z, W_hh, W_ho, V_hh, V_ho):
            """R{δ_t} (N, n), where δ_t = S ∘ (∂f/∂z_t W_hoᵀ + δ_{t+1} W_hhᵀ), S = 1 − h².

            h = tanh(s_t), R_s = R{s_t}; D_next = δ_{t+1}, D_z = ∂f/∂z_t; with R_ their R.
            V_hh, V_ho: how W_hh, W_ho move.
            """
            S = 1 - h**2
            bar_h = D_z @ W_ho.T + D_next @ W_hh.T
            R_bar_h = R_D_z @ W_ho.T + D_z @ V_ho.T + R_D_next @ W_hh.T + D_next @ V_hh.T
            return S * R_bar_h - 2 * h * S * R_s * bar_h
        ''',
    why="The product rule, twice. Each of the two shares of $\\bar h$ is a product of an adjoint and a matrix, and "
        "both move: four terms. $\\delta = S \\circ \\bar h$ is a product, too, and $\\mathcal R\\{S\\} = "
        "\\tanh''(s)\\, \\mathcal R\\{s\\} = -2 h S\\, \\mathcal R\\{s\\}$. For $G v$ the adjoints $\\delta$ count "
        "as 0: then the terms with `D_z`, `D_next` and `bar_h` go, and what is left is r1.",
    hints=("`bar_h` has two products in it, and in each both factors move.",
           "R{δ W ᵀ} = R{δ} Wᵀ + δ Vᵀ. And δ = S ∘ bar_h is once more a product.",
           "The last piece is R{S} ∘ bar_h, with R{S} = tanh''(s) ∘ R{s} and tanh'' = −2 h S."),
    cases=_moving,
    diagnoses=combined(
        _second,
        ("the bend left out", "S = 1 − h² moves as well: R{S} ∘ bar_h is missing.", {"bend": lambda h: 0 * h}),
        ("sign of the bend", "tanh'' is −2 h S: the slope falls where h is positive and s grows.",
         {"bend": lambda h: 2 * h * (1 - h**2)}),
        ("factor 2 of the bend", "The derivative of 1 − h² is −2 h times that of h.",
         {"bend": lambda h: -h * (1 - h**2)}),
        ("the bend without its slope", "R{1 − h²} = −2 h R{h}, and R{h} = S R{s}: one S is missing.",
         {"bend": lambda h: -2 * h}),
        ("R{h} for R{s}", "tanh'' goes with R{s}: the S in it has turned R{s} into R{h} already.",
         {"moved": lambda R_s, h: R_s * (1 - h**2)}),
        ("R{h̄} in the bend", "Where S moves, the other factor stays as it is: bar_h.",
         {"adjoint": lambda bar, R_bar: R_bar}),
        ("h̄ forgotten in the bend", "δ = S ∘ bar_h: where S moves, bar_h stands beside it.",
         {"adjoint": lambda bar, R_bar: 1}),
        ("V_hh forgotten", "R{δ W_hhᵀ} has two terms: W_hh moves along V_hh.", {"state": 0}),
        ("V_ho forgotten", "W_ho moves along V_ho: the term ∂f/∂z_t V_hoᵀ is missing.", {"output": 0}),
        ("R{δ_{t+1}} forgotten", "The next step's adjoint moves: R_D_next W_hhᵀ is missing.", {"carried": 0}),
        ("R of the output's adjoint forgotten", "∂f/∂z_t moves: R_D_z W_hoᵀ is missing.", {"shares": 0}),
        ("the slope left out", "δ = S ∘ bar_h: where bar_h moves, S stands beside it.",
         {"slope": lambda h: np.ones_like(h)}),
        most=2,
        without=({"the bend left out", "R{h} for R{s}"}, {"the bend left out", "R{h̄} in the bend"},
                 {"the bend left out", "h̄ forgotten in the bend"}, {"the bend without its slope", "R{h} for R{s}"}),
    ),
)


def _damped(rng):
    for N, n, m, mu, lam in ((3, 4, 2, 0.3, 2.0), (2, 3, 3, 1.0, 0.5), (4, 2, 1, 0.1, 5.0)):
        yield (rng.normal(size=(N, n)), rng.normal(size=(N, m)), rng.normal(size=(N, n)),
               rng.uniform(-0.9, 0.9, (N, n)), rng.normal(size=(n, n)), rng.normal(size=(n, m)), mu, lam)


def _line(charge=lambda S, R_s: S * R_s / 4, factor=lambda mu, lam: mu * lam, mean=lambda N: 1 / N,
          place=lambda S, bar, extra: S * bar + extra):
    """A `damped_step`, right or wrong in some of its parts."""
    def damped_step(D_next, D_z, R_s, h, W_hh, W_ho, mu, lam):
        S = 1 - h**2
        return place(S, D_z @ W_ho.T + D_next @ W_hh.T, factor(mu, lam) * mean(len(h)) * charge(S, R_s))
    return damped_step


q5 = FunctionExercise(
    name="ch16.q5",
    title="Structural damping in one line",
    kind="core",
    stub='''
        def damped_step(D_next, D_z, R_s, h, W_hh, W_ho, mu, lam):
            """One step of r1 in B v: δ_t, with the charge for moving the state, (N, n).

            h = tanh(s_t), R_s = R{s_t}; M_t = diag(1 − h²)/4; the charge is the mean over N.
            """
            S = 1 - h**2
            delta = S * (D_z @ W_ho.T + D_next @ W_hh.T)
            return delta + ...
        ''',
    code='''
        def damped_step(D_next, D_z, R_s, h, W_hh, W_ho, mu, lam):
            """One step of r1 in B v: δ_t, with the charge for moving the state, (N, n).

            h = tanh(s_t), R_s = R{s_t}; M_t = diag(1 − h²)/4; the charge is the mean over N.
            """
            S = 1 - h**2
            delta = S * (D_z @ W_ho.T + D_next @ W_hh.T)
            return delta + mu * lam * S / 4 * R_s / len(h)
        ''',
    why="$\\mathcal R\\{s_t\\} = J_{s_t} v$ is there already, from the forward pass f1. To multiply by "
        "$J_{s_t}^\\top M_t$, the reverse pass has to start at $s_t$ with $M_t\\, \\mathcal R\\{s_t\\}$; being linear, "
        "it does so for all $t$ on the way back that $G v$ takes anyway. $M_t$ is the Hessian with respect to $s_t$, "
        "not $h_t$, so no further slope comes in.",
    hints=("J_sᵀ M J_s v: what is J_s v called here, and where does a reverse pass that starts at s_t begin?",
           "The adjoint of s_t gets µλ M_t R{s_t} on top, with the mean's 1/N.",
           "M_t R{s_t} is (1 − h²)/4 times R_s, entry by entry. The three factors µ, λ, 1/N come before it."),
    cases=_damped,
    diagnoses=combined(
        _line,
        ("M left out", "R{s_t} is weighted by M_t = diag(1 − h²)/4 before it goes back.",
         {"charge": lambda S, R_s: R_s}),
        ("the quarter", "M_t is (1 − h²)/4: the quarter is missing.", {"charge": lambda S, R_s: S * R_s}),
        ("the slope in M", "M_t is (1 − h²)/4: the slope is missing.", {"charge": lambda S, R_s: R_s / 4}),
        ("the slope once too often", "M_t R{s_t} belongs to the adjoint of s_t itself: it has (1 − h²)/4 once, and is "
                                     "added after the slope.", {"charge": lambda S, R_s: S**2 * R_s / 4}),
        ("R{s} left out", "B v is linear in v: the new term needs R{s_t}.", {"charge": lambda S, R_s: S / 4}),
        ("λ left out", "The charge is µλ times the distance: the two kinds of damping grow together.",
         {"factor": lambda mu, lam: mu}),
        ("µ left out", "The charge is µλ times the distance: µ is missing.", {"factor": lambda mu, lam: lam}),
        ("µ + λ", "The charge is µ times λ times the distance.", {"factor": lambda mu, lam: mu + lam}),
        ("no mean", "The charge is a mean over the N sequences, as f is: 1/N is missing.", {"mean": lambda N: 1}),
        ("subtracted", "The charge makes the curvature larger: it is added.",
         {"place": lambda S, bar, extra: S * bar - extra}),
        ("the charge alone", "The line *adds* to r1's δ_t.", {"place": lambda S, bar, extra: extra}),
        ("nothing added", "This is r1 without the charge.", {"place": lambda S, bar, extra: S * bar}),
        most=1,
    ),
)


q6 = ValueExercise(
    name="ch16.q6",
    title="Two meanings of 0.04",
    kind="core",
    stub="""
        # A, B uniform in [0, 1]; the network's answer is the mean of the target, always
        own = ...                # share solved: target A + B, |error| ≤ 0.04
        other = ...              # share solved: target (A + B)/2, error² ≤ 0.04
        answer = (own, other)
        """,
    code="""
        # A, B uniform in [0, 1]; the network's answer is the mean of the target, always
        within = lambda e: 1 - (1 - e) ** 2      # P(|A + B − 1| ≤ e), for e ≤ 1
        own = within(0.04)
        other = within(2 * np.sqrt(0.04))        # |(A + B)/2 − ½| ≤ 0.2
        answer = (own, other)
        """,
    why="$A + B$ lies outside $1 \\pm e$ in two triangles, which together make a square of side $1 - e$. The first "
        "definition leaves 8 % to chance. In the second the error may be $\\sqrt{0.04} = 0.2$ of *half* the sum, "
        "0.4 of the sum: a network that has learned nothing but the mean solves 64 %. A rate of success "
        "means nothing without its definition, and without that of the trivial answer.",
    hints=("Draw the square of all (A, B), and in it the strip where A + B is near its mean 1.",
           "Outside the strip |A + B − 1| ≤ e are two triangles with legs 1 − e.",
           "The share is 1 − (1 − e)². For the second definition: which e of A + B belongs to a squared error of 0.04 "
           "of its half?"),
    diagnoses=in_parts(
        (0.0784, 0.64),
        {0.08: ("a rectangle", "own: the density of A + B falls away from 1; the strip is a little less than 2e."),
         0.04: ("one side", "own: the answer may be off to both sides, and the density is highest at 1."),
         0.9216: ("the share missed", "own: this is the share that is *not* solved.")},
        {0.36: ("the half, or the share missed", "other: 0.36 is without the half (an error of 0.2 in half "
                                                  "the sum is one of 0.4 in the sum), or the share *not* solved."),
         0.0784: ("the first one again", "other: this is the first share. Now the target is half the sum, and the "
                                         "error is squared."),
         0.153664: ("the square forgotten", "other: the *square* of the error may be 0.04, so the error may be 0.2."),
         0.8: ("a rectangle", "other: the density of A + B falls away from 1, so the share is less than 2e.")},
    ),
    rtol=0.006,
)
