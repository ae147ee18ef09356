"""What `nn.functional` puts together from several operations."""

from __future__ import annotations

from autodiff.nn import functional as F

from . import Row

ROWS = [
    Row(
        "glu",
        lambda x: F.glu(x, 0),
        lambda rng: [rng.normal(size=(4, 3))],
        lambda torch, x: torch.nn.functional.glu(x, 0),
    ),
]
