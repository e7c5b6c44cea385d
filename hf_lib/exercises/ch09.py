"""Exercises of notebook 09: the damped product, two wrong signs, the price of a step; CG's own are in `ch09_cg`."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise, ValueExercise
from hf_lib.network.curvature import Linearization
from hf_lib.network.losses import SoftmaxCrossEntropy, SquaredError
from hf_lib.network.mlp import MLP

from .ch09_cg import q3, q5
from .slips import combined

__all__ = ["q1", "q2", "q3", "q4", "q5"]


def _points(rng):
    """Linearised small networks, λ and v: regression and classification, N of 5 to 8."""
    for sizes, loss, N, lam in (((2, 4, 1), SquaredError(), 6, 0.3), ((3, 4, 3), SoftmaxCrossEntropy(), 5, 1.7),
                                ((2, 3, 3, 4), SoftmaxCrossEntropy(), 8, 0.05)):
        net = MLP(sizes)
        X = rng.normal(size=(N, sizes[0]))
        Y = rng.normal(size=(N, 1)) if sizes[-1] == 1 else np.eye(sizes[-1])[rng.integers(0, sizes[-1], N)]
        theta = net.init(rng) + 0.3 * rng.normal(size=net.size)
        yield Linearization(net, loss, X, Y, theta), lam, rng.normal(size=net.size)


def _product(loss=True, n=lambda lin, v: lin.N, damp=lambda lin, lam, v: lam * v, curved=1):
    """A `damped_product`, right or wrong in some of its parts."""
    def damped_product(lin, lam, v):
        u = lin.jvp(v)
        for _ in range(curved if loss else 0):
            u = lin.loss.hessian_product(lin.z, lin.Y, u)
        return lin.vjp(u) / n(lin, v) + damp(lin, lam, v)
    return damped_product


q1 = FunctionExercise(
    name="ch09.q1",
    title="The damped product",
    kind="core",
    stub='''
        def damped_product(lin, lam, v):
            """(G + λI) v, by lin.jvp, lin.loss.hessian_product and lin.vjp; N is lin.N."""
            return ...
        ''',
    code='''
        def damped_product(lin, lam, v):
            """(G + λI) v, by lin.jvp, lin.loss.hessian_product and lin.vjp; N is lin.N."""
            u = lin.jvp(v)                                        # J v
            u = lin.loss.hessian_product(lin.z, lin.Y, u)         # H_L J v
            return lin.vjp(u) / lin.N + lam * v                   # (1/N) Jᵀ H_L J v + λ v
        ''',
    why="From right to left through $\\frac1N J^\\top H_L J v$: forward along $v$, through the loss, back. $f$ is a "
        "mean, so "
        "$G$ has the factor $\\frac1N$; the damping belongs to no example and has none.",
    hints=("Read $\\frac1N J^\\top H_L J v$ from right to left. Each factor is one call.",
           "`lin.jvp(v)` is $Jv$, of shape (N, n_out). The loss turns it into $H_L J v$, of the same shape; `lin.vjp` "
           "leads back.",
           "Three calls, each on what the one before gave; then the mean, $\\frac1N$; and the damping is added last."),
    cases=_points,
    linear_in="v",
    own_work=(Linearization.ggn, Linearization.operator),
    diagnoses=combined(
        _product,
        ("damping left out", "This is G v. Where is λ v?", {"damp": lambda lin, lam, v: 0}),
        ("damping divided by N", "λ belongs to the whole, not to one example: only Jᵀ H_L J v is divided by N.",
         {"damp": lambda lin, lam, v: lam * v / lin.N}),
        ("λ subtracted", "Damping is added: G + λI.", {"damp": lambda lin, lam, v: -lam * v}),
        ("λ without v", "You add the number λ to every entry. I v is v.", {"damp": lambda lin, lam, v: lam}),
        ("v without λ", "λI v is λ v: the factor λ is missing.", {"damp": lambda lin, lam, v: v}),
        ("half of λ", "λI v is λ v, without a factor ½: that stands in φ, not in the product.",
         {"damp": lambda lin, lam, v: 0.5 * lam * v}),
        ("λ squared", "λI v is λ v, with λ itself.", {"damp": lambda lin, lam, v: lam**2 * v}),
        ("N left out", "`vjp` sums over the examples, and f is their mean: divide by N (but not the damping).",
         {"n": lambda lin, v: 1}),
        ("divided by all outputs", "The mean runs over the N examples, not over all N · n_out outputs.",
         {"n": lambda lin, v: lin.z.size}),
        ("divided by the parameters", "The mean runs over the N examples; v has an entry for each parameter.",
         {"n": lambda lin, v: len(v)}),
        ("the loss is skipped", "JᵀJ v: the loss's own curvature H_L is missing.", {"loss": False}),
        ("λ between J and Jᵀ", "λI acts on v itself, in the space of the parameters: it is not between Jᵀ and J.",
         {"damp": lambda lin, lam, v: lam * lin.vjp(lin.jvp(v)) / lin.N}),
        ("H_L twice", "H_L stands there once: Jᵀ H_L J v.", {"curved": 2, "loss": True}),
    ),
)


SIGNED, PLAIN = {"real": lambda f, f_new: f - f_new}, {"phi_sign": -1.0}


def _judged(real=lambda f, f_new: f - f_new, phi_sign=-1.0, damping=lambda lam, p: 0.5 * lam * (p @ p),
            quotient=lambda real, promised: real / promised):
    """A `judge`, right or wrong in some of its parts."""
    return lambda f, f_new, phi, lam, p: quotient(real(f, f_new), phi_sign * phi + damping(lam, p))


def _judge_cases(rng):
    """Steps that lower f and that raise it; φ below 0, and above ½λ‖p‖² as a warm start may leave it."""
    for lam, change, phi in ((0.5, 0.3, -0.4), (2.0, -0.4, -0.2), (0.01, 0.05, -0.6), (30, 0.2, -0.1), (0.1, 0.1, 30)):
        f = rng.uniform(0.5, 1)
        yield f, f - change, phi * rng.uniform(0.5, 1), lam, rng.normal(size=4)


q2 = FunctionExercise(
    name="ch09.q2",
    title="Two signs and a half",
    kind="find the bug",
    stub='''
        def judge(f, f_new, phi, lam, p):
            """ρ of the step p, by the undamped promise; phi is φ(p) = gᵀp + ½ pᵀ(G + λI)p."""
            promised = phi - 0.5 * lam * (p @ p)
            return (f - f_new) / promised
        ''',
    code='''
        def judge(f, f_new, phi, lam, p):
            """ρ of the step p, by the undamped promise; phi is φ(p) = gᵀp + ½ pᵀ(G + λI)p."""
            promised = -(phi - 0.5 * lam * (p @ p))     # q(0) − q(p), a fall like the one above it
            return (f - f_new) / promised
        ''',
    why="$\\phi(p) - \\frac12 \\lambda \\lVert p \\rVert^2 = g^\\top p + \\frac12 p^\\top G p = q(p) - q(0)$: a "
        "*change*, "
        "negative for a good step. The numerator $f(\\theta) - f(\\theta + p)$ is a *fall*, positive for a good step. "
        "With one of each, every good step has a negative ρ, and λ grows for ever. The formula for ρ in the report of "
        "Brunn, Kury and Schächter has such a mismatch.",
    hints=("Which sign has φ after a good CG run? Which has `f - f_new` after a good step?",
           "One of the two lines computes a change, the other a fall. ρ = 1 on an exact quadratic.",
           "Leave the real fall as it is, and turn the promised *change* into a promised fall."),
    cases=_judge_cases,
    diagnoses=combined(
        _judged,
        ("sign of the damping", "The damping is taken out with the wrong sign: φ holds +½λ‖p‖², so −φ holds −½λ‖p‖².",
         {"damping": lambda lam, p: -0.5 * lam * (p @ p)}),
        ("the damped promise", "−φ is the promise of the damped model. Here the damping should be left out.",
         {"damping": lambda lam, p: 0.0}),
        ("the factor ½", "φ holds ½λ‖p‖²: the factor ½ is missing.", {"damping": lambda lam, p: lam * (p @ p)}),
        ("length not squared", "The damping costs ½λ times the *square* of the length.",
         {"damping": lambda lam, p: 0.5 * lam * np.linalg.norm(p)}),
        ("λ left out", "What φ holds beside q is ½λ‖p‖²: the λ is missing.", {"damping": lambda lam, p: 0.5 * (p @ p)}),
        ("the sign of φ", "φ(p) < 0 means a fall, so a promised *fall* begins with −φ.", {"phi_sign": 1.0}),
        ("absolute values", "Absolute values hide a step that made f worse, or a promise below 0. Keep the signs.",
         {"real": lambda f, f_new: abs(f - f_new), "quotient": lambda real, promised: real / promised}),
        ("absolute values below", "A promise below 0 is a bad one too: keep its sign.",
         SIGNED | PLAIN | {"quotient": lambda real, promised: real / abs(promised)}),
        ("absolute values around it", "The size alone hides whether f fell or rose. Keep the signs.",
         SIGNED | PLAIN | {"quotient": lambda real, promised: abs(real / promised)}),
        ("upside down", "ρ is the real fall over the promised one.",
         {"quotient": lambda real, promised: promised / real}),
        ("ρ less 1", "ρ is the quotient itself: 1 where the model is exact.",
         {"quotient": lambda real, promised: real / promised - 1}),
        without=({"sign of the damping", "the sign of φ"},),                    # the stub
    ),
)

FULL = 1 + 4 / 3 * 31 + 1


def _priced(name, price, say):
    """Diagnoses of a wrong price, with Adam's steps in whole numbers and not."""
    return tuple(Diagnosis(name, (price, steps), say) for steps in dict.fromkeys((round(price, 9), int(price + 1e-9))))


