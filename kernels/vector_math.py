"""Exponentials and what is made of them, on the vectors of `simd`.

Each function takes a vector of float32 or float64 and returns one, for every input: NaN, infinities,
both zeros and denormals. The method is written once; what differs by type is its table of numbers.

The largest errors found in float32, in units in the last place: exp 1.0, expm1 1.5, tanh 1.3, sigmoid
1.7, erf 1.9, silu 2.2; gelu 3.8 for positive numbers and 4.6 for negative ones, where it goes to 0 as
fast as the normal distribution does (without fused multiply-adds that grows to 62); gelu_tanh more
there (see it).

The polynomials are minimax fits for the relative error of the result, found with E. Remez's exchange
algorithm in arithmetic of at least 45 digits and rounded.
"""

# mypy: disable-error-code="no-untyped-def, untyped-decorator"

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numba
from llvmlite import ir
from numba import types

from .jit import OPTIONS
from .simd import LANE, absolute, bits, from_bits, intrinsic, llvm_call, select, splat


def vector_function(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function of vectors. LLVM puts it into its callers, which is quicker than to let
    Numba do it."""
    return numba.njit(forceinline=True, **OPTIONS)(function)  # type: ignore[no-any-return]


def _constant(of_float32: float, of_float64: float) -> Any:
    """Make a function that returns a number, of the type of its argument's lanes, in each lane."""
    return _polynomial([of_float32], [of_float64])


_SHORT = 6


def _polynomial(of_float32: list[float], of_float64: list[float]) -> Any:
    """Make a function that evaluates a polynomial, given by its coefficients, lowest power first.

    Short ones go by Horner's rule. Longer ones are cut into halves, which do not wait for each other
    (G. Estrin, "Organization of computer systems: the fixed plus variable structure computer",
    1960).
    """

    @intrinsic
    def evaluate(typingctx, vector):
        table = of_float32 if vector.dtype == types.float32 else of_float64

        def codegen(context, builder, signature, arguments):
            powers = {1: arguments[0]}

            def power(exponent: int) -> Any:
                if exponent not in powers:
                    root = power(exponent // 2)
                    powers[exponent] = builder.fmul(root, root)
                return powers[exponent]

            def value(part: list[float]) -> Any:
                if len(part) == 1:
                    return ir.Constant(arguments[0].type, part * vector.count)
                half = 1 if len(part) <= _SHORT else 1 << ((len(part) - 1).bit_length() - 1)
                high = builder.fmul(value(part[half:]), power(half), flags=("contract",))
                return builder.fadd(high, value(part[:half]), flags=("contract",))

            return value(table)

        return vector(vector), codegen

    return evaluate


_GELU_LINEAR, _GELU_CUBIC = 2 * math.sqrt(2 / math.pi), 2 * math.sqrt(2 / math.pi) * 0.044715

_DIGITS = {types.float32: 23, types.float64: 52}
"""The bits of a float behind the binary point of its mantissa."""


@intrinsic
def times_power_of_two(typingctx, vector, exponent):
    """Return vector * 2^exponent, rounded once; the exponents are integers in lanes of floats."""
    digits, width = _DIGITS[vector.dtype], vector.dtype.bitwidth

    def codegen(context, builder, signature, arguments):
        value, exponent = arguments
        if vector.count * width == 512:
            name = f"llvm.x86.avx512.mask.scalef.p{'s' if width == 32 else 'd'}.512"
            everywhere = ir.Constant(ir.IntType(vector.count), -1)
            return llvm_call(builder, name, value.type, value, exponent, value, everywhere, LANE(4))
        integers = ir.VectorType(ir.IntType(width), vector.count)

        def constant(number: int) -> Any:
            return ir.Constant(integers, [number] * vector.count)

        # Added to the float 1.5 * 2^digits, an integer stands in its last bits.
        anchor = ir.Constant(value.type, [1.5 * 2.0**digits] * vector.count)
        whole = builder.sub(
            builder.bitcast(builder.fadd(exponent, anchor), integers),
            builder.bitcast(anchor, integers),
        )
        # 2^exponent itself may be out of range, its two halves are not.
        half = builder.ashr(whole, constant(1))
        for part in (half, builder.sub(whole, half)):
            biased = builder.add(part, constant((1 << (width - digits - 2)) - 1))
            power = builder.bitcast(builder.shl(biased, constant(digits)), value.type)
            value = builder.fmul(value, power)
        return value

    return vector(vector, exponent), codegen


@intrinsic
def fused(typingctx, a, b, c):
    """Return a * b + c, rounded once where the CPU has an instruction for it."""

    def codegen(context, builder, signature, arguments):
        kind = f"v{a.count}f{a.dtype.bitwidth}"
        return llvm_call(builder, f"llvm.fmuladd.{kind}", arguments[0].type, *arguments)

    return a(a, b, c), codegen


# exp -----------------------------------------------------------------------------------------
#
# exp(x) = 2^n exp(r) with n the integer nearest to x / log(2), and r = x - n log(2) (W. J. Cody and
# W. Waite, "Software manual for the elementary functions", 1980): log(2) is cut into two parts, of
# which the first has so few digits that its product with n is exact.

# Added to a small number and taken off again, they round it to an integer.
_ROUNDER = _constant(1.5 * 2.0**23, 1.5 * 2.0**52)
_LN2_HIGH = _constant(0.693145751953125, 0.6931471805598903)
_LN2_LOW = _constant(1.428606820309417e-06, 5.497923018708371e-14)
# Outside, the exponential is 0 or infinite, and so are its products with numbers of that size.
_LEAST = _constant(-120.0, -760.0)
_MOST = _constant(89.0, 710.0)
# (exp(r) - 1 - r) / r^2 for |r| <= log(2) / 2.
_EXP = _polynomial(
    [0.4999999344, 0.1666652057, 0.04166838872, 0.008368723863, 0.001381458428],
    [
        0.5000000000000010637, 0.1666666666666641227, 0.04166666666653005713, 0.00833333333349459201,
        0.001388888894366124033, 0.0001984126950637044619, 0.00002480149306278484879,
        2.755758649004298375e-6, 2.763026246891267812e-7, 2.500004758706320899e-8,
    ],
)  # fmt: skip


@vector_function
def at_least(x, low):
    """Return the larger of x and `low`; NaN stays."""
    return select(x < low, low, x)


@vector_function
def at_most(x, high):
    """Return the smaller of x and `high`; NaN stays."""
    return select(x > high, high, x)


@vector_function
def relu(x):
    """Return the larger of x and 0; NaN stays."""
    return select(x < 0.0, 0.0, x)


@vector_function
def _rounded(x):
    """Return the integer nearest to x, in floats, where that is small."""
    return (x + _ROUNDER(x)) - _ROUNDER(x)


@vector_function
def _nearest_power(x):
    """Return the integer nearest to x / log(2), in floats."""
    return _rounded(x * (1 / math.log(2.0)))


@vector_function
def _rest(x, n):
    """Return x - n log(2)."""
    return (x - n * _LN2_HIGH(x)) - n * _LN2_LOW(x)


@vector_function
def _expm1_of_rest(r):
    """Return exp(r) - 1 for |r| <= log(2) / 2."""
    return (r * r) * _EXP(r) + r


@vector_function
def exp(x):
    """Return exp(x): 0 or infinite where that is out of range, and denormals between."""
    x = at_most(at_least(x, _LEAST(x)), _MOST(x))
    n = _nearest_power(x)
    return times_power_of_two(_expm1_of_rest(_rest(x, n)) + 1.0, n)


@vector_function
def expm1(x):
    """Return exp(x) - 1, accurate near 0."""
    x = at_most(at_least(x, -50.0), _MOST(x))
    n = _nearest_power(x)
    # 2^n (exp(r) - 2^-n): where 2^n overflows, the result need not.
    shifted = 1.0 - times_power_of_two(splat(x, 1.0), -n)
    return times_power_of_two(_expm1_of_rest(_rest(x, n)) + shifted, n)


# tanh and the logistic function ---------------------------------------------------------------

# (tanh(y) / y - 1) / y^2 as a polynomial in y^2, for |y| <= 0.625.
_TANH = _polynomial(
    [-0.3333328194, 0.1333144222, -0.05373971646, 0.02063909087, -0.005704990407],
    [
        -0.3333333333333285534, 0.1333333333326209829, -0.05396825393127015248,
        0.0218694875761388949, -0.008863221003101593752, 0.003591989176965868745,
        -0.001454958891637893609, 0.0005863165786165714455, -0.0002285642782117011377,
        0.00007714443348317272484, -0.00001607259857221793268,
    ],
)  # fmt: skip


@vector_function
def _with_sign_of(x, size):
    return from_bits(bits(size) | (bits(x) & bits(splat(x, -0.0))))


@vector_function
def tanh(x):
    """Return the hyperbolic tangent."""
    size = absolute(x)
    double = 2.0 * at_most(size, 20.0)  # beyond, the result is 1
    n = _nearest_power(double)
    e = times_power_of_two(_expm1_of_rest(_rest(double, n)) + 1.0, n)
    far = 1.0 - 2.0 / (e + 1.0)
    square = size * size
    near = (size * square) * _TANH(square) + size
    return _with_sign_of(x, select(size < 0.625, near, far))


# With e = exp(-|x|) and q = e / (1 + e), the logistic function is 1 - q for positive x, and e - e q for
# negative x: there q itself would have the errors of two roundings more.


@vector_function
def sigmoid(x):
    """Return the logistic function 1 / (1 + exp(-x)), also where that is a denormal."""
    e = exp(-absolute(x))
    s = select(x < 0.0, e, 1.0)
    return s - s * (e / (e + 1.0))


@vector_function
def _times_sigmoid(factor, x):
    """Return factor * sigmoid(x) for two numbers of one sign: where sigmoid is a denormal, the
    product may have more digits."""
    size = at_most(absolute(x), -_LEAST(x))
    n = _nearest_power(-size)
    p = _expm1_of_rest(_rest(-size, n))
    e = times_power_of_two(p + 1.0, n)
    bounded = at_least(factor, _LEAST(x))
    s = select(x < 0.0, times_power_of_two(bounded * p + bounded, n), factor)
    return _with_sign_of(factor, s - at_most(s, -_LEAST(x)) * (e / (e + 1.0)))


@vector_function
def silu(x):
    """Return x * sigmoid(x); its limits at the infinities."""
    return _times_sigmoid(x, x)


@vector_function
def gelu_tanh(x):
    """Return x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))).

    That is x * sigmoid(z) for z of twice the argument of tanh. Where z is far below 0 its rounding
    shows: the error grows to |z| units in the last place of a result that has become small.
    """
    inside = at_most(at_least(x, -100.0), 100.0)
    return _times_sigmoid(x, inside * ((inside * inside) * _GELU_CUBIC + _GELU_LINEAR))


# The normal distribution ----------------------------------------------------------------------

# (-log(1 - erf(y)) / y - 1, up to the y from which erf(y) is rounded to 1.
_ERF = _polynomial(
    [
        0.1283791666, 0.6366198346, 0.1027712772, -0.01911769519, -0.0002530602575, 0.001799352741,
        -0.0007406849972, 0.0001674805348, -2.135449022e-5, 1.193288324e-6,
    ],
    [
        0.1283791670955125683, 0.6366197723675836098, 0.1027726033017887498,
        -0.01912844700507014299, -0.0002091946948446276865, 0.001696206385760824177,
        -0.0005901255529766347873, 0.00002587860458990534676, 0.00006449186001502030987,
        -0.00002972404452363834709, 3.407263099327387122e-6, 2.835143018484669046e-6,
        -1.741550246321588319e-6, 3.363670757549876348e-7, 1.371802826305222275e-7,
        -1.417608260586177539e-7, 6.573295019176719863e-8, -2.096245514213976343e-8,
        4.997650013043054757e-9, -9.082116159365948986e-10, 1.248393443763553936e-10,
        -1.261083040849033643e-11, 8.845461725428091588e-13, -3.850483384499816034e-14,
        7.834118214351652282e-16,
    ],
)  # fmt: skip
_ERF_IS_ONE = _constant(3.93, 5.93)

# exp(y^2 / 2) (1 - Phi(y)), with Phi the normal distribution function, is a ratio of polynomials in y
# with coefficients above 0, for y up to 13.3 in float32 and 38.6 in float64. Even and odd powers stand
# apart: there are fewer roundings one after another than in one chain. Of the float32 numbers near to
# the minimax coefficients, these make up best for each other's rounding. (Ratios for erfc are those
# of W. J. Cody, "Rational Chebyshev approximations for the error function", Mathematics of
# Computation 23, 1969.)
_TOP_EVEN = _polynomial(
    [49.61798096, 17.99213982, 0.3989479244],
    [
        892780.0019546643877, 1212773.148246187382, 235509.5495857539286, 12696.31580221979602,
        189.8272751717185976, 0.3989422804015279979,
    ],
)  # fmt: skip
_TOP_ODD = _polynomial(
    [43.23575211, 3.967867136],
    [
        1477853.15365570505, 637514.9117391653283, 63596.50258231435302, 1852.63634057169191,
        12.4202828114637368,
    ],
)  # fmt: skip
_BOTTOM_EVEN = _polynomial(
    [99.23596191, 118.5357742, 9.946699142],
    [
        1785560.003909328774, 5027801.526646534871, 1748449.538538853872, 163994.3966423691092,
        4675.003666334648231, 31.13303207418366021,
    ],
)  # fmt: skip
_BOTTOM_ODD = _polynomial(
    [165.6503754, 46.08320999, 1.0],
    [
        4380377.066817767806, 3571336.75613077949, 621218.1741618342967, 32298.77057223113582,
        476.8264152357589595, 1.0,
    ],
)  # fmt: skip
_NORMAL_TAIL_IS_0 = _constant(16.0, 40.0)


@vector_function
def erf(x):
    """Return the error function."""
    y = at_most(absolute(x), _ERF_IS_ONE(x))
    return _with_sign_of(x, 0.0 - expm1(-(y * _ERF(y) + y)))


@vector_function
def _normal_decay(y, square):
    """Return p and n: exp(-y^2 / 2) is (1 + p) 2^n. `square` is y^2, rounded."""
    n = _rounded(square * (-0.5 / math.log(2.0)))
    # With a square that is not rounded before n log(2) is taken off.
    return _expm1_of_rest(fused(-0.5 * y, y, -n * _LN2_HIGH(y)) - n * _LN2_LOW(y)), n


@vector_function
def gelu(x):
    """Return x Phi(x), with Phi the normal distribution function; its limits at the infinities."""
    y = at_most(absolute(x), _NORMAL_TAIL_IS_0(x))
    square = y * y
    p, n = _normal_decay(y, square)
    top = y * _TOP_EVEN(square) + square * _TOP_ODD(square)
    tail = top / (y * _BOTTOM_ODD(square) + _BOTTOM_EVEN(square))
    return select(x < 0.0, -0.0, x) - times_power_of_two(tail * p + tail, n)


@vector_function
def gelu_slope(x):
    """Return the derivative of gelu, Phi(x) + x Phi'(x)."""
    y = at_most(absolute(x), _NORMAL_TAIL_IS_0(x))
    square = y * y
    p, n = _normal_decay(y, square)
    top = y * _TOP_ODD(square) + _TOP_EVEN(square)
    bottom = y * _BOTTOM_ODD(square) + _BOTTOM_EVEN(square)
    tail = top / bottom - y * (1 / math.sqrt(2 * math.pi))
    tail = times_power_of_two(tail * p + tail, n)
    return select(x < 0.0, tail, 1.0 - tail)


@vector_function
def gelu_tanh_slope(x):
    """Return the derivative of gelu_tanh."""
    x = at_most(at_least(x, -100.0), 100.0)
    square = x * x
    s = sigmoid(x * (square * _GELU_CUBIC + _GELU_LINEAR))
    return s + (s - s * s) * (x * (square * (3 * _GELU_CUBIC) + _GELU_LINEAR))


@vector_function
def silu_slope(x):
    """Return the derivative of silu."""
    s = sigmoid(x)
    return s + (s - s * s) * at_most(at_least(x, _LEAST(x)), -_LEAST(x))
