"""Where the library's time goes: each second is booked under one name, inner calls taken out of outer ones."""

import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from unittest.mock import patch

import hf_lib.optimisers.hessian_free as loop
from hf_lib.network import passes
from hf_lib.network.curvature import Linearization
from hf_lib.notebook.product_clock import product_clock
from hf_lib.solvers.kronecker import KroneckerPreconditioner

PRODUCTS = "matrix products"


class Shares:
    """Seconds by name. `book(name, function)` is the function, with its time booked under that name."""

    def __init__(self, clock):
        self.clock, self._seconds, self._inner = clock, Counter(), 0.0

    def book(self, name, function):
        def booked(*arguments, **options):
            outer, self._inner = self._inner, 0.0
            start, products = time.perf_counter(), self.clock.seconds
            result = function(*arguments, **options)
            seconds = time.perf_counter() - start
            made = self.clock.seconds - products             # matrix products, those of inner calls too
            self._seconds[name] += seconds - made - self._inner
            self._inner = outer + seconds - made
            return result
        return booked

    def clear(self):
        self.clock.seconds = 0.0
        self._seconds.clear()

    def of(self, total):
        """Name → share of `total` seconds, matrix products first, what is left as "other"."""
        shares = {PRODUCTS: self.clock.seconds / total}
        shares |= {name: seconds / total for name, seconds in self._seconds.most_common()}
        return shares | {"other": 1 - sum(shares.values())}


@contextmanager
def shares(problem):
    """While it runs, the time of what the library does with `problem` is booked: yields `Shares`."""
    with product_clock() as clock, ExitStack() as stack:
        booked = Shares(clock)

        def put(owner, attribute, name, wrap=lambda function: function):
            function = booked.book(name, wrap(getattr(owner, attribute)))
            stack.enter_context(patch.object(owner, attribute, function))
        for attribute in ("total", "residual", "sample"):
            put(problem.loss, attribute, "loss")
        made = problem.loss.hessian_operator
        put(problem.loss, "hessian_operator", "loss", lambda make: lambda z, Y: booked.book("loss", made(z, Y)))
        timed = lambda function: booked.book("activations", function)
        acts = tuple(replace(act, apply=timed(act.apply), slope=timed(act.slope)) for act in problem.net.activations)
        stack.enter_context(patch.object(problem.net, "activations", acts))
        for name in ("f0", "r1", "f1", "r2"):
            put(passes, name, "element-wise in passes")
        for attribute in ("kronecker_factors", "squared_gradients"):
            put(Linearization, attribute, "preconditioner")
        for attribute in ("__init__", "__call__"):
            put(KroneckerPreconditioner, attribute, "preconditioner")
        put(loop, "cg", "vectors in CG")
        yield booked
