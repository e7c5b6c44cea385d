"""The exercises of notebook 06: R by hand and of two new layers, and two broken curvature products."""

import numpy as np

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import FunctionExercise, ValueExercise
from hf_lib.network import autodiff, passes

q1 = ValueExercise(
    name="ch06.q1",
    title="R by hand",
    kind="warm-up",
    stub="""
        # f(θ) = θ₁² θ₂ at θ = (1, 2), along v = (1, −1)
        R_f = ...                # R{f}
        R_g1 = ...               # R{∂f/∂θ₁}
        R_g2 = ...               # R{∂f/∂θ₂}
        answer = (R_f, R_g1, R_g2)
        """,
    code="""
        # f(θ) = θ₁² θ₂ at θ = (1, 2), along v = (1, −1)
        t1, t2, v1, v2 = 1, 2, 1, -1
        R_f = 2 * t1 * v1 * t2 + t1**2 * v2         # product rule
        R_g1 = 2 * (v1 * t2 + t1 * v2)              # ∂f/∂θ₁ = 2 θ₁ θ₂
        R_g2 = 2 * t1 * v1                          # ∂f/∂θ₂ = θ₁²
        answer = (R_f, R_g1, R_g2)
        """,
    why="$\\mathcal R\\{f\\} = \\nabla f^\\top v = 4 \\cdot 1 + 1 \\cdot (-1)$. The other two are the entries of "
        "$Hv$ with $H = \\begin{pmatrix} 4 & 2 \\\\ 2 & 0 \\end{pmatrix}$, and no entry of $H$ was needed.",
    hints=("$\\mathcal R\\{\\theta_1\\} = v_1$ and $\\mathcal R\\{\\theta_2\\} = v_2$. Which rule does "
           "$\\theta_1^2 \\theta_2$ call for?",
           "Write down both entries of $\\nabla f$ as formulas in $\\theta_1, \\theta_2$ before you put in numbers.",
           "$\\nabla f = (2 \\theta_1 \\theta_2, \\theta_1^2)$; $\\mathcal R\\{2 \\theta_1 \\theta_2\\} = "
           "2 (v_1 \\theta_2 + \\theta_1 v_2)$."),
    diagnoses=(
        Diagnosis("the gradient itself", (3, 4, 1),
                  say="R{f} is right. The other two are the gradient's entries; asked is how these change along v."),
        Diagnosis("v forgotten", (5, 6, 2),
                  say="This is R along (1, 1). Each derivative is multiplied by the entry of v, and v₂ is −1."),
        Diagnosis("one term of the product rule", (4, 4, 2),
                  say="Only θ₁ moves in your answer. θ₂ moves too, along v₂."),
        Diagnosis("the other term of the product rule", (-1, -2, 0),
                  say="Only θ₂ moves in your answer. θ₁ moves too, along v₁."),
        Diagnosis("one term of the product rule, in R{g₁}", (3, 4, 2),
                  say="R{f} and the last are right. In ∂f/∂θ₁ = 2 θ₁ θ₂ only θ₁ moves in your answer; θ₂ moves too."),
        Diagnosis("the other term, in R{g₁}", (3, -2, 2),
                  say="R{f} and the last are right. In ∂f/∂θ₁ = 2 θ₁ θ₂ only θ₂ moves in your answer; θ₁ moves too."),
        Diagnosis("factor 2 of the square", (3, 2, 1),
                  say="The first two are right. The last is R{θ₁²} = 2 θ₁ R{θ₁}: the 2 is missing."),
        Diagnosis("the diagonal of H", (3, 4, 0), say="∂f/∂θ₁ depends on θ₂ as well, and ∂f/∂θ₂ on θ₁."),
    ),
)


def _normalise(z, R_z):
    r = np.linalg.norm(z, axis=1, keepdims=True)
    a = z / r
    return R_z / r - a * np.sum(a * R_z, axis=1, keepdims=True) / r


def _row_cases(rng):
    for N, n in ((3, 4), (5, 2), (4, 3)):
        yield rng.normal(size=(N, n)), rng.normal(size=(N, n))


def _norm(z, axis=1):
    return np.sqrt(np.sum(z * z, axis=axis, keepdims=True))


