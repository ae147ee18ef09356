"""Arithmetic, division, powers and rounding."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

import autodiff as ad

from . import Row


def between(
    low: float, high: float, *shapes: tuple[int, ...], kinks: Sequence[float] = ()
) -> Callable[[np.random.Generator], list[np.ndarray]]:
    """Inputs spread over an interval, of the given shapes, and not near any of `kinks`."""

    def inputs(rng):
        arrays = [rng.uniform(low, high, shape) for shape in shapes or ((3, 4),)]
        for array in arrays:
            for kink in kinks:
                near = np.abs(array - kink) < 0.05
                array[near] = kink + 0.05 + 0.1 * rng.random(near.sum())
        return arrays

    return inputs


def unary(name: str, low: float, high: float, kinks: Sequence[float] = (), **options) -> Row:
    """A function of one tensor that torch has under the same name."""
    return Row(
        f"{name} {options}" if options else name,
        lambda x: getattr(ad, name)(x, **options),
        between(low, high, kinks=kinks),
        lambda torch, x: _of_torch(torch, name)(x, **options),
    )


def _of_torch(torch, name):
    return getattr(torch, name, None) or getattr(torch.nn.functional, name)


_two = between(0.3, 3.0, (3, 4), (3, 4))
_signed = between(-2.0, 2.0, (3, 4), (3, 4), kinks=(0,))
_broadcast = between(-2.0, 2.0, (2, 3, 1), (1, 4), kinks=(0,))


def _with_slopes(rng):
    """Pairs (x, y) whose quotient is not near a whole number, where it would jump."""
    y = rng.uniform(1.0, 2.0, (3, 4)) * rng.choice([-1.0, 1.0], (3, 4))
    return [y * (rng.integers(-3, 4, (3, 4)) + rng.uniform(0.2, 0.8, (3, 4))), y]


ROWS = [
    Row("add", lambda x, y: x + y, _signed, lambda torch, x, y: x + y),
    Row(
        "add broadcast", lambda x, y: ad.add(x, y), _broadcast, lambda torch, x, y: torch.add(x, y)
    ),
    Row(
        "add alpha",
        lambda x, y: ad.add(x, y, alpha=2.5),
        _broadcast,
        lambda torch, x, y: torch.add(x, y, alpha=2.5),
    ),
    Row("add number", lambda x: 3 + x, between(-2, 2), lambda torch, x: 3 + x),
    Row("add to itself", lambda x: x + x, between(-2, 2), lambda torch, x: x + x),
    Row("sub", lambda x, y: x - y, _broadcast, lambda torch, x, y: x - y),
    Row("sub number", lambda x: 1 - x, between(-2, 2), lambda torch, x: 1 - x),
    Row(
        "sub alpha", lambda x, y: x.sub(y, alpha=3), _signed, lambda torch, x, y: x.sub(y, alpha=3)
    ),
    Row("mul", lambda x, y: x * y, _signed, lambda torch, x, y: x * y),
    Row("mul broadcast", lambda x, y: np.multiply(x, y), _broadcast, lambda torch, x, y: x * y),
    Row("mul number", lambda x: 2.5 * x, between(-2, 2), lambda torch, x: 2.5 * x),
    Row("neg", lambda x: -x, between(-2, 2), lambda torch, x: -x),
    Row("positive", lambda x: +x, between(-2, 2), lambda torch, x: +x),
    Row("abs", lambda x: abs(x), between(-2, 2, kinks=(0,)), lambda torch, x: abs(x)),
    unary("sign", -2, 2, kinks=(0,)),
    Row(
        "addcmul",
        lambda x, y, z: ad.addcmul(x, y, z, value=0.5),
        between(-2, 2, (3, 4), (4,), (3, 1)),
        lambda torch, x, y, z: torch.addcmul(x, y, z, value=0.5),
    ),
    Row(
        "addcdiv",
        lambda x, y, z: ad.addcdiv(x, y, z),
        between(0.5, 2, (3, 4), (4,), (3, 1)),
        lambda torch, x, y, z: torch.addcdiv(x, y, z),
    ),
    Row("lerp", lambda x, y: x.lerp(y, 0.3), _signed, lambda torch, x, y: x.lerp(y, 0.3)),
    Row("lerp far", lambda x, y: x.lerp(y, 0.75), _signed, lambda torch, x, y: x.lerp(y, 0.75)),
    Row(
        "lerp tensor",
        lambda x, y, z: ad.lerp(x, y, z),
        between(-1, 1, (3, 4), (3, 4), (3, 4), kinks=(-0.5, 0.5)),
        lambda torch, x, y, z: torch.lerp(x, y, z),
    ),
    # Division
    Row("div", lambda x, y: x / y, _signed, lambda torch, x, y: x / y),
    Row("div broadcast", lambda x, y: x / y, _broadcast, lambda torch, x, y: x / y),
    Row("div by number", lambda x: x / 3, between(-2, 2), lambda torch, x: x / 3),
    Row("number div", lambda x: 3 / x, between(0.5, 2), lambda torch, x: 3 / x),
    Row(
        "div floor",
        lambda x, y: x.div(y, rounding_mode="floor"),
        _with_slopes,
        lambda torch, x, y: x.div(y, rounding_mode="floor"),
    ),
    Row(
        "div trunc",
        lambda x, y: x.div(y, rounding_mode="trunc"),
        _with_slopes,
        lambda torch, x, y: x.div(y, rounding_mode="trunc"),
    ),
    Row("floor_divide", lambda x, y: x * (x // y), _with_slopes),  # torch has no derivative
    Row("remainder", lambda x, y: x % y, _with_slopes, lambda torch, x, y: x % y),
    Row("remainder number", lambda x: x % 0.7, between(0.1, 0.6), lambda torch, x: x % 0.7),
    Row("fmod", lambda x, y: x.fmod(y), _with_slopes, lambda torch, x, y: x.fmod(y)),
    Row("reciprocal", lambda x: x.reciprocal(), between(0.5, 2), lambda torch, x: x.reciprocal()),
    # Powers
    Row("pow", lambda x, y: x**y, _two, lambda torch, x, y: x**y),
    Row(
        "pow broadcast",
        lambda x, y: ad.pow(x, y),
        between(0.5, 2, (3, 1), (2, 1, 4)),
        lambda torch, x, y: torch.pow(x, y),
    ),
    *[
        Row(
            f"pow {exponent}",
            lambda x, exponent=exponent: x**exponent,
            between(0.5, 2),
            lambda torch, x, exponent=exponent: x**exponent,
        )
        for exponent in (0, 1, 2, 3, 4, -1, -2, 0.5, -0.5, 1.7)
    ],
    Row("pow of negative", lambda x: x**3, between(-2, -0.5), lambda torch, x: x**3),
    Row("pow base", lambda x: 2**x, between(-2, 2), lambda torch, x: 2**x),
    Row("pow same", lambda x: x**x, between(0.5, 2), lambda torch, x: x**x),
    unary("square", -2, 2),
    unary("sqrt", 0.5, 2),
    unary("rsqrt", 0.5, 2),
    Row("hypot", lambda x, y: ad.hypot(x, y), _broadcast, lambda torch, x, y: torch.hypot(x, y)),
    # Rounding
    *[unary(name, 0.1, 0.4) for name in ("floor", "ceil", "trunc", "round", "frac")],
    Row(
        "round decimals",
        lambda x: x * x.round(decimals=1),
        lambda rng: [rng.integers(-9, 9, (3, 4)) / 10 + 0.01],
        lambda torch, x: x * x.round(decimals=1),
    ),
]
