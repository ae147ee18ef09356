"""The optimisers' steps."""

from __future__ import annotations

import numpy as np

SHAPES = [[(7,)], [(33, 65), (), (5,), (0,)], [(700, 301), (64, 64)]]


def _step(states, *numbers, each=None):
    """Rows of a kernel that takes parameters, gradients and `states` lists of no negative numbers."""

    def calls(rng, dtype):
        return [
            (
                *(
                    [np.asarray(rng.standard_normal(shape), dtype) for shape in shapes]
                    for _ in range(2)
                ),
                *(
                    [np.asarray(rng.random(shape) + 1, dtype) for shape in shapes]
                    for _ in range(states)
                ),
                *([each] * len(shapes) if number is EACH else number for number in numbers),
            )
            for shapes in SHAPES
        ]

    return calls


EACH = object()  # stands for a list with `each` for each parameter

ROWS = {
    "sgd_step": _step(1, 0.1, 0.9, 0.0, 0.01, True, EACH, each=False),
    "adam_step": _step(3, 0.1, 0.9, 0.99, 1e-8, 0.01, 0.1, EACH, each=3),
    "rmsprop_step": _step(1, None, None, 0.1, 0.9, 1e-8, 0.0, 0.01),
    "adagrad_step": _step(1, EACH, 1e-10, 0.01, each=0.1),
    "adadelta_step": _step(2, 1.0, 0.9, 1e-6, 0.01),
}