q2 = FunctionExercise(
    name="ch06.q2",
    title="R of a layer that normalises",
    kind="core",
    stub='''
        def R_normalise(z, R_z):
            """R{a} (N, n) for a = z/‖z‖, row by row."""
            return ...
        ''',
    code='''
        def R_normalise(z, R_z):
            """R{a} (N, n) for a = z/‖z‖, row by row."""
            r = np.sqrt(np.sum(z * z, axis=1, keepdims=True))      # ‖z‖, (N, 1)
            R_r = np.sum(z * R_z, axis=1, keepdims=True) / r       # R{r² } = 2 r R{r} = 2 zᵀR{z}
            return R_z / r - z * R_r / r**2                        # product rule for z · (1/r)
        ''',
    why="Name the length $r$ and go line by line: $r^2 = z^\\top z$ gives $2 r \\mathcal R\\{r\\} = "
        "2 z^\\top \\mathcal R\\{z\\}$, and $a = z \\cdot r^{-1}$ gives the rest. The result has no part "
        "along $a$: a vector of fixed length can only turn.",
    hints=("Give the length a name, $r = \\lVert z \\rVert$, and find $\\mathcal R\\{r\\}$ first.",
           "From $r^2 = z^\\top z$: $r \\mathcal R\\{r\\} = z^\\top \\mathcal R\\{z\\}$. Then "
           "$a = z \\cdot \\frac1r$ is a product.",
           "`R_r = np.sum(z * R_z, axis=1, keepdims=True) / r`, and `R_z / r - z * R_r / r**2`."),
    cases=_row_cases,
    linear_in="R_z",
    diagnoses=(
        Diagnosis("the length held fixed", lambda z, R_z: R_z / _norm(z),
                  say="The length ‖z‖ moves as well: R{1/‖z‖} is missing."),
        Diagnosis("normalised like a value", lambda z, R_z: R_z / _norm(R_z),
                  say="You normalise R{z}. R is a derivative of the layer, not the layer at another place."),
        Diagnosis("sign of the second term",
                  lambda z, R_z: R_z / _norm(z) + z * np.sum(z * R_z, axis=1, keepdims=True) / _norm(z) ** 3,
                  say="A longer z makes a = z/‖z‖ shorter: R{1/r} = −R{r}/r²."),
        Diagnosis("power of the length",
                  lambda z, R_z: R_z / _norm(z) - z * np.sum(z * R_z, axis=1, keepdims=True) / _norm(z) ** 2,
                  say="The second term is off by a power of ‖z‖. R{r} = zᵀR{z}/r, and it is divided by r² once more."),
        Diagnosis("sum over everything",
                  lambda z, R_z: R_z / _norm(z) - z * np.sum(z * R_z) / _norm(z) ** 3,
                  say="Your zᵀR{z} sums over all examples. Every row has its own: axis=1, keepdims=True."),
        Diagnosis("one length for all",
                  lambda z, R_z: R_z / _norm(z, None) - z * np.sum(z * R_z) / _norm(z, None) ** 3,
                  say="You scale the whole array to length one. Every row has its own length: axis=1, keepdims=True."),
    ),
)


def _ggn(middle):
    """A `ggn_product` with H_L u given by middle(z, kind, u)."""
    return lambda J, z, kind, v: np.einsum("nja,nj->a", J, middle(z, kind, J @ v)) / len(z)


def _sigmoid_curvature(z, u):
    s = 1 / (1 + np.exp(-z))
    return s * (1 - s) * u


def _softmax_curvature(z, u):
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return p * u - p * (p * u).sum(axis=1, keepdims=True)


def _curvature(z, kind, u):
    if kind == "identity":
        return u
    return _sigmoid_curvature(z, u) if kind == "sigmoid" else _softmax_curvature(z, u)


def _kind_cases(rng):
    for kind, m in (("identity", 1), ("softmax", 3), ("sigmoid", 1), ("identity", 2), ("sigmoid", 2)):
        yield rng.normal(size=(4, m, 5)), rng.normal(size=(4, m)), kind, rng.normal(size=5)


