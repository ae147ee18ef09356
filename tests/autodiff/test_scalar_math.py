"""Functions of Python floats: fast where ``math`` has an answer, IEEE's where it raises."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autodiff as ad
from autodiff.primitive import Primitive, registry
from autodiff.scalar_math import form_of, on_floats, sign, total


def _of_math(x):
    return math.exp(x)


def test_total_functions_never_raise():
    exp = total(_of_math, np.exp)
    assert exp(1.0) == math.exp(1.0)
    assert exp(1000.0) == math.inf
    divide = total(lambda x, y: x / y, np.true_divide)
    assert divide(1.0, 0.0) == math.inf
    assert math.isnan(divide(0.0, 0.0))
    assert type(total(None, np.sqrt)(4.0)) is float
    assert total(None, np.isnan)(math.nan) is True


def test_sign():
    assert [sign(x) for x in (-2.0, 0.0, 3.0)] == [-1.0, 0.0, 1.0]
    assert math.isnan(sign(math.nan))


def test_rules_on_floats_use_math():
    rule = on_floats(lambda g, x: g * np.where(x > 0, np.exp(x), np.sign(x)))
    assert rule(2.0, 1.0) == 2 * math.exp(1.0)
    assert rule(2.0, -1.0) == -2.0
    assert type(rule(2.0, 1.0)) is float
    untouched = lambda g, x: g * x
    assert on_floats(untouched) is untouched
    assert on_floats(np.exp) is np.exp


def test_functions_that_math_lacks_come_from_numpy_without_warnings():
    rule = on_floats(lambda g, x: g * np.cbrt(x) + np.reciprocal(x))
    assert type(rule(2.0, 8.0)) is float
    assert rule(2.0, 0.0) == math.inf


@pytest.mark.parametrize(
    "name", sorted(n for n, p in registry.items() if p.elementwise and p.scalar is not None)
)
def test_scalar_forms_equal_the_array_forms(name):
    primitive = registry[name]
    parameters = {
        "leaky_relu": (0.1,), "elu": (1.5, 1.1, 0.7), "gelu": ("none",), "hardshrink": (0.5,),
        "hardtanh": (-1.0, 1.0), "softshrink": (0.5,), "threshold": (0.3, 9.0),
    }.get(name, ())  # fmt: skip
    form = form_of(primitive)
    rng = np.random.default_rng(0)
    for _ in range(20):
        xs = [float(x) for x in rng.uniform(0.05, 0.95, primitive.arity)]
        with np.errstate(all="ignore"):
            expected = primitive.forward(*[np.array([x]) for x in xs], *parameters)
        np.testing.assert_allclose(form.scalar(*xs, *parameters), expected[0], rtol=1e-13)


def test_only_elementwise_primitives_have_a_form():
    with pytest.raises(TypeError, match=r"does not take Values; convert them with Value\.tensor"):
        form_of(registry["matmul"])


def test_a_primitive_without_scalar_form_works_on_values():
    own = Primitive(
        "cube", lambda x: x**3, (lambda g, x: g * 3 * x * x,), elementwise=True, register=False
    )
    v = ad.Value(2.0)
    out = ad.Value._apply(own, (v,))
    out.backward()
    assert (out.data, v.grad) == (8.0, 12.0)
