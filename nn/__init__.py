"""Neural networks: modules, their functions and their initialisation, with PyTorch's names.

Examples
--------
>>> import autodiff as ad
>>> from autodiff import nn
>>> net = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1))
>>> net(ad.ones(5, 2)).shape
(5, 1)
"""

from . import functional, init, modules, utils
from .modules import *
from .parameter import Parameter

__all__ = ["Parameter", "functional", "init", "utils"]
__all__ += modules.__all__
