"""What a picture shows, whatever draws it: boxes, arrows, frames."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Arrow", "Box", "Frame", "View"]


@dataclass(slots=True)
class Box:
    """One box of a picture.

    Attributes
    ----------
    kind : str
        "input", "parameter", "constant", "operation", "output", "module" (a folded one) or
        "gradient" (an operation of the backward pass).
    title : str
        The operation's symbol, the parameter's name, a constant's value.
    lines : list of str
        What stands below it, as it was asked for: shape, value, time.
    fill : str, optional
        A colour, "#rrggbb", in place of the kind's own.
    saved : bool
        Something is kept here for the backward pass.
    alert : bool
        There is NaN or an infinity in it.
    hint : str
        What a viewer shows when the pointer rests on it.
    """

    kind: str
    title: str
    lines: list[str] = field(default_factory=list)
    fill: str | None = None
    saved: bool = False
    alert: bool = False
    hint: str = ""


@dataclass(slots=True)
class Arrow:
    """An arrow from a box to another, by their numbers.

    Attributes
    ----------
    kind : str
        "data", or "gradient" for cotangents and "saved" for what backward reads of the forward pass.
    label : str
        What stands beside it.
    """

    tail: int
    head: int
    kind: str = "data"
    label: str = ""


@dataclass(slots=True)
class Frame:
    """A frame around the boxes of an unfolded module.

    Attributes
    ----------
    path : tuple of str
        The module's path.
    boxes : list of int
        The numbers of its boxes, those in inner frames too.
    """

    path: tuple[str, ...]
    boxes: list[int]


@dataclass(slots=True)
class View:
    """Boxes in a topological order (each before the heads of its arrows), and what joins them."""

    boxes: list[Box]
    arrows: list[Arrow]
    frames: list[Frame] = field(default_factory=list)
    title: str = "Computation graph"