q4 = ValueExercise(
    name="ch09.q4",
    title="The price of a step",
    kind="warm-up",
    stub="""
        # all data; CG: 30 iterations from a warm start;
        # one value of f for ρ, two more in the line search
        price = ...              # of this step, in gradient-equivalents, to a tenth
        adam = ...               # whole steps of Adam on all data for the same price
        answer = (price, adam)
        """,
    code="""
        # all data; CG: 30 iterations from a warm start;
        # one value of f for ρ, two more in the line search
        price = 1 + 4 / 3 * (30 + 1) + 3 * 1 / 3     # gradient, products, values
        adam = int(price)                            # one gradient a step
        answer = (price, adam)
        """,
    why="A gradient costs 1, a product with $G$ costs 4/3, a value of $f$ costs 1/3. CG needs a product an iteration, "
        "and one more for the first residual $b - A x_0$ of a warm start. So "
        "$1 + \\frac43 \\cdot 31 + 3 \\cdot \\frac13 = 43.3$. One such step has to be worth 43 steps of Adam.",
    hints=("What does each of the three kinds of work cost? How many are there of each?",
           "A product is 4/3, a value 1/3, a gradient 1. A warm start has a residual of its own to compute.",
           "One gradient, 31 products, three values. And what does a step of Adam cost?"),
    rtol=2e-3,
    also=((FULL, FULL),),
    diagnoses=(
        *_priced("the warm start is not free", FULL - 4 / 3,
                 "Nearly. The first residual b − A x₀ of a warm start costs a product, too."),
        *_priced("4/3 too much", FULL + 4 / 3, "That is 4/3 too much: 31 products, and the preconditioner left out."),
        *_priced("1 too little", FULL - 1,
                 "That is 1 too little: the gradient costs 1, and the three values of f together cost 1."),
        *_priced("1 too little, and the warm start", FULL - 7 / 3,
                 "The gradient costs 1, the three values of f together 1, and the first residual of a warm start a "
                 "product."),
        *_priced("the products alone", FULL - 2, "The gradient costs 1, and the three values of f cost 1/3 each."),
        *_priced("the products alone, and the warm start", FULL - 10 / 3,
                 "The gradient and the values cost, too, and the first residual of a warm start costs a product."),
        *_priced("one value", FULL - 2 / 3, "Three values of f are computed: one for ρ, two in the line search."),
        *_priced("two values", FULL - 1 / 3,
                 "That is what comes out with two values of f; there are three. (The price is asked to a tenth.)"),
        *_priced("a product at a gradient's price", 33, "A product with G costs 4/3, not 1."),
        *_priced("a product at a gradient's price, and the warm start", 32,
                 "A product with G costs 4/3, not 1, and the first residual of a warm start costs one, too."),
        *_priced("a product of two passes", 64, "A product with G costs 4/3, not 2."),
        *_priced("a product of four gradients", 126, "A product with G costs 4/3 of a gradient, not 4."),
        *_priced("a value is not a gradient", FULL + 2, "A value of f needs the forward pass only: 1/3."),
        *_priced("a value is not a gradient, and the warm start", FULL + 2 / 3,
                 "A value of f needs the forward pass only, 1/3; and the first residual of a warm start costs a "
                 "product."),
        Diagnosis("one step of Adam too many", (FULL, 44),
                  say="44 steps of Adam cost more than this step does: for the same price they are 43."),
        Diagnosis("Adam at three times the price", (FULL, int(FULL / 3)),
                  say="The price is right. A step of Adam costs one gradient, 1."),
        Diagnosis("Adam at a third of the price", (FULL, 3 * FULL),
                  say="The price is right. A step of Adam costs one gradient, 1, not a value of f."),
        Diagnosis("Adam at the price of a product", (FULL, int(FULL * 3 / 4)),
                  say="The price is right. A step of Adam costs one gradient, 1, not 4/3."),
        Diagnosis("one step of Adam", (FULL, 1),
                  say="The price is right. Each step of Adam costs 1, so for the same price there are many."),
    ),
)
