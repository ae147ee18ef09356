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
from typing import Any

from . import dtypes, methods, numpy_functions, ops
from ._tensor import Tensor
from .dtypes import *
from .engine import backward, grad
from .finite_differences import *
from .function import *
from .jacobians import *
from .kernels.threads import get_num_threads, set_num_threads
from .mode import *
from .pictures import graph
from .primitive import Primitive
from .printing import *
from .profiling import profile
from .tracing import scope, traced
from .transforms import *
from .value import Value

__version__ = "0.1.0"

for _theme in ops.THEMES:
    globals().update({name: getattr(_theme, name) for name in _theme.__all__})
del _theme

# After the imports above: the function `tensor` takes the name of the module it shares it with.
from .creation import *  # noqa: E402

# PyTorch says nothing where a logarithm of zero gives -inf; neither do our operations.
warnings.filterwarnings(
    "ignore", message=".* encountered in ", category=RuntimeWarning, module=r"autodiff\."
)


# PyTorch's names for dtypes that are Python's builtins too: not defined above, to shadow nothing here.
_BUILTIN_NAMES = {name: getattr(dtypes, f"{name}_") for name in ("bool", "float", "int")}


def __getattr__(name: str) -> Any:
    # The layers above the engine are imported when they are first used.
    if name in ("nn", "optim", "kernels"):
        return importlib.import_module(f"autodiff.{name}")
    if name in _BUILTIN_NAMES:
        return _BUILTIN_NAMES[name]
    raise AttributeError(f"module 'autodiff' has no attribute {name!r}")
