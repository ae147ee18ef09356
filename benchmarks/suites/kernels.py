"""What stands between the products of a network: one fast kernel each, forward and backward."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import autodiff as ad
from autodiff import nn, optim

from ..case import Case

__all__ = ["cases"]

_SHAPES = [(32, 10), (128, 512), (1024, 1024)]
_ATTENTION = [(4, 4, 128, 32), (1, 8, 512, 64)]  # batch, heads, T, d
_IMAGES = (32, 16, 28, 28)
_PARAMETERS: dict[str, list[tuple[int, ...]]] = {
    "784-256-128-10": [(256, 784), (256,), (128, 256), (128,), (10, 128), (10,)],
    "100 of 64x64": [(64, 64)] * 100,
}
_OPTIMIZERS: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {"lr": 0.01, "momentum": 0.9}), ("Adam", {}), ("AdamW", {}), ("RMSprop", {}),
]  # fmt: skip


class _Lib:
    """This library under PyTorch's names."""

    nn, optim = nn, optim

    def __getattr__(self, name: str) -> Any:
        return getattr(ad, name)


def cases(torch: Any) -> Iterator[Case]:
    """Rows and elements, normalisation and pooling of images, attention, recurrence, optimisers."""
    rng = np.random.default_rng(0)
    for name, make, arrays, rtol in (*_on_rows(rng), *_on_images(rng), *_on_sequences(rng)):
        ours = _Side(_Lib(), make, arrays)
        peer = _Side(torch, make, arrays) if torch is not None else None
        for kind in ("forward", "backward") if ours.trains else ("forward",):
            yield Case(
                f"{name} {'fwd' if kind == 'forward' else 'fwd+bwd'}",
                getattr(ours, kind),
                None if peer is None else getattr(peer, kind),
                _compared(ours, peer, f"{kind}_results"),
                rtol=rtol,
            )
    yield from _optimizers(torch, rng)


def _compared(ours: Any, peer: Any, method: str) -> Any:
    return lambda: list(zip(getattr(ours, method)(), getattr(peer, method)(), strict=True))


class _Side:
    """One library's call: `make` returns the function, the arrays of floats get gradients."""

    def __init__(self, lib: Any, make: Callable[[Any], Any], arrays: list[np.ndarray]) -> None:
        lib.manual_seed(0)
        self.function = make(lib)
        self.plain = [lib.from_numpy(a.copy()) for a in arrays]
        self.tracked = [
            t.clone().requires_grad_() if a.dtype.kind == "f" else t
            for t, a in zip(self.plain, arrays, strict=True)
        ]
        self.leaves = [t for t in self.tracked if t.requires_grad]
        self.leaves += list(getattr(self.function, "parameters", list)())
        self.trains = bool(self.leaves)
        out = self._call(self.tracked)
        self.seed = lib.from_numpy(_seed_for(out))

    def _call(self, tensors: list[Any]) -> Any:
        out = self.function(*tensors)
        return out[0] if isinstance(out, tuple) else out

    def forward(self) -> Any:
        return self._call(self.plain)

    def backward(self) -> None:
        for t in self.leaves:
            t.grad = None
        self._call(self.tracked).backward(self.seed)

    def forward_results(self) -> list[Any]:
        return [self.forward().detach().numpy()]

    def backward_results(self) -> list[Any]:
        self.backward()
        return [t.grad.numpy() for t in self.leaves]


def _seed_for(out: Any) -> np.ndarray:
    """Return an upstream gradient for an output: the same for both libraries."""
    noise = np.random.default_rng(1).standard_normal(tuple(out.shape))
    return np.asarray(noise, np.float32)


Row = tuple[str, Callable[[Any], Any], list[np.ndarray], float]


def _normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.standard_normal(shape).astype(np.float32)


def _on_rows(rng: np.random.Generator) -> Iterator[Row]:
    for n, c in _SHAPES:
        x, w, b = _normal(rng, n, c), _normal(rng, c), _normal(rng, c)
        labels = rng.integers(0, c, n)
        size = f"{n}x{c}"
        rows: list[tuple[str, Callable[[Any], Any], list[np.ndarray]]] = [
            ("softmax", lambda lib: lambda z: lib.nn.functional.softmax(z, 1), [x]),
            ("log_softmax", lambda lib: lambda z: lib.nn.functional.log_softmax(z, 1), [x]),
            ("cross_entropy", lambda lib: lib.nn.functional.cross_entropy, [x, labels]),
            ("layer_norm", _layer_norm, [x, w, b]),
            ("batch_norm", _batch_norm, [x, w, b]),
            ("gelu", lambda lib: lib.nn.functional.gelu, [x]),
            ("silu", lambda lib: lib.nn.functional.silu, [x]),
            ("tanh", lambda lib: lib.tanh, [x]),
            ("sigmoid", lambda lib: lib.sigmoid, [x]),
            ("exp", lambda lib: lib.exp, [x]),
        ]
        for name, make, arrays in rows:
            yield f"{name} {size}", make, arrays, 1e-4
        # Masks are random: only their shapes can be compared, and that nothing is lost.
        yield f"dropout {size}", _dropout, [np.ones((n, c), np.float32)], 3.0