q3 = FunctionExercise(
    name="ch06.q3",
    title="A curvature of zero",
    kind="find the bug",
    stub='''
        def ggn_product(J, z, kind, v):
            """(1/N) Σ_n J_nᵀ H_L J_n v; J is (N, n_out, d); kind is "identity", "sigmoid" or "softmax"."""
            u = J @ v                                               # (N, n_out)
            p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
            u = p * u - p * (p * u).sum(axis=1, keepdims=True)      # H_L J v
            return np.einsum("nja,nj->a", J, u) / len(z)
        ''',
    code='''
        def ggn_product(J, z, kind, v):
            """(1/N) Σ_n J_nᵀ H_L J_n v; J is (N, n_out, d); kind is "identity", "sigmoid" or "softmax"."""
            u = J @ v                                               # (N, n_out)
            if kind == "softmax":
                p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
                u = p * u - p * (p * u).sum(axis=1, keepdims=True)
            elif kind == "sigmoid":
                s = 1 / (1 + np.exp(-z))
                u = s * (1 - s) * u
            return np.einsum("nja,nj->a", J, u) / len(z)            # identity: H_L = I
        ''',
    why="For a matching loss $H_L$ is the Jacobian of its *own* output activation. The product always took softmax's. "
        "With one output softmax is the constant 1, its Jacobian is 0, and so is $Gv$. With two outputs and squared "
        "error it would be wrong and not even look so: test every loss against a dense matrix.",
    hints=("Put in one output by hand. What is `p` then, and what is `u`?",
           "$H_L = J_\\varphi$ for a matching loss. Which $\\varphi$ belongs to each `kind`?",
           "identity: `u` stays as it is. sigmoid: `s * (1 - s) * u` with `s = 1 / (1 + np.exp(-z))`."),
    cases=_kind_cases,
    linear_in="v",
    mean_over="J",
    diagnoses=(
        Diagnosis("the bug is still there", _ggn(lambda z, kind, u: _softmax_curvature(z, u))),
        Diagnosis("identity for everything", _ggn(lambda z, kind, u: u),
                  say="This is (1/N) JᵀJ v: right for the identity, but sigmoid and softmax have a curvature H_L too."),
        Diagnosis("sigmoid for everything", _ggn(lambda z, kind, u: _sigmoid_curvature(z, u)),
                  say="You take the sigmoid's s(1 − s) for every kind. The identity has H_L = I, softmax a matrix."),
        Diagnosis("one output alone", _ggn(lambda z, kind, u: u if z.shape[1] == 1 else _softmax_curvature(z, u)),
                  say="You switch on the number of outputs. What matters is the loss: the identity with two outputs, "
                      "and a sigmoid with one, still come out wrong."),
        Diagnosis("sigmoid as the identity",
                  _ggn(lambda z, kind, u: _softmax_curvature(z, u) if kind == "softmax" else u),
                  say="The identity and softmax are right. The sigmoid has H_L = σ(z)(1 − σ(z)), for each output."),
        Diagnosis("missing 1/N", lambda J, z, kind, v: len(z) * _ggn(_curvature)(J, z, kind, v)),
    ),
)


def _two_layers(bend=-2.0, twice=True, move=True, weights=True, mean=True, moving="R_z", adjoint="bar_a"):
    """A `hessian_product` with the given factors of the bend, and with or without each term."""
    def answer(W1, W2, X, Y, V1, V2):
        N = len(X) if mean else 1
        a = np.tanh(X @ W1)
        S = 1 - a * a
        delta_2 = (a @ W2 - Y) / N
        R_z = X @ V1
        R_a = S * R_z
        R_delta_2 = (R_a @ W2 + a @ V2) / N
        bar_a = delta_2 @ W2.T
        R_bar_a = R_delta_2 @ W2.T + (delta_2 @ V2.T if weights else 0)
        factors = {"R_z": R_z, "R_a": R_a, "bar_a": bar_a, "R_bar_a": R_bar_a, "none": 1}
        R_delta_1 = S * R_bar_a + bend * a * (S if twice else 1) * factors[moving] * factors[adjoint]
        return X.T @ R_delta_1, a.T @ R_delta_2 + (R_a.T @ delta_2 if move else 0)
    return answer


def _layer_cases(rng):
    for N, n, h, m in ((4, 3, 3, 2), (5, 2, 4, 3), (3, 4, 2, 2)):
        W1, V1 = rng.normal(size=(2, n, h))
        W2, V2 = rng.normal(size=(2, h, m))
        yield W1, W2, rng.normal(size=(N, n)), rng.normal(size=(N, m)), V1, V2


