"""Writes ``autodiff/typed_methods.pyi``: what type checkers are told of the methods bound to ``Tensor``.

Operations are bound from tables at run time (`autodiff.methods`), which a type checker cannot follow. Run this
file after adding a method; a test fails while the stub is out of date.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import autodiff as ad

PATH = Path(__file__).parents[2] / "autodiff" / "typed_methods.pyi"
_KNOWN = re.compile(
    r"(Any|Tensor|Value|int|float|bool|str|None|tuple|list|Sequence|Generator|[|\[\], .])+"
)
_HEADER = '''"""The operations bound to Tensor, for type checkers. Written by tests/support/typed_methods.py."""

from collections.abc import Sequence
from typing import Any

from .random import Generator
from .tensor import Tensor
from .value import Value

class Operations:
'''


def text() -> str:
    """Return what the stub must say."""
    own = inspect.getsource(inspect.getmodule(ad.Tensor))  # type: ignore[arg-type]
    lines = []
    for name, method in sorted(vars(ad.Tensor).items()):
        if re.search(rf"(def|^    ){name}\b", own) or name in ("__dict__", "__module__"):
            continue
        if name in own and re.search(rf"^    {re.escape(name)}\b", own, re.MULTILINE):
            continue
        if isinstance(method, property):
            lines += ["    @property", f"    def {name}(self) -> Tensor: ..."]
        elif inspect.isfunction(method):
            lines.append(f"    def {name}{_signature(name, method)}: ...")
    return _HEADER + "\n".join(lines) + "\n"


def _signature(name: str, method: Any) -> str:
    signature = inspect.signature(method)
    parts: list[str] = []
    kinds = [p.kind for p in signature.parameters.values()]
    for i, p in enumerate(signature.parameters.values()):
        if i == 0:
            parts.append("self")
            if p.kind is p.POSITIONAL_ONLY and p.POSITIONAL_ONLY not in kinds[1:]:
                parts.append("/")
            continue
        if p.kind is p.KEYWORD_ONLY and p.VAR_POSITIONAL not in kinds and "*" not in parts:
            parts.append("*")
        star = {p.VAR_POSITIONAL: "*", p.VAR_KEYWORD: "**"}.get(p.kind, "")
        default = " = ..." if p.default is not p.empty else ""
        if name in ("__eq__", "__ne__"):
            parts.append(f"{star}{p.name}: object{default}")
        else:
            parts.append(f"{star}{p.name}: {_type(p.annotation)}{default}")
    names = signature.parameters
    if "dim" in names and parts[-1].split(":")[0] != "*dims" and "**" not in parts[-1]:
        # NumPy's names, which `numpy_names` and `reduction` accept as well.
        parts += [] if "*" in " ".join(parts) else ["*"]
        parts.append("axis: Any = ...")
        parts += ["keepdims: bool = ..."] if "keepdim" in names else []
    returned = _type(signature.return_annotation)
    if returned == "Any" and (name.startswith(("__r", "__i")) or name.endswith("_")):
        returned = "Tensor"
    return f"({', '.join(parts)}) -> {returned}"


def _type(annotation: Any) -> str:
    known = isinstance(annotation, str) and _KNOWN.fullmatch(annotation)
    return annotation if known else "Any"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
    print(f"{PATH.name}: {len(text().splitlines())} lines")
