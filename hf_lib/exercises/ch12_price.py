"""The exercise of notebook 12 on the price of a preconditioner."""

from hf_lib.judge.exercise import Diagnosis
from hf_lib.judge.kinds import ValueExercise

__all__ = ["q4"]

SIZES = (784, 400, 200, 100, 50, 25, 6)


def _pictures(application=lambda n, m: n**2 * m + n * m**2, a_weight=4, bias=1):
    """The batch at which both cost the same, where an application and a weight cost otherwise."""
    layers = [(n + bias, m) for n, m in zip(SIZES, SIZES[1:])]
    return sum(application(n, m) for n, m in layers) / sum(a_weight * n * m for n, m in layers)


q4 = ValueExercise(
    name="ch12.q4",
    title="When the preconditioner costs as much as a product",
    kind="stretch",
    stub="""
        sizes = [784, 400, 200, 100, 50, 25, 6]      # the encoder
        application = ...        # multiplications of one M⁻¹ r: A⁻¹ R S⁻¹ for every layer
        product = ...            # of one G v (4/3 of a gradient), for each picture
        answer = ...             # pictures at which both cost the same, to 0.2 %
        """,
    code="""
        sizes = [784, 400, 200, 100, 50, 25, 6]      # the encoder
        layers = [(n + 1, m) for n, m in zip(sizes, sizes[1:])]
        application = sum(n * n * m + n * m * m for n, m in layers)
        product = sum(4 * n * m for n, m in layers)  # 4/3 of a gradient, which is 3 a weight
        answer = application / product
        """,
    why="A layer's $R$ has $n + 1$ rows and $m$ columns. $A^{-1} R$ takes $(n+1)^2 m$ multiplications, and "
        "$(\\cdot)\\,S^{-1}$ another $(n+1)\\, m^2$. They do not depend on the number of pictures. A product $Gv$ "
        "costs 4/3 of a gradient, and a gradient 3 multiplications a weight and picture: forward 1, backward 2. So a "
        "batch below a few hundred pictures makes the preconditioner the more expensive, and the cost in "
        "gradient-equivalents counts both. (The decoder has the same layers turned round, and nearly the same answer.)",
    hints=("How many multiplications is a product of an (n, n) with an (n, m) matrix?",
           "With the bias, R is (n + 1, m). G v: forward along v two products a layer, backward two.",
           "Both are sums over the layers: three factors in each term of the one, and 4 a weight in the other."),
    rtol=2e-3,
    diagnoses=(
        Diagnosis("one side only", _pictures(lambda n, m: n**2 * m),
                  say="That is A⁻¹ R alone. The product with S⁻¹ belongs to the application."),
        Diagnosis("the other side only", _pictures(lambda n, m: n * m**2),
                  say="That is R S⁻¹ alone. The product with A⁻¹ belongs to the application."),
        Diagnosis("both sides alike", _pictures(lambda n, m: 2 * n**2 * m),
                  say="The two sides differ: A⁻¹ has n + 1 rows, S⁻¹ has m."),
        Diagnosis("both sides alike", _pictures(lambda n, m: 2 * n * m**2),
                  say="The two sides differ: A⁻¹ has n + 1 rows, S⁻¹ has m."),
        Diagnosis("a gradient, not a product", _pictures(a_weight=3),
                  say="3 multiplications a weight are those of a gradient. G v costs 4/3 of that."),
        Diagnosis("a forward pass", _pictures(a_weight=1),
                  say="One multiplication a weight is a forward pass. G v costs 4/3 of a gradient: 4."),
        Diagnosis("a gradient taken for one multiplication", _pictures(a_weight=4 / 3),
                  say="4/3 is in gradients, and a gradient is 3 multiplications a weight: forward 1, backward 2."),
        Diagnosis("a gradient taken for two", _pictures(a_weight=8 / 3),
                  say="A gradient is 3 multiplications a weight: forward 1, backward 2."),
        Diagnosis("forward and back once", _pictures(a_weight=2),
                  say="That is twice the answer. One G v costs 4/3 of a gradient, 4 multiplications a weight, and one "
                      "application is A⁻¹ R S⁻¹, once."),
        Diagnosis("additions counted", _pictures(a_weight=8),
                  say="Count multiplications on both sides: 4 a weight, with or without their additions."),
        Diagnosis("the inverses", _pictures(lambda n, m: n**3 + m**3),
                  say="That is what making the inverses costs, once a step. Asked for is one application."),
        Diagnosis("the large matrix", _pictures(lambda n, m: (n * m) ** 2),
                  say="You multiply with the ((n+1)m)² matrix. The point of the product form is not to."),
        Diagnosis("entries for multiplications", _pictures(lambda n, m: n**2 + m**2),
                  say="These are the entries of A⁻¹ and S⁻¹. Each meets a whole row or column of R."),
        Diagnosis("layer by layer", sum((n + 1 + m) / 4 for n, m in zip(SIZES, SIZES[1:])),
                  say="You add up the layers' quotients. Add up all multiplications first, then divide."),
        Diagnosis("one layer", (SIZES[0] + 1 + SIZES[1]) / 4,
                  say="That is the first layer alone. All layers are applied, and all belong to the product."),
        Diagnosis("upside down", 1 / _pictures(), say="The application is divided by the product, not the other way."),
        Diagnosis("the application", sum((n + 1) ** 2 * m + (n + 1) * m**2 for n, m in zip(SIZES, SIZES[1:])),
                  say="That is one application. Divide by what a product costs for each picture."),
    ),
)
