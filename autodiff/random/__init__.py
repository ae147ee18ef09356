"""Random numbers: PyTorch's CPU generator and its distributions, rebuilt on NumPy arrays.

After `manual_seed(s)` the numbers are those that PyTorch 2.13 gives on the CPU after
`torch.manual_seed(s)`, so results published with a seed can be reproduced. Everything here takes a
`Generator` and returns NumPy arrays; the functions for tensors stand on top.
"""

from .continuous import exponential, normal, trunc_normal, uniform
from .discrete import bernoulli, multinomial, randint, randperm
from .generator import Generator, default_generator, manual_seed

__all__ = [
    "Generator",
    "bernoulli",
    "default_generator",
    "exponential",
    "manual_seed",
    "multinomial",
    "normal",
    "randint",
    "randperm",
    "trunc_normal",
    "uniform",
]
