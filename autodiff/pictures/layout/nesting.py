"""Frames as a tree: which frame stands in which, and which boxes stand in them."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["Nesting"]

NONE = -1


class Nesting:
    """The tree of frames.

    Of two frames one holds the other, or they share no box. A frame that would break this is left out.

    Parameters
    ----------
    count : int
        How many boxes there are.
    frames : sequence of sequence of int
        The boxes of each frame, those of inner frames included. Where two hold the same boxes the first
        one is the outer.

    Attributes
    ----------
    parent : list of int
        The frame around each frame, or -1.
    home : list of int
        The innermost frame around each box, or -1.
    kept : list of bool
        Whether a frame is drawn.
    """

    def __init__(self, count: int, frames: Sequence[Sequence[int]]) -> None:
        self.frames = [sorted(set(boxes)) for boxes in frames]
        self.parent = [NONE] * len(frames)
        self.home = [NONE] * count
        self.kept = [False] * len(frames)
        for frame in sorted(range(len(frames)), key=lambda i: -len(self.frames[i])):
            boxes = self.frames[frame]
            around = {self.home[box] for box in boxes}
            if len(around) == 1:
                self.kept[frame] = True
                self.parent[frame] = around.pop()
                for box in boxes:
                    self.home[box] = frame

    def drop(self, frame: int) -> None:
        """Leave a frame out; what stood in it stands in the frame around it."""
        around = self.parent[frame]
        self.kept[frame] = False
        for box in self.frames[frame]:
            if self.home[box] == frame:
                self.home[box] = around
        self.parent = [around if parent == frame else parent for parent in self.parent]

    def chain(self, frame: int) -> tuple[int, ...]:
        """`frame` and all frames around it, outermost first."""
        found = []
        while frame != NONE:
            found.append(frame)
            frame = self.parent[frame]
        return tuple(reversed(found))
