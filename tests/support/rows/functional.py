"""What `nn.functional` puts together from several operations."""

from __future__ import annotations

import numpy as np

import autodiff as ad
from autodiff.nn import functional as F

from . import Row

_MASK = np.array([[True, False, True], [False, False, True]])


def _attention_inputs(rng):
    return [rng.normal(size=shape) for shape in ((2, 2, 4), (2, 3, 4), (2, 3, 5))]


def _attention(label, **options):
    def call(module, tensor, xs):
        named = {k: tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
        if label == "added mask":
            named["attn_mask"] = named["attn_mask"].to(xs[0].dtype)
        return module.scaled_dot_product_attention(*xs, **named)

    return Row(
        f"attention {label}",
        lambda *xs: call(F, ad.tensor, xs),
        _attention_inputs,
        lambda torch, *xs: call(torch.nn.functional, torch.tensor, xs),
    )


ROWS = [
    _attention("plain"),
    _attention("scale", scale=0.3),
    _attention("causal", is_causal=True),
    _attention("mask", attn_mask=_MASK),
    _attention("added mask", attn_mask=np.where(_MASK, 0.5, -np.inf)),
    Row(
        "glu",
        lambda x: F.glu(x, 0),
        lambda rng: [rng.normal(size=(4, 3))],
        lambda torch, x: torch.nn.functional.glu(x, 0),
    ),
]
