"""Compares calls with their twins in PyTorch: shape, dtype, values and gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff.nn import functional as F

TOLERANCE = {"float32": 2e-5, "float64": 1e-10}


def agree(ours: Callable[..., Any], theirs: Callable[..., Any], *arrays: np.ndarray) -> None:
    """Assert that both calls agree on the arrays; floating ones are differentiated."""
    torch = pytest.importorskip("torch")
    mine = [ad.tensor(x, requires_grad=x.dtype.kind == "f") for x in arrays]
    twins = [torch.tensor(x, requires_grad=x.dtype.kind == "f") for x in arrays]
    y, expected = ours(*mine), theirs(*twins)
    assert y.shape == tuple(expected.shape)
    assert f"torch.{y.dtype}" == str(expected.dtype)
    tolerance = TOLERANCE[y.dtype.name]
    close(y.detach().numpy(), expected.detach().numpy(), tolerance)
    mine = [x for x in mine if x.requires_grad]
    twins = [x for x in twins if x.requires_grad]
    if not y.requires_grad:
        assert not expected.requires_grad
        return
    g = np.random.default_rng(1).normal(size=y.shape).astype(y.dtype)
    found = ad.grad(y, mine, ad.tensor(g))
    wanted = torch.autograd.grad(expected, twins, torch.tensor(g))
    for x, a, b in zip(mine, found, wanted):
        assert a.dtype == x.dtype
        close(a.numpy(), b.numpy(), tolerance)


def close(found: np.ndarray, expected: np.ndarray, tolerance: float) -> None:
    """Assert closeness relative to the largest finite element expected."""
    finite = expected[np.isfinite(expected)]
    size = float(np.abs(finite).max(initial=0.0))
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * max(size, 1.0))


def twins(name: str, *constants: Any, **options: Any) -> tuple[Any, Any]:
    """Return ``nn.functional.name`` of ours and of PyTorch's, as functions of their first inputs.

    Arrays among the constants and options become tensors.
    """
    torch = pytest.importorskip("torch")

    def twin(module: Any, tensor: Any) -> Callable[..., Any]:
        def given(value: Any) -> Any:
            return tensor(value) if isinstance(value, np.ndarray) else value

        args = [given(value) for value in constants]
        named = {key: given(value) for key, value in options.items()}
        return lambda *xs, **more: getattr(module, name)(*xs, *args, **named, **more)

    return twin(F, ad.tensor), twin(torch.nn.functional, torch.tensor)
