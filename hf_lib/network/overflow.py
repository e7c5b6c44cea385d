"""What overflows becomes ∞, what underflows becomes 0, in silence and whatever `np.seterr` says.

e^{−z} = ∞ in a sigmoid is right; an f that is ∞ or NaN is for the loop to see, which looks at every value.
"""

import numpy as np

quietly = np.errstate(all="ignore")      # a decorator: @quietly
