"""Writes ``autodiff/typed_methods.pyi``: what type checkers are told of the methods bound to ``Tensor``.

Operations are bound from tables at run time (`autodiff.methods`), which a type checker cannot follow. Run
this file after adding a method; a test fails while the stub is out of date.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from pathlib import Path
from typing import Any

import autodiff as ad

PATH = Path(__file__).parents[2] / "autodiff" / "typed_methods.pyi"
_KNOWN = re.compile(
    r"(Any|Tensor|Value|int|float|bool|str|None|tuple|list|Sequence|Generator|[|\[\], .])+"
)
_HEADER = '''"""The operations bound to Tensor, as type checkers see them; tests/support writes it."""

import builtins
from collections.abc import Sequence
from typing import Any

from .random import Generator
from ._tensor import Tensor
from .value import Value

class Operations:
'''


def text() -> str:
    """Return what the stub must say."""
    written = _written_in_class()
    lines = []
    for name, method in sorted(vars(ad.Tensor).items()):
        if name in written or not (inspect.isfunction(method) or isinstance(method, property)):
            continue
        if isinstance(method, property):
            lines += ["    @property", f"    def {name}(self) -> Tensor: ..."]
        elif name in ("__eq__", "__ne__"):
            lines.append(
                f"    def {name}(self, other: object) -> Tensor: ...  # type: ignore[override]"
            )
        elif re.fullmatch("__[a-z]+__", name) and _takes_other(name, method):
            lines.append(f"    def {name}(self, other: Any) -> Tensor: ...")
        else:
            lines.append(f"    def {name}{_signature(name, method)}: ...")
    return _HEADER + "\n".join(lines) + "\n"


def _takes_other(name: str, method: Any) -> bool:
    """Whether this is an operator of two operands."""
    in_place = name.startswith("__i") and name != "__invert__"
    return in_place or "other" in inspect.signature(method).parameters


def _written_in_class() -> set[str]:
    """The names that stand in the body of the class, for type checkers to see."""
    source = inspect.getsource(sys.modules[ad.Tensor.__module__])
    body = next(
        node.body
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef) and node.name == "Tensor"
    )
    names = {node.name for node in body if isinstance(node, ast.FunctionDef)}
    for node in body:
        if isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return names


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
        parts.append(f"{star}{p.name}: {_type(p.annotation)}{default}")
    names = signature.parameters
    if "dim" in names and parts[-1].split(":")[0] != "*dims" and "**" not in parts[-1]:
        # NumPy's names, which `numpy_names` and `reduction` accept as well.
        parts += [] if "*" in " ".join(parts) else ["*"]
        parts.append("axis: Any = ...")
        parts += ["keepdims: builtins.bool = ..."] if "keepdim" in names else []
    returned = _type(signature.return_annotation)
    if returned == "Any" and (name.startswith(("__r", "__i")) or name.endswith("_")):
        returned = "Tensor"
    return f"({', '.join(parts)}) -> {returned}"


def _type(annotation: Any) -> str:
    known = isinstance(annotation, str) and _KNOWN.fullmatch(annotation)
    # Tensor has methods called int, float and bool, which would hide the types.
    return re.sub(r"\b(int|float|bool)\b", r"builtins.\1", annotation) if known else "Any"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
    print(f"{PATH.name}: {len(text().splitlines())} lines")
