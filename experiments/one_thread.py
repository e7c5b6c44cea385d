"""One BLAS thread, so that CPU seconds can be compared. Import it before NumPy: `import one_thread  # isort: skip`."""

import os

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ.setdefault(name, "1")
