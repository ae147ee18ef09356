"""Neural networks: modules, their functions and their initialisation, with PyTorch's names.

Examples
--------
>>> import autodiff as ad
>>> from autodiff import nn
>>> net = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1))
>>> net(ad.ones(5, 2)).shape
(5, 1)
"""

from . import functional, init, utils
from .modules.activation import *
from .modules.batchnorm import *
from .modules.container import *
from .modules.conv import *
from .modules.distance import *
from .modules.dropout import *
from .modules.flatten import *
from .modules.linear import *
from .modules.loss import *
from .modules.margin_loss import *
from .modules.module import *
from .modules.multihead_attention import *
from .modules.normalization import *
from .modules.pooling import *
from .modules.recurrent import *
from .modules.recurrent_cell import *
from .modules.smooth_activation import *
from .modules.softmax import *
from .modules.sparse import *
from .modules.transformer import *
from .parameter import Parameter
