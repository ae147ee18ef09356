"""Creation: tensors from data, filled by a rule, and filled with random numbers."""

from . import data, filled, like, random_numbers
from .data import *
from .data import array_of
from .filled import *
from .like import *
from .random_numbers import *

THEMES = (data, filled, like, random_numbers)

__all__: list[str] = []
__all__ += data.__all__
__all__ += filled.__all__
__all__ += like.__all__
__all__ += random_numbers.__all__