q4 = FunctionExercise(
    name="ch06.q4",
    title="Symmetric, and wrong",
    kind="find the bug",
    stub='''
        def hessian_product(W1, W2, X, Y, V1, V2):
            """The two blocks of H v for z = tanh(X W1) W2 and f = Σ‖z − y‖²/(2N)."""
            a = np.tanh(X @ W1)
            S = 1 - a * a
            delta_2 = (a @ W2 - Y) / len(X)
            R_a = S * (X @ V1)
            R_delta_2 = (R_a @ W2 + a @ V2) / len(X)                # R{δ₂}
            R_bar_a = R_delta_2 @ W2.T + delta_2 @ V2.T             # R{ā}
            R_delta_1 = S * R_bar_a                                 # R{δ₁}
            return X.T @ R_delta_1, a.T @ R_delta_2 + R_a.T @ delta_2
        ''',
    code='''
        def hessian_product(W1, W2, X, Y, V1, V2):
            """The two blocks of H v for z = tanh(X W1) W2 and f = Σ‖z − y‖²/(2N)."""
            a = np.tanh(X @ W1)
            S = 1 - a * a
            delta_2 = (a @ W2 - Y) / len(X)
            R_z1 = X @ V1
            R_a = S * R_z1
            R_delta_2 = (R_a @ W2 + a @ V2) / len(X)                # R{δ₂}
            bar_a = delta_2 @ W2.T
            R_bar_a = R_delta_2 @ W2.T + delta_2 @ V2.T             # R{ā}
            R_delta_1 = S * R_bar_a - 2 * a * S * R_z1 * bar_a      # act' ∘ R{ā} + act'' ∘ R{z} ∘ ā
            return X.T @ R_delta_1, a.T @ R_delta_2 + R_a.T @ delta_2
        ''',
    why="$\\delta_1 = S \\circ \\bar a$, and $S = \\operatorname{act}'(z_1)$ moves as well: "
        "$\\mathcal R\\{S\\} = \\operatorname{act}'' \\circ \\mathcal R\\{z_1\\}$ with "
        "$\\operatorname{act}'' = -2 a S$. The missing part of $H$ is a block on the diagonal and symmetric itself, so "
        "the test of symmetry cannot see it; for ReLU it is 0; and where the fit is good, $\\bar a$ is small. Only an "
        "independent reference shows it: a dense matrix, autograd, differences.",
    hints=("Go through (a), (b), (c) of section 5 and tick off the terms.",
           "In (c), $\\delta_1 = S \\circ \\bar a$: which of the two factors depends on $\\theta$?",
           "Add `- 2 * a * S * (X @ V1) * (delta_2 @ W2.T)` to `R_delta_1`."),
    cases=_layer_cases,
    diagnoses=(
        Diagnosis("the bug is still there", _two_layers(bend=0.0)),
        Diagnosis("sign of the bend", _two_layers(bend=2.0),
                  say="The new term has the right size and the wrong sign: (1 − a²)′ = −2a a′."),
        Diagnosis("slope forgotten in the bend", _two_layers(twice=False),
                  say="act″ = −2a · act′: a moves with the slope S, so the bend has a factor S."),
        Diagnosis("factor 2 of the bend", _two_layers(bend=-1.0),
                  say="The derivative of 1 − a² is −2a a′: the 2 is missing."),
        Diagnosis("R{a} for R{z}", _two_layers(moving="R_a"),
                  say="The slope act'(z₁) is a function of z₁: its bend is multiplied by R{z₁} = X V₁, not by R{a}."),
        Diagnosis("R{ā} for ā", _two_layers(adjoint="R_bar_a"),
                  say="In this term the slope moves and ā stays as it is: ā = δ₂ W₂ᵀ, not R{ā}."),
        Diagnosis("ā forgotten", _two_layers(adjoint="none"),
                  say="δ₁ is a product. Where the slope moves, the other factor ā = δ₂ W₂ᵀ stands beside it."),
        Diagnosis("R{z} forgotten", _two_layers(moving="none"),
                  say="act''(z₁) says how the slope changes with z₁; how z₁ moves, R{z₁} = X V₁, is missing."),
        Diagnosis("weights held fixed", _two_layers(weights=False),
                  say="Now the bend is there, but δ₂ V₂ᵀ has gone from R{ā}: W₂ moves as well."),
        Diagnosis("activations held fixed", _two_layers(move=False),
                  say="Now the bend is there, but R{a}ᵀ δ₂ has gone from the second block."),
        Diagnosis("the mean lost", _two_layers(mean=False), say="The values are N times too large: f is a mean."),
    ),
)


