"""Vectors of the CPU as values in compiled kernels.

A `Vector` holds as many elements as the host's registers do (16 float32 with AVX-512, 8 with AVX2,
4 with NEON): arithmetic and comparison work lane by lane with ordinary operators, and numbers
beside a vector are spread over its lanes. A kernel that is written with them does the same
operations on every element wherever it lies, which loops that the compiler cuts into vectors and
a scalar rest do not. So its results depend neither on alignment nor on how work is shared out.

    for i in range(0, size - size % lanes(x), lanes(x)):
        store(load(x, i) * 2.0, out, i)

Memory is named by pointers, because Numba counts references to an array at every call that takes
one, which costs more than a short row. A pointer does not keep its array alive: arguments of a
compiled function are held by its caller, but what the function itself allocates must be named once
more after the last use of its pointers, by `keep`. Nothing is checked here. Offsets count elements.
"""

from .lanewise import *
from .memory import *
from .vector import *
