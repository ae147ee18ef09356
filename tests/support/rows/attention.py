"""Scaled dot-product attention."""

from __future__ import annotations

import numpy as np

import autodiff as ad
from autodiff.nn import functional as F

from . import Row

_MASK = np.array([[True, False, True], [False, False, True]])
_SHAPES = ((2, 2, 4), (2, 3, 4), (2, 3, 5))


def _attention(label, shapes=_SHAPES, **options):
    def call(module, tensor, xs):
        named = {k: tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
        if label == "added mask":
            named["attn_mask"] = named["attn_mask"].to(xs[0].dtype)
        return module.scaled_dot_product_attention(*xs, **named)

    return Row(
        f"attention {label}",
        lambda *xs: call(F, ad.tensor, xs),
        lambda rng: [rng.normal(size=shape) for shape in shapes],
        lambda torch, *xs: call(torch.nn.functional, torch.tensor, xs),
    )


def _added_mask(module, xs):
    """A mask that is differentiated as well."""
    query, key, value, mask = xs
    return module.scaled_dot_product_attention(query, key, value, mask)


ROWS = [
    _attention("plain"),
    _attention("matrices", ((2, 4), (3, 4), (3, 1))),
    _attention("heads", ((2, 2, 2, 4), (2, 2, 3, 4), (2, 2, 3, 5))),
    _attention("more leading axes", ((2, 1, 2, 2, 1), (2, 1, 2, 3, 1), (2, 1, 2, 3, 2))),
    _attention("broadcast", ((2, 2, 2, 4), (2, 1, 3, 4), (2, 1, 3, 5))),
    _attention("shared heads", ((1, 4, 2, 3), (1, 2, 3, 3), (1, 2, 3, 2)), enable_gqa=True),
    _attention("scale", scale=0.3),
    _attention("causal", is_causal=True),
    _attention("mask", attn_mask=_MASK),
    _attention("mask of keys", attn_mask=_MASK[:, None]),
    _attention("added mask", attn_mask=np.where(_MASK, 0.5, -np.inf)),
    Row(
        "attention differentiable mask",
        lambda *xs: _added_mask(F, xs),
        lambda rng: [rng.normal(size=shape) for shape in (*_SHAPES, (2, 2, 3))],
        lambda torch, *xs: _added_mask(torch.nn.functional, xs),
    ),
]
