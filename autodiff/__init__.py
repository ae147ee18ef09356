"""Reverse-mode automatic differentiation on the CPU, in the shape of PyTorch.

>>> import autodiff as ad
>>> x = ad.tensor([1.0, 2.0], requires_grad=True)
>>> (x * x).sum().backward()
>>> x.grad
tensor([2., 4.])
"""

from __future__ import annotations

import importlib
import warnings
from typing import TYPE_CHECKING, Any

# PyTorch says nothing where a logarithm of zero gives -inf; neither do our operations.
warnings.filterwarnings(
    "ignore", message=".* encountered in ", category=RuntimeWarning, module=r"autodiff\."
)

from . import methods, numpy_functions, ops
from .creation import *
from .dtypes import *
from .engine import backward, grad
from .mode import *
from .function import *
from .gradcheck import *
from .transforms import *
from .pictures import graph
from .primitive import Primitive
from .printing import *
from .tensor import Tensor
from .value import Value

if TYPE_CHECKING:
    from . import kernels, nn, optim

__version__ = "0.1.0"

for _t in ops.THEMES:
    for _n in getattr(_t, "__all__", ()):
        globals()[_n] = getattr(_t, _n)
from .creation import *


def __getattr__(name: str) -> Any:
    # The layers above the engine are imported when they are first used.
    if name in ("nn", "optim", "kernels"):
        return importlib.import_module(f"autodiff.{name}")
    raise AttributeError(f"module 'autodiff' has no attribute {name!r}")
