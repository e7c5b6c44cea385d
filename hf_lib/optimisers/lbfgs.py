"""SciPy's L-BFGS as the same kind of iterator. Shown in notebook 09 §6."""

import time
from collections import deque
from math import nan

import numpy as np
from scipy.optimize import minimize

from hf_lib._checks import count

from .loop import GRADIENT, Optimiser, Step, value_and_gradient


class LBFGS(Optimiser):
    """Limited-memory BFGS by `scipy.optimize.minimize`, on all data. Shown in 09 §6.

    SciPy works in float64: θ is handed over and back with a cast. The whole run is made at the
    first record asked for; `seconds` and `cost` are taken when each record was made. Its step sizes
    stay inside: `step_size` is NaN. `reason` is SciPy's own, with a word where SciPy has none.

    Parameters
    ----------
    problem, theta, max_steps
        As for the others; `max_steps` must be given.
    memory : int
        Pairs of vectors kept.
    """

    def __init__(self, problem, theta, max_steps, memory=10):
        super().__init__(problem, theta, count("max_steps", max_steps))
        self.memory = count("memory", memory)
        self._records = None

    def __next__(self):
        if self._records is None:
            self._records, self.reason = self._run()     # at once: Ctrl+C before leaves all as it was
        if not self._records:
            raise StopIteration
        record = self._records.popleft()
        self.index, self.theta = record.index, record.theta
        self.cost, self.seconds = record.cost, record.seconds
        return record

    def _run(self):
        """All records, and why there are no more."""
        dtype, start = self.theta.dtype, time.perf_counter()
        records, values = deque(), []                    # f at every point that SciPy asks for

        def objective(x):
            f, g = value_and_gradient(self.problem, x.astype(dtype))
            finite = np.isfinite(f) and np.isfinite(g).all()
            values.append(f if finite else np.inf)
            return values[-1], g.astype(np.float64)

        def record(intermediate_result):
            if not np.isfinite(intermediate_result.fun):
                raise StopIteration                      # SciPy's way to end
            records.append(Step(len(records) + 1, intermediate_result.x.astype(dtype), float(intermediate_result.fun),
                                nan, time.perf_counter() - start, GRADIENT * len(values)))

        options = {"maxiter": self.max_steps, "maxcor": self.memory, "maxfun": 20 * self.max_steps,
                   "ftol": 0.0, "gtol": 0.0}
        with np.errstate(all="ignore"):                  # overflow is looked for, not warned of
            result = minimize(objective, self.theta.astype(np.float64), jac=True, method="L-BFGS-B", callback=record,
                              options=options)
        if not np.isfinite(values[0]):
            return deque(), "loss or gradient is not finite at the start"
        if not np.isfinite(result.fun):
            return records, f"loss or gradient is not finite after step {len(records) + 1}"
        words = str(result.message).strip(": ")
        return records, f"{words}: SciPy's line search found no lower f" if words == "ABNORMAL" else words
