"""Columns cut into pieces where they make the picture too wide."""

from __future__ import annotations

from collections.abc import Callable

from .columns import MAIN
from .spacing import Spacing

__all__ = ["Where", "narrowed"]

Pieces = list[list[int]]
Where = dict[tuple[int, int], tuple[int, int, int]]
"""Per pair of neighbours the first and the last row in which they are that, and the one that asks for the
largest distance."""


def narrowed(
    columns: Pieces,
    worth: list[int],
    rank: list[int],
    most: float,
    spaced: Callable[[Pieces], tuple[Spacing, Where]],
    rounds: int,
) -> tuple[Pieces, Spacing]:
    """Cut columns until all is at most so wide, or no cut makes it narrower.

    Parameters
    ----------
    columns : list of list of int
        The items of each column from top to bottom.
    worth : list of int
        How much each column matters.
    rank : list of int
        The row of each item.
    most : float
        The width wanted.
    spaced : callable
        The distances between pieces of columns.
    rounds : int
        How often to try at most.

    Returns
    -------
    pieces : list of list of int
    spacing : Spacing
    """
    cuts: list[int] = []  # the items below which a column is cut
    tried = []
    for _ in range(rounds):
        pieces, of = _pieces(columns, cuts)
        spacing, where = spaced(pieces)
        tried.append((spacing.width, len(cuts)))
        if spacing.width <= most:
            break
        more = _pushed(spacing, where, pieces, [worth[column] for column in of], rank)
        if not more:
            break
        cuts += more
    # Cuts that gain next to nothing are not worth the bends.
    enough = max(most, 1.02 * min(tried)[0])
    cuts = cuts[: next(count for width, count in tried if width <= enough)]
    for cut in cuts[-rounds:][::-1]:
        without = [other for other in cuts if other != cut]
        if spaced(_pieces(columns, without)[0])[0].width <= enough:
            cuts = without
    pieces, _ = _pieces(columns, cuts)
    return pieces, spaced(pieces)[0]


def _pieces(columns: Pieces, cuts: list[int]) -> tuple[Pieces, list[int]]:
    """The columns after the cuts, and which column each piece was a part of."""
    ends = set(cuts)
    pieces, of = [], []
    for i, column in enumerate(columns):
        piece: list[int] = []
        for item in column:
            piece.append(item)
            if item in ends or item == column[-1]:
                pieces.append(piece)
                of.append(i)
                piece = []
    return pieces, of


def _pushed(
    spacing: Spacing, where: Where, pieces: Pieces, worth: list[int], rank: list[int]
) -> list[int]:
    """Where to cut pieces that are pushed from the left in one row and push to the right in another.

    Those of the longest path only where there are no others.
    """
    found = []
    for a, b, c in spacing.tightest():
        if b < len(pieces) and (a, b) in where and (b, c) in where:
            one, other = sorted([where[a, b], where[b, c]])
            last = one[1] if one[1] < other[0] else min(one[2], other[2])
            if one[2] != other[2]:
                found.append((worth[b] == MAIN, pieces[b][last - rank[pieces[b][0]]]))
    return [item for main, item in found if main == min(found)[0]]
