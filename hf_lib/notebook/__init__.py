"""What a notebook calls beside the mathematics: comparisons, sick runs, clocks, a look at the set-up."""

from .compare import compare
from .product_clock import product_clock

__all__ = ["compare", "product_clock"]
