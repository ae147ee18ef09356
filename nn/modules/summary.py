"""The summary of a model: a tree of its modules with shapes, parameters, work and memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from autodiff import versions
from autodiff._tensor import Tensor
from autodiff.mode import no_grad
from autodiff.observing import Listener, Path, observer_of_thread
from autodiff.pictures.tabular import Table
from autodiff.primitive import Primitive
from autodiff.profiling.array_memory import made
from autodiff.profiling.multiply_adds import multiply_adds
from autodiff.profiling.tables import as_text
from autodiff.random import default_generator

from .registry import MODULE, PARAMETER

if TYPE_CHECKING:
    import pandas

    from .module import Module

__all__ = ["Layer", "Summary", "summary"]


@dataclass(slots=True)
class Layer:
    """A module in a summary.

    Attributes
    ----------
    name : str
        Its dotted name; "" for the model.
    kind : str
        Its class.
    calls : int
        How often the example went through it.
    output : str
        The shape of what it returned last.
    parameters, trainable : int
        Elements of its own parameters, each parameter of the model counted once.
    multiply_adds, memory : int
        Of the operations in its own ``forward``, over all calls; memory in bytes.
    shared : str or None
        The name of the same module further up, where it is counted.
    """

    name: str
    kind: str
    calls: int = 0
    output: str = ""
    parameters: int = 0
    trainable: int = 0
    multiply_adds: int = 0
    memory: int = 0
    shared: str | None = None

    @property
    def depth(self) -> int:
        """0 for the model."""
        return self.name.count(".") + 1 if self.name else 0


_FIGURES = ("parameters", "trainable", "multiply_adds", "memory")


class Summary:
    """What ``Module.summary`` returns; ``print`` shows it as a tree.

    Attributes
    ----------
    layers : list of Layer
        The model first, then all modules below it, parents first.
    depth : int or None
        How many levels are shown.
    parameters, trainable : int
        Elements of all parameters, and of those that require grad.
    multiply_adds : int
    memory : int
        Bytes of all arrays that the operations made.
    input_memory, state_memory : int
        Bytes of the example; of the parameters and buffers.
    """

    def __init__(
        self, layers: list[Layer], depth: int | None, input_memory: int, state_memory: int
    ) -> None:
        self.layers = layers
        self.depth = depth
        self.input_memory = input_memory
        self.state_memory = state_memory
        self.parameters, self.trainable, self.multiply_adds, self.memory = _sums(layers)

    def table(self) -> Table:
        """Return the figures as a table; memory in bytes.

        The modules below the last level that is shown are counted in those of that level.
        """
        return Table(_COLUMNS, [(*_words(layer), *figures) for layer, figures in self._rows()])

    def _rows(self) -> Iterator[tuple[Layer, tuple[int, ...]]]:
        for i, layer in enumerate(self.layers):
            if self.depth is None or layer.depth < self.depth:
                yield layer, _sums([layer])
            elif layer.depth == self.depth:
                inside = [layer]
                for below in self.layers[i + 1 :]:
                    if below.depth <= layer.depth:
                        break
                    inside.append(below)
                yield layer, _sums(inside)

    def to_markdown(self) -> str:
        """Return the table in GitHub's Markdown."""
        return self.table().to_markdown()

    def to_dataframe(self) -> pandas.DataFrame:
        """Return the table as a ``pandas.DataFrame``.

        Raises
        ------
        ImportError
            Where pandas is not installed.
        """
        return self.table().to_dataframe()

    def __str__(self) -> str:
        rows = list(self._rows())
        labels = _tree([layer for layer, _ in rows])
        tree = Table(
            ["module", *_COLUMNS[2:]],
            [
                (label, *_words(layer)[2:], *figures)
                for label, (layer, figures) in zip(labels, rows, strict=True)
            ],
        )
        lines = [
            as_text(tree, {**dict.fromkeys(_COLUMNS[3:], _count), "memory": _size}),
            "",
            f"parameters: {self.parameters:,}, of which {self.trainable:,} are trainable",
            f"multiply-adds: {self.multiply_adds:,}",
            f"memory: {_size(self.input_memory)} input, {_size(self.state_memory)} parameters and "
            f"buffers, {_size(self.memory)} activations",
        ]
        return "\n".join(lines)

    __repr__ = __str__


_COLUMNS = [
    "name", "class", "output", "calls", "parameters", "trainable", "multiply-adds", "memory",
]  # fmt: skip


def _sums(layers: Iterable[Layer]) -> tuple[int, ...]:
    layers = list(layers)
    return tuple([sum([getattr(layer, name) for layer in layers]) for name in _FIGURES])


def _words(layer: Layer) -> tuple[Any, ...]:
    return layer.name, layer.kind, layer.output, layer.calls


def _tree(layers: Sequence[Layer]) -> list[str]:
    """The names of some layers behind the branches of a tree."""
    labels: list[str] = []
    follows: dict[int, bool] = {}  # whether a layer of that depth comes further down
    for layer in reversed(layers):
        depth = layer.depth
        label = layer.kind if not depth else f"{layer.name.rpartition('.')[2]}: {layer.kind}"
        if layer.shared is not None:
            label += f" (see {layer.shared or 'the model'})"
        if depth:
            bars = "".join(["│  " if follows.get(d) else "   " for d in range(1, depth)])
            label = f"{bars}{'├─' if follows.get(depth) else '└─'} {label}"
        labels.append(label)
        follows = {d: known for d, known in follows.items() if d < depth}
        follows[depth] = True
    return labels[::-1]