def _tied(move_decoder=True, move_code=True, through=True, decoder=True, slope=True, back_slope=True):
    """A `tied_products` with or without each of the terms."""
    def answer(W, X, V, u):
        a = np.tanh(X @ W)
        S = 1 - a * a
        R_a = (S if slope else 1) * (X @ V)
        R_z = (R_a @ W.T if move_code else 0) + (a @ V.T if move_decoder else 0)
        bar_W = np.zeros_like(W)
        if through:
            bar_W += X.T @ ((S if back_slope else 1) * (u @ W))
        if decoder:
            bar_W += u.T @ a
        return R_z, bar_W
    return answer


def _tied_cases(rng):
    for N, n, k in ((4, 3, 2), (5, 4, 3), (3, 3, 4)):
        yield rng.normal(size=(n, k)), rng.normal(size=(N, n)), rng.normal(size=(n, k)), rng.normal(size=(N, n))


q5 = FunctionExercise(
    name="ch06.q5",
    title="One matrix, used twice",
    kind="stretch",
    stub='''
        def tied_products(W, X, V, u):
            """For z = tanh(X W) Wᵀ: R{z} along V (N, n), and the adjoint of W from that of z, u (N, n)."""
            return ...
        ''',
    code='''
        def tied_products(W, X, V, u):
            """For z = tanh(X W) Wᵀ: R{z} along V (N, n), and the adjoint of W from that of z, u (N, n)."""
            a = np.tanh(X @ W)                          # (N, k)
            S = 1 - a * a
            R_a = S * (X @ V)
            R_z = R_a @ W.T + a @ V.T                   # product rule, and R{Wᵀ} = Vᵀ
            delta = S * (u @ W)                         # ā = u (Wᵀ)ᵀ = u W
            bar_W = X.T @ delta + u.T @ a               # the encoder's share, and the decoder's, transposed
            return R_z, bar_W
        ''',
    why="The decoder's matrix is $M = W^\\top$; its adjoint is $a^\\top u$, of shape $(k, n)$, and $\\bar W$ gets it "
        "transposed. Test: $\\langle \\mathcal R\\{z\\}, u \\rangle = \\langle V, \\bar W \\rangle$, as in "
        "chapter 05, step 4.3.",
    hints=("$z = a M$ with $M = W^\\top$. Which rules give $\\mathcal R\\{z\\}$ and $\\mathcal R\\{M\\}$?",
           "Reverse: the adjoint of $M$ is $a^\\top u$ and that of $a$ is $u M^\\top = u W$. $W$ is used twice, so its "
           "two shares are added.",
           "`R_a @ W.T + a @ V.T` with `R_a = S * (X @ V)`; `X.T @ (S * (u @ W)) + u.T @ a`."),
    cases=_tied_cases,
    own_work=(autodiff.jvp, autodiff.vjp, passes.f1, passes.r1),
    diagnoses=(
        Diagnosis("the decoder does not move", _tied(move_decoder=False),
                  say="R{z} has two terms: the code moves, and Wᵀ moves too, by Vᵀ."),
        Diagnosis("the code does not move", _tied(move_code=False),
                  say="R{z} has two terms: Wᵀ moves, and the code moves too, by R{a}."),
        Diagnosis("the decoder's share forgotten", _tied(decoder=False),
                  say="R{z} is right. W is used twice: the decoder's share uᵀa is missing in the adjoint."),
        Diagnosis("the encoder's share forgotten", _tied(through=False),
                  say="R{z} is right. The adjoint has only the decoder's share: W is used in the encoder as well."),
        Diagnosis("the slope forgotten", _tied(slope=False, back_slope=False),
                  say="tanh's slope 1 − a² is missing, on the way forward and on the way back."),
        Diagnosis("the slope forgotten forward", _tied(slope=False),
                  say="The adjoint is right. In R{z} tanh's slope is missing: R{a} = (1 − a²) ∘ XV."),
        Diagnosis("the slope forgotten on the way back", _tied(back_slope=False),
                  say="R{z} is right. In the encoder's share of the adjoint tanh's slope 1 − a² is missing."),
        Diagnosis("transposed", lambda W, X, V, u: (_tied()(W, X, V, u)[0], _tied()(W, X, V, u)[1].T)),
    ),
)