def _layer_norm(lib: Any) -> Any:
    return lambda x, w, b: lib.nn.functional.layer_norm(x, (x.shape[1],), w, b)


def _batch_norm(lib: Any) -> Any:
    return lambda x, w, b: lib.nn.functional.batch_norm(x, None, None, w, b, training=True)


def _dropout(lib: Any) -> Any:
    return lambda x: lib.nn.functional.dropout(x, 0.5)


def _on_images(rng: np.random.Generator) -> Iterator[Row]:
    c = _IMAGES[1]
    x, w, b = _normal(rng, *_IMAGES), _normal(rng, c), _normal(rng, c)
    size = "x".join(map(str, _IMAGES))
    rows: list[tuple[str, Callable[[Any], Any], list[np.ndarray]]] = [
        ("batch_norm", _batch_norm, [x, w, b]),
        ("group_norm", lambda lib: lambda x, w, b: lib.nn.functional.group_norm(x, 4, w, b), [x, w, b]),
        ("max_pool 2", lambda lib: lambda x: lib.nn.functional.max_pool2d(x, 2), [x]),
        ("max_pool 3/2", lambda lib: lambda x: lib.nn.functional.max_pool2d(x, 3, 2, 1), [x]),
        ("avg_pool 2", lambda lib: lambda x: lib.nn.functional.avg_pool2d(x, 2), [x]),
    ]  # fmt: skip
    for name, make, arrays in rows:
        yield f"{name} {size}", make, arrays, 1e-4


def _on_sequences(rng: np.random.Generator) -> Iterator[Row]:
    for shape in _ATTENTION:
        arrays = [_normal(rng, *shape) for _ in range(3)]
        for causal in (False, True):
            name = f"attention {'x'.join(map(str, shape))}{' causal' if causal else ''}"
            yield name, _attention(causal), arrays, 1e-4
    indices, table = rng.integers(0, 1000, (64, 32)), _normal(rng, 1000, 64)
    yield "embedding 64x32 of 1000x64", _embedding, [indices, table], 1e-4
    for t, n, size, hidden in ((32, 16, 64, 128), (64, 1, 32, 64)):
        x = _normal(rng, t, n, size)
        for kind in ("LSTM", "GRU"):
            yield f"{kind} T={t} N={n} {size}-{hidden}", _recurrent(kind, size, hidden), [x], 1e-3


def _attention(causal: bool) -> Callable[[Any], Any]:
    return lambda lib: (
        lambda q, k, v: lib.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal)
    )


def _embedding(lib: Any) -> Any:
    return lib.nn.functional.embedding


def _recurrent(kind: str, size: int, hidden: int) -> Callable[[Any], Any]:
    return lambda lib: getattr(lib.nn, kind)(size, hidden)


class _Steps:
    """An optimiser with parameters whose gradients stay as they are."""

    def __init__(
        self, lib: Any, kind: str, options: dict[str, Any], arrays: list[np.ndarray]
    ) -> None:
        self.parameters = [lib.from_numpy(a.copy()).requires_grad_() for a in arrays]
        for p, a in zip(self.parameters, arrays, strict=True):
            p.grad = lib.from_numpy(0.01 * a)
        self.optimizer = getattr(lib.optim, kind)(self.parameters, **options)
        self.step = self.optimizer.step

    def moved(self) -> list[np.ndarray]:
        for _ in range(3):
            self.step()
        return [p.detach().numpy() for p in self.parameters]


def _optimizers(torch: Any, rng: np.random.Generator) -> Iterator[Case]:
    for network, shapes in _PARAMETERS.items():
        arrays = [_normal(rng, *shape) for shape in shapes]
        for kind, options in _OPTIMIZERS:
            ways = ["foreach"] if kind == "RMSprop" else ["foreach", "fused"]
            peers = {
                way: _Steps(torch, kind, {**options, way: True}, arrays).step
                for way in ways
                if torch is not None
            }

            def results(
                kind: str = kind, options: dict[str, Any] = options, arrays: Any = arrays
            ) -> list[tuple[Any, Any]]:
                ours, theirs = (
                    _Steps(lib, kind, options, arrays).moved() for lib in (_Lib(), torch)
                )
                return list(zip(ours, theirs, strict=True))

            yield Case(
                f"{kind} {network}", _Steps(_Lib(), kind, options, arrays).step, peers, results
            )
