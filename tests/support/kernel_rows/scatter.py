"""Sums by index."""

from __future__ import annotations


def _index_add(rng, dtype):
    return [
        (
            rng.standard_normal((rows, *rest)).astype(dtype),
            rng.integers(-rows, rows, count),
            rng.standard_normal((count, *rest)).astype(dtype),
        )
        for rows, count, rest in [(3, 4, ()), (7, 30, (5,)), (90, 400, (33,)), (50, 300, (3, 11))]
    ]


ROWS = {"index_add": _index_add}
