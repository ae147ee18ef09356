"""Graphs in the JSON format of ``Graph.to_json``, made without the engine: what the viewer's tests draw."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = ["expression", "mlp", "rnn", "skips", "summary", "transformer"]


def summary(x: np.ndarray) -> dict[str, Any]:
    """The numbers that say what is in an array, as JSON holds them."""
    if x.size == 1:
        return {"number": _plain(x.item())}
    finite = x[np.isfinite(x)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
    counts, _ = np.histogram(finite, bins=16, range=(low, high))
    return {
        "shape": list(x.shape),
        "dtype": str(x.dtype),
        "min": _plain(x.min()),
        "max": _plain(x.max()),
        "mean": _plain(x.mean()),
        "std": _plain(x.std()),
        "norm": _plain(np.linalg.norm(x)),
        "nan": int(np.isnan(x).sum()),
        "inf": int(np.isinf(x).sum()),
        "histogram": {"low": float(low), "high": float(high), "counts": counts.tolist()},
        "first": [_plain(v) for v in x.ravel()[:8]],
    }


def _plain(x: Any) -> float | str:
    return float(x) if math.isfinite(x) else "nan" if math.isnan(x) else "inf" if x > 0 else "-inf"


class _Builder:
    """Nodes and edges as they are added; values and gradients are drawn at random."""

    def __init__(self, values: bool = True) -> None:
        self.nodes: list[dict[str, Any]] = []
        self.edges: list[list[int]] = []
        self.scope: tuple[str, ...] = ()
        self.values = values
        self.rng = np.random.default_rng(7)

    def leaf(self, kind: str, title: str, shape: tuple[int, ...], name: str = "") -> int:
        return self._add(kind, "", title, shape, (), name)

    def parameter(self, name: str, *shape: int) -> int:
        return self.leaf("parameter", name, shape, ".".join([*self.scope, name]))

    def op(self, op: str, shape: tuple[int, ...], *inputs: int, title: str = "") -> int:
        return self._add("operation", op, title or op, shape, inputs)

    def linear(self, name: str, x: int, *shape: int) -> int:
        self.scope = (*self.scope, name)
        features = self.nodes[x]["shape"][-1]
        weight = self.parameter("weight", shape[-1], features)
        product = self.op("matmul", shape, x, weight, title="@")
        total = self.op("add", shape, product, self.parameter("bias", shape[-1]), title="+")
        self.scope = self.scope[:-1]
        return total

    def _add(
        self,
        kind: str,
        op: str,
        title: str,
        shape: tuple[int, ...],
        inputs: tuple[int, ...],
        name: str = "",
    ) -> int:
        number = len(self.nodes)
        size = math.prod(shape)
        shown = tuple(min(n, 16) for n in shape)
        rng = self.rng
        has_grad = self.values and kind != "constant"
        self.nodes.append(
            {
                "id": number,
                "kind": kind,
                "op": op,
                "title": title,
                "name": name,
                "scope": list(self.scope),
                "shape": list(shape),
                "dtype": "float32",
                "bytes": 4 * size,
                "saved": ["x", "y"] if op in ("mul", "matmul") else ["out"] if op == "tanh" else [],
                "line": f"train.py:{10 + number % 40}" if op else None,
                "seconds": float(size * 1e-9 + rng.exponential(2e-6)) if op else None,
                "backward_seconds": float(size * 2e-9 + rng.exponential(4e-6)) if op else None,
                "value": summary(rng.normal(size=shown).astype("f4")) if self.values else None,
                "grad": summary(rng.normal(size=shown, scale=10.0 ** rng.uniform(-4, 0)))
                if has_grad
                else None,
                "times": 1,
                "count": 1,
            }
        )
        self.edges += [[tail, number, slot] for slot, tail in enumerate(inputs)]
        return number

    def graph(self, steps: bool = False) -> dict[str, Any]:
        self.nodes[-1]["kind"] = "output"
        made: dict[str, Any] = {
            "format": "autodiff-graph",
            "version": 1,
            "nodes": self.nodes,
            "edges": self.edges,
            "outputs": [len(self.nodes) - 1],
        }
        if steps:
            made["steps"] = self._steps()
        return made

    def _steps(self) -> dict[str, Any]:
        gives: dict[int, list[dict[str, Any]]] = {n["id"]: [] for n in self.nodes}
        for tail, head, slot in self.edges:
            if self.nodes[tail]["kind"] != "constant":
                part = {"local": None, "contribution": self.nodes[tail]["grad"]}
                gives[head].append({"to": tail, "slot": slot, **part})
        return {
            "forward": [{"node": n["id"], "value": n["value"]} for n in self.nodes],
            "backward": [
                {"node": n["id"], "adjoint": n["grad"], "gives": gives[n["id"]]}
                for n in reversed(self.nodes)
                if n["kind"] != "constant"
            ],
        }


def expression() -> dict[str, Any]:
    """Logistic regression on one example, loss -y log(1 / (1 + exp(-w x))) at x = 3, w = 3, y = 1."""
    graph = _Builder()
    w = graph.leaf("parameter", "w", (), "w")
    x = graph.leaf("input", "x", (), "x")
    y = graph.leaf("input", "y", (), "y")
    one = graph.leaf("constant", "1", ())
    minus = graph.op("neg", (), w, title="neg")
    product = graph.op("mul", (), minus, x, title="*")
    power = graph.op("exp", (), product)
    total = graph.op("add", (), one, power, title="+")
    p = graph.op("reciprocal", (), total, title="1/")
    log = graph.op("log", (), p)
    scaled = graph.op("mul", (), y, log, title="*")
    graph.op("neg", (), scaled)
    made = graph.graph(steps=True)
    e = math.exp(-9.0)
    s = 1 / (1 + e)
    values = [3.0, 3.0, 1.0, 1.0, -3.0, -9.0, e, 1 + e, s, math.log(s), math.log(s), -math.log(s)]
    local = {
        (minus, w): -1.0,
        (product, minus): 3.0,
        (product, x): -3.0,
        (power, product): e,
        (total, power): 1.0,
        (p, total): -s * s,
        (log, p): 1 / s,
        (scaled, y): math.log(s),
        (scaled, log): 1.0,
        (len(values) - 1, scaled): -1.0,
    }
    adjoints = {len(values) - 1: 1.0}
    backward = []
    for node in reversed(range(len(values))):
        if node == one:
            continue
        gives = []
        for tail, head, slot in made["edges"]:
            if head == node and (node, tail) in local:
                part = local[node, tail] * adjoints[node]
                adjoints[tail] = adjoints.get(tail, 0.0) + part
                numbers = {
                    "local": {"number": local[node, tail]},
                    "contribution": {"number": part},
                }
                gives.append({"to": tail, "slot": slot, **numbers})
        backward.append({"node": node, "adjoint": {"number": adjoints[node]}, "gives": gives})
    for node, value in zip(made["nodes"], values):
        node |= {"dtype": "", "bytes": 8, "value": {"number": value}, "seconds": None}
        node |= {"backward_seconds": None, "grad": None, "line": "logistic.py:7"}
        if node["id"] in adjoints:
            node["grad"] = {"number": adjoints[node["id"]]}
    forward = [{"node": i, "value": {"number": v}} for i, v in enumerate(values)]
    made["steps"] = {"forward": forward, "backward": backward}
    return made


def mlp(steps: bool = True) -> dict[str, Any]:
    """Three linear layers with tanh between them, and a squared loss."""
    graph = _Builder()
    x = graph.leaf("input", "x", (32, 64), "x")
    for i, features in enumerate((128, 128, 10)):
        x = graph.linear(f"layer{i}", x, 32, features)
        if i < 2:
            graph.scope = (f"act{i}",)
            x = graph.op("tanh", (32, features), x)
            graph.scope = ()
    target = graph.leaf("constant", "data", (32, 10))
    difference = graph.op("sub", (32, 10), x, target, title="-")
    square = graph.op("pow", (32, 10), difference, graph.leaf("constant", "2", ()), title="^")
    graph.op("mean", (), square)
    return graph.graph(steps=steps)


def rnn(length: int = 50) -> dict[str, Any]:
    """A cell called once per step: its scope comes back after operations outside it."""
    graph = _Builder()
    state = graph.leaf("constant", "h0", (16, 32))
    for t in range(length):
        x = graph.leaf("input", f"x{t}", (16, 8))
        graph.scope = ("cell",)
        inner = graph.op("matmul", (16, 32), x, graph.parameter("weight_ih", 32, 8), title="@")
        outer = graph.op("matmul", (16, 32), state, graph.parameter("weight_hh", 32, 32), title="@")
        total = graph.op("add", (16, 32), inner, outer, title="+")
        total = graph.op("add", (16, 32), total, graph.parameter("bias", 32), title="+")
        state = graph.op("tanh", (16, 32), total)
        graph.scope = ()
        state = graph.op("dropout", (16, 32), state)
    graph.op("sum", (), state, title="Σ")
    return graph.graph()


def transformer(blocks: int = 12, steps: bool = True) -> dict[str, Any]:
    """A language model of `blocks` blocks: attention and a perceptron, each with its skip."""
    graph = _Builder()
    tokens = graph.leaf("input", "tokens", (8, 64), "tokens")
    graph.scope = ("embed",)
    x = graph.op("embedding", (8, 64, 128), tokens, graph.parameter("weight", 1000, 128))
    graph.scope = ()
    mask = graph.leaf("constant", "mask", (64, 64))
    wide = (8, 64, 128)
    for i in range(blocks):
        base = ("blocks", str(i))
        graph.scope = base
        normed = _norm(graph, "ln1", x)
        graph.scope = (*base, "attn")
        heads = []
        for name in ("q", "k", "v"):
            made = graph.linear(name, normed, *wide)
            made = graph.op("reshape", (8, 64, 4, 32), made)
            heads.append(graph.op("transpose", (8, 4, 64, 32), made))
        q, k, v = heads
        key = graph.op("transpose", (8, 4, 32, 64), k)
        scores = graph.op("matmul", (8, 4, 64, 64), q, key, title="@")
        root = graph.leaf("constant", "0.177", ())
        scores = graph.op("mul", (8, 4, 64, 64), scores, root, title="*")
        scores = graph.op("where", (8, 4, 64, 64), scores, mask)
        weights = graph.op("softmax", (8, 4, 64, 64), scores)
        mixed = graph.op("matmul", (8, 4, 64, 32), weights, v, title="@")
        mixed = graph.op("transpose", (8, 64, 4, 32), mixed)
        mixed = graph.op("reshape", wide, mixed)
        mixed = graph.linear("proj", mixed, *wide)
        graph.scope = base
        x = graph.op("add", wide, x, mixed, title="+")
        normed = _norm(graph, "ln2", x)
        graph.scope = (*base, "mlp")
        hidden = graph.linear("0", normed, 8, 64, 512)
        graph.scope = (*base, "mlp", "1")
        hidden = graph.op("gelu", (8, 64, 512), hidden)
        graph.scope = (*base, "mlp")
        hidden = graph.linear("2", hidden, *wide)
        graph.scope = base
        x = graph.op("add", wide, x, hidden, title="+")
    graph.scope = ()
    x = _norm(graph, "ln_f", x)
    logits = graph.linear("head", x, 8, 64, 1000)
    targets = graph.leaf("constant", "targets", (8, 64))
    graph.op("cross_entropy", (), logits, targets)
    return graph.graph(steps=steps)


def _norm(graph: _Builder, name: str, x: int) -> int:
    graph.scope = (*graph.scope, name)
    weight, bias = graph.parameter("weight", 128), graph.parameter("bias", 128)
    made = graph.op("layer_norm", (8, 64, 128), x, weight, bias)
    graph.scope = graph.scope[:-1]
    return made


def skips(count: int = 5000) -> dict[str, Any]:
    """A perceptron of `count` nodes without modules, with a skip over every fourth layer."""
    graph = _Builder(values=False)
    x = graph.leaf("input", "x", (32, 64), "x")
    skip = x
    layer = 0
    while len(graph.nodes) < count - 1:
        weight = graph.parameter(f"w{layer}", 64, 64)
        x = graph.op("matmul", (32, 64), x, weight, title="@")
        x = graph.op("add", (32, 64), x, graph.parameter(f"b{layer}", 64), title="+")
        x = graph.op("tanh", (32, 64), x)
        layer += 1
        if layer % 4 == 0:
            skip = x = graph.op("add", (32, 64), x, skip, title="+")
    graph.op("sum", (), x, title="Σ")
    return graph.graph()
