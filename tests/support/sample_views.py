"""Views of well-known shapes, for tests of pictures: they need no engine."""

from __future__ import annotations

from autodiff.pictures.view import Arrow, Box, Frame, View


class Builder:
    """Adds boxes one after another; modules that are open put their frames round them."""

    def __init__(self) -> None:
        self.boxes: list[Box] = []
        self.arrows: list[Arrow] = []
        self.frames: dict[tuple[str, ...], list[int]] = {}
        self.open: list[str] = []

    def box(self, kind: str, title: str, *tails: int, line: str = "", saved: bool = False) -> int:
        number = len(self.boxes)
        self.boxes.append(Box(kind, title, [line] if line else [], saved=saved))
        self.arrows += [Arrow(tail, number) for tail in tails]
        for depth in range(1, len(self.open) + 1):
            self.frames.setdefault(tuple(self.open[:depth]), []).append(number)
        return number

    def operation(self, title: str, *tails: int, line: str = "8×64×256") -> int:
        return self.box("operation", title, *tails, line=line, saved=title in ("@", "relu"))

    def linear(self, name: str, x: int) -> int:
        self.open.append(name)
        weight = self.box("parameter", "weight", line="256×256")
        product = self.operation("@", x, weight)
        bias = self.box("parameter", "bias", line="256")
        total = self.operation("+", product, bias)
        self.open.pop()
        return total

    def norm(self, name: str, x: int) -> int:
        self.open.append(name)
        weight = self.box("parameter", "weight", line="256")
        bias = self.box("parameter", "bias", line="256")
        out = self.operation("layer_norm", x, weight, bias)
        self.open.pop()
        return out

    def view(self, frames: bool = True) -> View:
        found = [Frame(path, boxes) for path, boxes in self.frames.items()] if frames else []
        return View(self.boxes, self.arrows, found)


def scalars() -> View:
    """The loss of a logistic regression, value by value."""
    b = Builder()
    x, w = b.box("input", "x", line="3"), b.box("parameter", "w", line="3")
    score = b.operation("*", x, w, line="9")
    power = b.operation("exp", b.operation("neg", score, line="-9"), line="0.000123")
    total = b.operation("+", b.box("constant", "1"), power, line="1.000123")
    share = b.operation("/", b.box("constant", "1"), total, line="0.999877")
    b.box("output", "neg", b.operation("log", share, line="-0.000123"), line="0.000123")
    return b.view()


def mlp(layers: int = 3, skip: int = 0, frames: bool = True) -> View:
    """Linear layers with relu between them; every `skip`-th one has a skip connection."""
    b = Builder()
    x = last = b.box("input", "x", line="64×784")
    for i in range(layers):
        x = b.operation("relu", b.linear(f"layers.{i}", x))
        if skip and i % skip == skip - 1:
            x = last = b.operation("+", last, x)
    b.box("output", "cross_entropy", x, b.box("input", "target", line="64"), line="scalar")
    return b.view(frames)


def transformer(blocks: int = 12, frames: bool = True) -> View:
    """Pre-norm blocks with one mask for all of them."""
    b = Builder()
    table = b.box("parameter", "embedding.weight", line="5000×256")
    x = b.operation("embedding", b.box("input", "tokens", line="8×64"), table)
    mask = b.box("constant", "mask", line="64×64")
    for i in range(blocks):
        b.open.append(f"blocks.{i}")
        h = b.norm("norm1", x)
        b.open.append("attention")
        q, k, v = (b.linear(name, h) for name in "qkv")
        score = b.operation("@", q, b.operation("transpose", k))
        score = b.operation("*", score, b.box("constant", "0.0625"))
        weights = b.operation("softmax", b.operation("+", score, mask))
        h = b.linear("out", b.operation("@", b.operation("dropout", weights), v))
        b.open.pop()
        x = b.operation("+", x, h)
        h = b.norm("norm2", x)
        b.open.append("mlp")
        h = b.linear("down", b.operation("gelu", b.linear("up", h)))
        b.open.pop()
        x = b.operation("+", x, h)
        b.open.pop()
    b.box("output", "cross_entropy", b.linear("head", x), line="scalar")
    return b.view(frames)


def rnn(steps: int = 50, shared: bool = False) -> View:
    """An unrolled recurrent network; with `shared` each weight is one box."""
    b = Builder()

    def weight(name: str) -> int:
        return b.box("parameter", name, line="64×64")

    w, u = (weight("W"), weight("U")) if shared else (-1, -1)
    h, states = b.box("input", "h0", line="8×64"), []
    for t in range(steps):
        past = b.operation("@", h, w if shared else weight("W"))
        now = b.operation("@", b.box("input", f"x{t}", line="8×64"), u if shared else weight("U"))
        h = b.operation("tanh", b.operation("+", past, now))
        states.append(h)
    b.box("output", "Σ", b.operation("stack", *states), line="scalar")
    return b.view()


def chain(length: int) -> View:
    b = Builder()
    x = b.box("input", "x")
    for _ in range(length):
        x = b.operation("sin", x)
    return b.view()


def backward(layers: int = 3) -> View:
    """A chain of products and the way back, with what each step reads of the forward pass."""
    b = Builder()
    x = b.box("input", "x", line="64×128")
    steps = []
    for i in range(layers):
        w = b.box("parameter", f"{i}.weight", line="128×128")
        steps.append((x, w))
        x = b.operation("@", x, w)
    g = b.box("gradient", "expand", x, line="64×128")
    b.arrows[-1].kind = "gradient"
    for x, w in reversed(steps):
        for kept, title in ((x, "xᵀ @ g"), (w, "g @ wᵀ")):
            new = b.box("gradient", title, g, kept, line="128×128")
            b.arrows[-2].kind, b.arrows[-1].kind = "gradient", "saved"
        g = new
    return b.view()