def _count(n: int) -> str:
    return f"{n:,}" if n else "–"


def _size(nbytes: int) -> str:
    if not nbytes:
        return "–"
    size, units = float(nbytes), ["B", "KB", "MB", "GB", "TB"]
    while size >= 1000 and len(units) > 1:
        size /= 1000
        units.pop(0)
    return f"{size:.0f} B" if units[0] == "B" else f"{size:.1f} {units[0]}"


def summary(model: Module, example: Any, depth: int | None = None) -> Summary:
    """Run a model once on an example; see ``Module.summary``."""
    if depth is not None and depth < 0:
        raise ValueError(f"summary: depth must not be negative, got {depth}")
    args, kwargs = _arguments(example)
    layers = _layers(model)
    counter = _Counter({module: layer for module, layer in layers if layer.shared is None})
    with _evaluated(model), no_grad(), observer_of_thread(counter) as observer:
        counter.stack = observer.calls
        model(*args, **kwargs)
    given = sum([x.nbytes for x in made([], [args, list(kwargs.values())])])
    state = sum([x.nbytes for x in made([], [*model.parameters(), *model.buffers()])])
    return Summary([layer for _, layer in layers], depth, given, state)


def _arguments(example: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of the call, as ``ad.graph`` takes them."""

    def taken(x: Any) -> Any:
        return Tensor(x) if hasattr(x, "__array__") and not isinstance(x, Tensor) else x

    if isinstance(example, Mapping):
        return (), {name: taken(x) for name, x in example.items()}
    if isinstance(example, (tuple, list)):
        return tuple([taken(x) for x in example]), {}
    return (taken(example),), {}


def _layers(model: Module) -> list[tuple[Module, Layer]]:
    """All modules as rows with their parameters; what is below a shared one is not repeated."""
    found: list[tuple[Module, Layer]] = []
    first: dict[Module, str] = {}
    counted: set[int] = set()
    waiting: list[tuple[str, Module]] = [("", model)]
    while waiting:
        name, module = waiting.pop()
        layer = Layer(name, module._get_name())
        found.append((module, layer))
        if module in first:
            layer.shared = first[module]
            continue
        first[module] = name
        for _, parameter in module._members(PARAMETER):
            if parameter is not None and id(parameter) not in counted:
                counted.add(id(parameter))
                layer.parameters += parameter.numel()
                layer.trainable += parameter.numel() if parameter.requires_grad else 0
        waiting += [
            (f"{name}.{child}" if name else child, below)
            for child, below in reversed(module._members(MODULE))
            if below is not None
        ]
    return found


class _Counter(Listener):
    """Adds what happens to the layers where it happens.

    Parameters
    ----------
    layers : dict of Module to Layer

    Attributes
    ----------
    stack : list of Module
        The modules that are being called, the innermost last.
    """

    stack: list[Any]

    def __init__(self, layers: dict[Module, Layer]) -> None:
        self.layers = layers

    def operation(
        self, primitive: Primitive, inputs: Sequence[Any], out: Any, begin: int, end: int, own: int
    ) -> None:
        layer = next((self.layers[m] for m in reversed(self.stack) if m in self.layers), None)
        if layer is not None:
            layer.multiply_adds += multiply_adds(primitive, inputs, out)
            layer.memory += sum([array.nbytes for array in made(inputs, [out])])

    def called(self, module: Any, path: Path, output: Any, begin: int, end: int) -> None:
        layer = self.layers.get(module)
        if layer is not None:
            layer.calls += 1
            layer.output = _shape(output)


def _shape(output: Any) -> str:
    """The shapes in what a module returned, in its own form."""
    if isinstance(output, Tensor):
        return f"({', '.join(map(str, output.shape))})"
    if isinstance(output, Mapping):
        return f"{{{', '.join([f'{name}: {_shape(x)}' for name, x in output.items()])}}}"
    if isinstance(output, (tuple, list)):
        return ", ".join([_shape(x) for x in output if x is not None])
    return "" if output is None else type(output).__name__


@contextmanager
def _evaluated(model: Module) -> Iterator[None]:
    """Put a model into evaluation; give it, its buffers and the generator back as they were."""
    training = {module: module.training for module in model.modules()}
    buffers = [(module, name) for module in training for name in module._buffers]
    before = [module.__dict__[name] for module, name in buffers]
    copies = [None if tensor is None else tensor._array.copy() for tensor in before]
    state = default_generator.get_state()
    model.eval()
    try:
        yield
    finally:
        default_generator.set_state(state)
        for module, mode in training.items():
            module.training = mode
        for (module, name), tensor, copy in zip(buffers, before, copies, strict=True):
            module.__dict__[name] = tensor
            if copy is not None and tensor._array.tobytes() != copy.tobytes():
                np.copyto(tensor._array, copy)
                versions.touch(tensor._array)
