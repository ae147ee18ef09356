"""Layers, containers and losses; ``autodiff.nn`` re-exports all of them."""

from . import (
    activation,
    batchnorm,
    container,
    conv,
    distance,
    dropout,
    flatten,
    linear,
    loss,
    margin_loss,
    module,
    normalization,
    pooling,
    smooth_activation,
    softmax,
    sparse,
)
from .activation import *
from .batchnorm import *
from .container import *
from .conv import *
from .distance import *
from .dropout import *
from .flatten import *
from .linear import *
from .loss import *
from .margin_loss import *
from .module import *
from .normalization import *
from .pooling import *
from .smooth_activation import *
from .softmax import *
from .sparse import *

__all__: list[str] = []
__all__ += activation.__all__
__all__ += batchnorm.__all__
__all__ += container.__all__
__all__ += conv.__all__
__all__ += distance.__all__
__all__ += dropout.__all__
__all__ += flatten.__all__
__all__ += linear.__all__
__all__ += loss.__all__
__all__ += margin_loss.__all__
__all__ += module.__all__
__all__ += normalization.__all__
__all__ += pooling.__all__
__all__ += smooth_activation.__all__
__all__ += softmax.__all__
__all__ += sparse.__all__
