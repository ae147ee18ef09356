from . import methods, ops
from .tensor import Tensor
from .value import Value
from .creation import *
from .dtypes import *
from .engine import backward, grad
from .mode import *
for _t in ops.THEMES:
    for _n in getattr(_t, "__all__", ()):
        globals()[_n] = getattr(_t, _n)
