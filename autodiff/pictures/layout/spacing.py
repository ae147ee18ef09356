"""Things on a line that keep their order and their distances while they are drawn to one another."""

from __future__ import annotations

__all__ = ["Spacing"]


class Spacing:
    """How far each thing must stand to the right of others.

    Parameters
    ----------
    right : list of dict
        Per thing those to its right, with the least distance. There must be no cycle.

    Attributes
    ----------
    least, most : list of float
        The leftmost place of each thing, from the left end, and the rightmost, from the right end.
    width : float
        What all need at least.
    order : list of int
        The things, each before those to its right.
    """

    def __init__(self, right: list[dict[int, float]]) -> None:
        self.right = [list(row.items()) for row in right]
        self.left: list[list[tuple[int, float]]] = [[] for _ in right]
        for a, row in enumerate(self.right):
            for b, distance in row:
                self.left[b].append((a, distance))
        self.order = self._sorted()
        nothing = [0.0] * len(right)
        self.least = self._pushed_right(list(nothing))
        self.most = self._pushed_left(list(nothing))
        self.width = max(self.least, default=0.0)

    def tightest(self) -> list[tuple[int, int, int]]:
        """The things in the longest runs that touch one another, each with those that press it most."""
        found = []
        for thing, (low, high) in enumerate(zip(self.least, self.most)):
            if low - high > self.width - 1 and self.left[thing] and self.right[thing]:
                left = max(self.left[thing], key=lambda pair: self.least[pair[0]] + pair[1])
                right = min(self.right[thing], key=lambda pair: self.most[pair[0]] - pair[1])
                found.append((left[0], thing, right[0]))
        return found

    def apart(self, x: list[float], width: float) -> list[float]:
        """Positions near `x` that keep all distances, between 0 and `width`.

        The mean of all pushed to the right and all pushed to the left: both keep the distances, so the mean
        does, and a crowd stays centred on its place.
        """
        x = [min(max(at, low), width + high) for at, low, high in zip(x, self.least, self.most)]
        return [(a + b) / 2 for a, b in zip(self._pushed_right(list(x)), self._pushed_left(x))]

    def room(self, x: list[float], thing: int, width: float) -> tuple[float, float]:
        """From where to where a thing can move while the others stay."""
        low, high = self.least[thing], width + self.most[thing]
        for other, distance in self.left[thing]:
            if x[other] + distance > low:
                low = x[other] + distance
        for other, distance in self.right[thing]:
            if x[other] - distance < high:
                high = x[other] - distance
        return low, high

    def _sorted(self) -> list[int]:
        waiting = [len(row) for row in self.left]
        order = [thing for thing, count in enumerate(waiting) if not count]
        for thing in order:
            for other, _ in self.right[thing]:
                waiting[other] -= 1
                if not waiting[other]:
                    order.append(other)
        return order

    def _pushed_right(self, x: list[float]) -> list[float]:
        for thing in self.order:
            at = x[thing]
            for other, distance in self.right[thing]:
                if x[other] < at + distance:
                    x[other] = at + distance
        return x

    def _pushed_left(self, x: list[float]) -> list[float]:
        for thing in reversed(self.order):
            at = x[thing]
            for other, distance in self.left[thing]:
                if x[other] > at - distance:
                    x[other] = at - distance
        return x
