"""The exercises of notebook 10: a stop that looks back too short, a warm start's memory, backtracking, a diagonal, two
sick runs."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise, ValueExercise
from hf_lib.solvers.cg_rules import RelativeProgress

# ---- the stop --------------------------------------------------------------------------------------


def _stop(look_back=0, factor=0, sign=True, start=True):
    """A rule with its faults: how far it looks back, which k stands in k·ε, whether it asks for φ < 0 and for i > k."""
    def answer(phi, k, eps):
        i = len(phi) - 1
        if start and i <= k or sign and phi[i] >= 0:
            return False
        return bool((phi[i] - phi[max(i - k - look_back, 0)]) / phi[i] < (k + factor) * eps)
    return answer


def _values_of_phi(rng):
    yield [0.0, -1.0, -1.9, -2.0, -2.05, -2.06], 2, 0.02            # looks back to −2: 0.029 of −2.06, not below 0.04
    yield [0.0, -1.0, -1.9, -2.0, -2.01, -2.02], 2, 0.02
    yield [-1.0, -1.001, -1.002], 2, 0.02                           # too early, though nothing moves
    yield [5.0, 1.0, 0.3, 0.29, 0.289, 0.2889], 2, 0.02             # a warm start that has not paid yet
    yield [0.0, -1.0, -2.0, -2.1, -2.13, -2.149, -2.16], 3, 0.01
    for k in (2, 3):
        yield list(-np.cumsum(0.5 ** np.arange(12)) * rng.uniform(1, 3)), k, 5e-4


q1 = FunctionExercise(
    name="ch10.q1",
    title="A stop that looks back too short",
    kind="find the bug",
    stub='''
        def stop(phi, k, eps):
            """Whether CG may stop: φ_i < 0, i > k, and the last k steps brought less than k·eps of all progress."""
            i = len(phi) - 1
            if i <= k or phi[i] >= 0:
                return False
            recent = phi[-k]
            return (phi[i] - recent) / phi[i] < k * eps
        ''',
    code='''
        def stop(phi, k, eps):
            """Whether CG may stop: φ_i < 0, i > k, and the last k steps brought less than k·eps of all progress."""
            i = len(phi) - 1
            if i <= k or phi[i] >= 0:
                return False
            recent = phi[i - k]                  # k steps back: phi[-k] is only k − 1 back
            return (phi[i] - recent) / phi[i] < k * eps
        ''',
    why="The list ends with $\\varphi_i$, which is `phi[-1]`. One step back is `phi[-2]`, so $k$ steps back is "
        "`phi[-k - 1]`, or `phi[i - k]`. The code compared the progress of $k - 1$ steps with the bound for $k$ and so "
        "stopped too early. The student project's published code has this slip. With $k = 10$ nobody notices; with "
        "$k = 1$ it would compare $\\varphi_i$ with itself and stop at once.",
    hints=("Write the list [φ₀, φ₁, φ₂, φ₃] on paper, so i = 3. Which entry is two steps back? Which one is `phi[-2]`?",
           "`phi[-1]` is φ_i itself: zero steps back.",
           "`recent = phi[i - k]`"),
    cases=_values_of_phi,
    own_work=(RelativeProgress,),
    diagnoses=(
        Diagnosis("one too far", _stop(look_back=1),
                  say="Now you look k + 1 steps back. Count once more: `phi[i]` is the last."),
        Diagnosis("k − 1 on both sides", _stop(look_back=-1, factor=-1),
                  say="You have made the bound fit the short look back: that is the rule for k − 1."),
        Diagnosis("the sign of φ dropped", _stop(sign=False),
                  say="With φ ≥ 0 CG has not even made good its warm start, and must go on: keep that condition."),
        Diagnosis("too early", _stop(start=False),
                  say="With i ≤ k there are no k steps behind you (and i = k reaches back to the start): go on then."),
    ),
)

q2 = ValueExercise(
    name="ch10.q2",
    title="How long does a warm start remember?",
    kind="warm-up",
    stub="""
        steps = ...              # the smallest whole n with 0.95ⁿ < 0.1
        answer = steps
        """,
    code="""
        steps = int(np.ceil(np.log(0.1) / np.log(0.95)))
        answer = steps
        """,
    why="$0.95^n < 0.1$ means $n \\ln 0.95 < \\ln 0.1$. Both logarithms are negative, so dividing by $\\ln 0.95$ turns "
        "the sign: $n > \\ln 0.1 / \\ln 0.95 = 44.9$, and the smallest whole number is 45. All the weights together, "
        "$1 + 0.95 + 0.95^2 + \\dots = 1/(1 - 0.95) = 20$, say the same in another way: a memory of about 20 steps.",
    hints=("Take the logarithm of both sides.",
           "$\\ln 0.95$ is negative: dividing by it turns < into >.",
           "`np.log(0.1) / np.log(0.95)` is 44.9, and n has to be a whole number."),
    rtol=1e-6,
    diagnoses=(
        Diagnosis("one too few", 44, say="0.95⁴⁴ is 0.105, still above a tenth."),
        Diagnosis("not a whole number", float(np.log(0.1) / np.log(0.95)),
                  say="n counts steps: take the next whole one."),
        Diagnosis("the sum of the weights", 20,
                  say="20 is the sum of all weights. Asked for is when one weight is small."),
        Diagnosis("loses a twentieth each", 18,
                  say="The weight does not fall by 0.05 a step but by 5 % of what is left."),
    ),
)

# ---- backtracking ----------------------------------------------------------------------------------


def _backtrack(f):
    k, best = len(f) - 1, f[-1]
    while k > 0 and (f[k - 1] < best or not best < np.inf):
        k -= 1
        best = f[k]
    return k


def _forward(f):
    k = 0
    while k < len(f) - 1 and f[k + 1] < f[k]:
        k += 1
    return k


def _with_equals(f):
    k = len(f) - 1
    while k > 0 and (f[k - 1] <= f[k] or not f[k] < np.inf):
        k -= 1
    return k


def _against_last(f):
    k = len(f) - 1
    while k > 0 and (f[k - 1] < f[-1] or not f[k] < np.inf):
        k -= 1
    return k


def _stuck_at_infinity(f):
    k = len(f) - 1
    while k > 0 and f[k - 1] < f[k]:
        k -= 1
    return k


def _into_infinity(f):
    k = len(f) - 1
    while k > 0 and (f[k - 1] < f[k] or f[k - 1] == np.inf):
        k -= 1
    return k


def _falls(rng):
    yield (np.array([2.0, 1.2, 1.0, 1.1, 1.5]),)
    yield (np.array([0.5, 1.2, 1.0, 1.1, 1.5]),)                    # lower still, but behind a hill
    yield (np.array([3.0, 2.0, 1.0, 0.9]),)
    yield (np.array([2.0, 1.0, 1.0, 1.3]),)                         # equal: stay at the later one
    yield (np.array([2.0, 1.2, 3.0, np.inf, np.inf]),)
    yield (np.array([2.0, np.inf, 1.2, 1.3]),)                      # ∞ ends the walk as any rise does
    yield (np.array([1.0, 1.5, 2.0, 2.5]),)
    yield (rng.uniform(0, 1, 8),)


q3 = FunctionExercise(
    name="ch10.q3",
    title="Walk back while f falls",
    kind="core",
    stub='''
        def chosen(f):
            """The place of the iterate that backtracking chooses; f: the loss at the kept iterates, first to last.

            Start at the last. Walk back as long as the one before has a lower f, or f here is infinite.
            """
            return ...
        ''',
    code='''
        def chosen(f):
            """The place of the iterate that backtracking chooses; f: the loss at the kept iterates, first to last.

            Start at the last. Walk back as long as the one before has a lower f, or f here is infinite.
            """
            k = len(f) - 1
            while k > 0 and (f[k - 1] < f[k] or f[k] == np.inf):
                k -= 1
            return k
        ''',
    why="Each comparison is between neighbours on the way back: the one before against the one where you stand. The "
        "walk ends at the first rise and never sees what lies behind it. That saves forward passes, but can miss a "
        "lower value behind a hill. At equal f you stay, with the iterate that CG likes better.",
    hints=("Start with `k = len(f) - 1` and a `while` that lowers k.",
           "Two things allow a step back: `f[k - 1] < f[k]`, or that f[k] is no number to stay with.",
           "`while k > 0 and (f[k - 1] < f[k] or f[k] == np.inf): k -= 1`"),
    cases=_falls,
    diagnoses=(
        Diagnosis("the lowest of all", lambda f: int(np.argmin(f)),
                  say="The lowest of all would need f everywhere. The walk ends at the first rise."),
        Diagnosis("from the front", _forward, say="You walk from the first iterate forwards. Begin at the last."),
        Diagnosis("compared with the last", _against_last,
                  say="You compare with f at the last iterate all the way. Compare with f where you stand."),
        Diagnosis("equal is not lower", _with_equals, say="Where the one before is only as low, stay."),
        Diagnosis("stuck at infinity", _stuck_at_infinity,
                  say="∞ is not larger than ∞, so you never leave it. From an infinite f walk back in any case."),
        Diagnosis("on into infinity", _into_infinity,
                  say="You go on where the one *before* is infinite. Walk back in any case only where f *here* is."),
        Diagnosis("the last", lambda f: len(f) - 1, say="This is always CG's last iterate: no walk at all."),
    ),
)

# ---- the diagonal ----------------------------------------------------------------------------------


def _gradients(rng):
    for n, d in ((4, 3), (6, 2), (5, 5)):
        yield rng.normal(size=(n, d)), float(rng.uniform(0.1, 2)), float(rng.choice([0.5, 0.75]))


q4 = FunctionExercise(
    name="ch10.q4",
    title="A diagonal that forgets",
    kind="find the bug",
    stub='''
        def diagonal(g_n, lam, alpha):
            """M of the preconditioner, shape (d,); g_n (N, d): the gradient of each example."""
            g = np.mean(g_n, axis=0)
            return (g**2 + lam) ** alpha
        ''',
    code='''
        def diagonal(g_n, lam, alpha):
            """M of the preconditioner, shape (d,); g_n (N, d): the gradient of each example."""
            squares = np.mean(g_n**2, axis=0)            # square first, then the mean
            return (squares + lam) ** alpha
        ''',
    why="The square of the mean is not the mean of the squares. Near a minimum the gradients of the examples cancel: "
        "their mean goes to 0, and M becomes the constant $\\lambda^\\alpha$, which changes nothing. The mean of the "
        "squares stays, and tells how strongly each parameter acts. The student project's published code has this "
        "slip.",
    hints=("Try N = 2 with the gradients +3 and −3 for one parameter. What is M, and what ought it to be?",
           "The order of two operations is wrong.",
           "`np.mean(g_n**2, axis=0)`"),
    cases=_gradients,
    diagnoses=(
        Diagnosis("sum, not mean", lambda g_n, lam, alpha: (np.sum(g_n**2, axis=0) + lam) ** alpha,
                  say="You have the sum over the examples. f, G and λ here belong to means: divide by N."),
        Diagnosis("λ outside the power", lambda g_n, lam, alpha: np.mean(g_n**2, axis=0) ** alpha + lam,
                  say="λ belongs inside the power, beside the squares."),
        Diagnosis("the inverse", lambda g_n, lam, alpha: (np.mean(g_n**2, axis=0) + lam) ** -alpha,
                  say="This is 1/M. CG divides by M itself: z = r / M."),
        Diagnosis("sizes, not squares", lambda g_n, lam, alpha: (np.mean(np.abs(g_n), axis=0) + lam) ** alpha,
                  say="Squares, not absolute values: the curvature is quadratic in the derivatives."),
        Diagnosis("the mean over parameters", lambda g_n, lam, alpha: (np.mean(g_n**2, axis=1) + lam) ** alpha,
                  say="You have averaged over the parameters. The mean runs over the examples, axis 0."),
    ),
)

# ---- name the sickness -----------------------------------------------------------------------------

NAMES = ("overflow", "ratio below zero", "runaway damping", "stuck damping", "harmful preconditioner", "dead units",
         "wrong sign", "small curvature batch")

q5 = ValueExercise(
    name="ch10.q5",
    title="Patient P: name the sickness",
    kind="core",
    stub="""
        answer = ...             # patient P; one of the eight names of the table
        """,
    code="""
        answer = "dead units"
        """,
    why="All units are dead: the share in the chart is 100 %, and f stays near $\\ln 10 = 2.30$, the loss of a guess. "
        "ρ is near 1, because a network that only has its last biases left is nearly quadratic in them; so λ falls and "
        "falls. Both are consequences. A few steps that were far too long had pushed every unit below 0 for every "
        "example. The cure is a new start with steps that are held back.",
    hints=("Which of the columns would still look strange if the others were healthy?",
           "f ≈ 2.30. What does a network get that answers with the same ten probabilities for every image?",
           "Look at the last column, and at the loss ln 10."),
    choices=NAMES,
    diagnoses=(
        Diagnosis("the falling λ", "stuck damping",
                  say="λ moves: it falls, as it should after ρ > 3/4. Stuck damping would stay after ρ < 1/4."),
        Diagnosis("a good ρ is not all", "wrong sign",
                  say="The promise lies between 1 and 2 times −φ: the sign is right."),
        Diagnosis("λ the wrong way", "runaway damping", say="A runaway λ grows. Here it falls, since ρ is near 1."),
        Diagnosis("nothing infinite", "overflow", say="Every f is a number. Look for a network that cannot move."),
    ),
)

q6 = ValueExercise(
    name="ch10.q6",
    title="Patient Q: name the sickness",
    kind="stretch",
    stub="""
        answer = ...             # patient Q; one of the eight names of the table
        """,
    code="""
        answer = "wrong sign"
        """,
    why="f falls, ρ is below 1 and looks decent, λ moves: nothing seems wrong. But the promise is more than twice CG's "
        "own −φ, and no G ⪰ 0 allows that (step 10.1). The quadratic term has a plus where a minus belongs, so ρ comes "
        "out too small and λ stays higher than it need be.",
    hints=("f falls nicely. So which of the columns holds a value that is impossible?",
           "Step 10.1 gives bounds for one of the columns.",
           "The promise / (−φ) must lie between 1 and 2."),
    choices=NAMES,
    diagnoses=(
        Diagnosis("ρ above zero", "ratio below zero",
                  say="ρ is positive in almost every step. Look for an impossible value."),
        Diagnosis("λ still moves", "stuck damping",
                  say="λ falls where ρ is above ¾, as it should. Look for an impossible value."),
        Diagnosis("G of all examples", "small curvature batch",
                  say="Here G is made from all examples. Look for an impossible value."),
        Diagnosis("units live", "dead units", say="The share of dead units is 0. Look for an impossible value."),
    ),
)
