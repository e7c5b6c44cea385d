"""Hessian-free optimisation of deep networks, as the course's notebooks derive it.

>>> import hf_lib as hf
>>> hf.MLP([2, 3, 1]).size
13
"""

from . import autodiff, datasets
from .baselines import LBFGS, NAG, SGD, Adam, GradientDescent, Momentum
from .cg import CGResult, cg
from .cg_rules import GeometricKeep, RelativeProgress
from .curvature import Linearization
from .damping import levenberg_marquardt, predicted_reduction, reduction_ratio
from .diagnose import Finding, diagnose
from .hf import HessianFree
from .line_search import LineSearchResult, armijo, wolfe
from .loop import Step
from .losses import SigmoidCrossEntropy, SigmoidSquaredError, SoftmaxCrossEntropy, SquaredError
from .nets import MLP
from .newton import GaussNewton, Newton
from .problem import Problem
from .record import HFStep
from .settings import PRESETS, Settings
from .setup_check import check_setup
