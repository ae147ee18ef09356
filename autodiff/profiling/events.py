"""What a profile notes: one event per operation, rule of a derivative, module call and sweep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..node import Leaf, Node
from ..observing import Listener, Observer, Path
from ..primitive import Primitive
from .array_memory import Alive, made, owners
from .multiply_adds import multiply_adds

__all__ = ["Event", "Recorder"]

_Array = np.ndarray


@dataclass(slots=True)
class Event:
    """Something that took time.

    Attributes
    ----------
    kind : {"forward", "backward", "model", "module", "scope", "sweep"}
        The forward function of an operation, its rules, a call of an outermost module, of one inside
        it, time in a scope, a backward sweep.
    name : str
        Of the operation or the scope; of a module its class.
    path : tuple of str
    begin, end : int
        Nanoseconds of ``time.perf_counter_ns``.
    own : int
        Nanoseconds without the operations inside it.
    shapes : tuple of tuple of int
        Of the arrays that went in.
    made : int
        Bytes of new arrays.
    saved : int
        Bytes kept for backward that were not kept before.
    multiply_adds : int
    """

    kind: str
    name: str
    path: Path
    begin: int
    end: int
    own: int = 0
    shapes: tuple[tuple[int, ...], ...] = ()
    made: int = 0
    saved: int = 0
    multiply_adds: int = 0


class Recorder(Listener):
    """Makes an event of all that an observer tells.

    Parameters
    ----------
    events : list of Event
        Filled.
    memory : Alive
        Told of the arrays that operations make.
    """

    observer: Observer

    def __init__(self, events: list[Event], memory: Alive) -> None:
        self.events = events
        self.memory = memory
        self.kept = Alive()  # for backward
        self.last: Event | None = None  # an operation whose node may follow

    def operation(
        self, primitive: Primitive, inputs: Sequence[Any], out: Any, begin: int, end: int, own: int
    ) -> None:
        event = self.last = Event(
            "forward",
            primitive.name,
            self.observer.path,
            begin,
            end,
            own,
            tuple([x.shape for x in inputs if x.__class__ is _Array]),
            sum([self.memory.add(array) for array in made(inputs, (out,))]),
            0,
            multiply_adds(primitive, inputs, out),
        )
        self.events.append(event)

    def recorded(self, node: Node) -> None:
        event = self.last
        if event is None or node.primitive is None or event.name != node.primitive.name:
            return
        self.last = None
        if node.saved:
            kept = list(node.saved)
            for i, parent in enumerate(node.parents):
                if parent.__class__ is Leaf:
                    kept[i] = None  # it keeps its memory anyway
            event.saved = sum([self.kept.add(array) for array in owners(kept)])

    def rule(self, node: Node, g: Any, contributions: Sequence[Any], begin: int, end: int) -> None:
        notes = node.notes
        path = () if notes is None or notes.scope is None else notes.scope
        event = Event("backward", node.name, path, begin, end, end - begin)
        event.made = sum([self.memory.add(array) for array in made((g,), contributions)])
        self.events.append(event)

    def swept(self, begin: int, end: int) -> None:
        self.events.append(Event("sweep", "backward", (), begin, end))

    def called(self, module: Any, path: Path, output: Any, begin: int, end: int) -> None:
        if module is None:
            kind, name = "scope", path[-1]
        else:
            kind = "module" if len(self.observer.calls) > 1 else "model"
            name = type(module).__name__
        self.events.append(Event(kind, name, path, begin, end))
