"""Hessian-free optimisation of deep networks, as the course's notebooks derive it.

>>> import hf_lib as hf
>>> hf.MLP([2, 3, 1]).size
13
"""

from . import datasets
from .network import autodiff, equations
from .network.curvature import Linearization
from .network.losses import SigmoidCrossEntropy, SigmoidSquaredError, SoftmaxCrossEntropy, SquaredError
from .network.mlp import MLP
from .network.physics import PhysicsProblem
from .network.problem import Problem
from .network.recurrent import RNN
from .network.sequences import SequenceProblem
from .notebook.setup_check import check_setup
from .optimisers.diagnose import Finding, diagnose
from .optimisers.first_order import NAG, SGD, Adam, GradientDescent, Momentum
from .optimisers.hessian_free import HessianFree
from .optimisers.lbfgs import LBFGS
from .optimisers.levenberg_marquardt import LevenbergMarquardt
from .optimisers.loop import Step
from .optimisers.meta_descent import SMD, SMDStep
from .optimisers.newton import GaussNewton, Newton
from .optimisers.record import HFStep
from .optimisers.settings import PRESETS, Settings
from .solvers.cg import CGResult, cg
from .solvers.cg_rules import GeometricKeep, RelativeProgress
from .solvers.damping import levenberg_marquardt, predicted_reduction, reduction_ratio
from .solvers.line_search import LineSearchResult, armijo, wolfe
