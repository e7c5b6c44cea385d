"""Where a solution of an equation is wrong, and how a method's variants are drawn: shared by chapters 00 and 13."""

import numpy as np

from hf_lib.explore import style

LOW, HIGH = 1e-8, 1.0                                        # of |u − u*|
VARIANTS = {"falling": style.SOLID, "bent": style.SOLID, "Kronecker": style.DASH_DOT, "diagonal": style.DASHED}
RELATIVES = {"self-scaled Broyden": ("L-BFGS", style.DASH_DOT)}  # also learns its curvature from gradients
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def style_of(name):
    """How a method is drawn; a variant such as "Adam, falling" has its method's colour and dashes of its own.

    >>> style_of("Adam, falling")["color"] == style_of("Adam")["color"]
    True
    """
    if name in RELATIVES:
        base, dashes = RELATIVES[name]
        return style.method(base) | {"label": name, "linestyle": dashes}
    base, _, variant = name.partition(", ")
    look = style.method(base)
    if variant:
        own = VARIANTS.get(variant, style.DOTTED)
        look |= {"label": f"{look['label']}, {variant}", "linestyle": style.DASHED if own == look["linestyle"] else own}
    return look


def error_map(ax, error):
    """|u − u*| (n, n) over the unit square, on a logarithmic scale from LOW to HIGH; returns the image."""
    shown = np.log10(np.clip(error, LOW, HIGH))
    image = ax.imshow(shown.T, origin="lower", extent=(0, 1, 0, 1), vmin=np.log10(LOW), vmax=np.log10(HIGH),
                      cmap=style.SEQUENTIAL, interpolation="bilinear")
    ax.grid(False)
    return image


def scale(fig, image, axes, shrink):
    """The colours of the maps in these axes, in powers of ten."""
    bar = fig.colorbar(image, ax=axes, shrink=shrink, ticks=(-8, -6, -4, -2, 0),
                       format=lambda v, _: "10" + str(int(v)).translate(SUPERSCRIPTS))
    bar.set_label("|u − u*|")
