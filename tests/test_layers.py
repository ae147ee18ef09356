"""Who may import whom: kernels < autodiff < nn, optim < examples, benchmarks."""

from __future__ import annotations

import ast
from pathlib import Path

from processes import run_python

ROOT = Path(__file__).resolve().parents[1]

# What each folder is imported as, and what of ours it may import at import time.
FOLDERS = {
    "kernels": ("autodiff.kernels", {"kernels"}),
    "autodiff": ("autodiff", {"autodiff", "kernels"}),
    "nn": ("autodiff.nn", {"nn", "autodiff"}),
    "optim": ("autodiff.optim", {"optim", "autodiff", "kernels"}),
    "examples": ("autodiff.examples", {"examples", "autodiff", "nn", "optim", "kernels"}),
    "benchmarks": (
        "autodiff.benchmarks",
        {"benchmarks", "examples", "autodiff", "nn", "optim", "kernels"},
    ),
}
LAYERS = {name.removeprefix("autodiff."): name for name, _ in FOLDERS.values()}
# Optional ones and peers are imported where they are used, never when the library is.
LATE = {
    "numba", "llvmlite", "torch", "graphviz", "matplotlib", "sklearn", "tqdm", "safetensors", "jax",
    "micrograd", "hypothesis", "pytest",
}  # fmt: skip

FILES = [(folder, path) for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]


def module_name(folder: str, path: Path) -> str:
    parts = path.relative_to(ROOT / folder).with_suffix("").parts
    return ".".join([FOLDERS[folder][0], *(p for p in parts if p != "__init__")])


def imports(folder: str, path: Path, *, all_of_them: bool) -> list[str]:
    """The full names of what a file imports: when it is imported itself, or all."""
    package = module_name(folder, path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    found = []
    pending: list[ast.AST] = [ast.parse(path.read_text(), str(path))]
    for node in pending:
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            found += [f"{source}.{alias.name}" for alias in node.names]
        late = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        checking = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        if all_of_them or not (late or checking):
            pending += ast.iter_child_nodes(node)
    return found


def users_of(packages: set[str], *, all_of_them: bool) -> set[str]:
    """The folders in which a file imports one of these packages."""
    return {
        folder
        for folder, path in FILES
        for name in imports(folder, path, all_of_them=all_of_them)
        if name.split(".")[0] in packages
    }


def layer_of(name: str) -> str | None:
    """The folder that an imported name belongs to; None for what is not ours."""
    parts = name.split(".")
    if parts[0] != "autodiff":
        return None
    return parts[1] if len(parts) > 1 and parts[1] in LAYERS else "autodiff"


def test_imports_run_one_way() -> None:
    wrong = [
        f"{path}: {name}"
        for folder, path in FILES
        for name in imports(folder, path, all_of_them=False)
        if layer_of(name) not in {None, *FOLDERS[folder][1]}
    ]
    assert wrong == []


def test_imports_within_a_folder_are_relative_and_across_absolute() -> None:
    wrong = []
    for folder, path in FILES:
        depth = len(path.relative_to(ROOT / folder).parts)
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.ImportFrom):
                continue
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            absolute = node.level == 0 and any(layer_of(name) == folder for name in names)
            # Examples show what users write.
            if node.level > depth or (absolute and folder != "examples"):
                wrong.append(f"{path}:{node.lineno}")
    assert wrong == []


def test_numba_is_known_to_kernels_only() -> None:
    assert users_of({"numba", "llvmlite"}, all_of_them=True) <= {"kernels"}


def test_peers_are_known_to_benchmarks_only() -> None:
    assert users_of({"torch", "jax", "micrograd"}, all_of_them=True) <= {"benchmarks"}


def test_optional_packages_are_imported_late() -> None:
    # Some modules of kernels are imported late themselves: see the next test.
    assert users_of(LATE, all_of_them=False) <= {"kernels"}


def test_importing_the_library_imports_nothing_that_is_slow_or_optional() -> None:
    late = run_python(
        f"""
        import sys
        import autodiff, autodiff.nn, autodiff.optim
        print(*sorted({LATE!r} & set(sys.modules)))
        """
    )
    assert late.split() == []


def test_the_engine_stands_without_the_layers_above() -> None:
    above = run_python(
        """
        import sys
        import autodiff
        x = autodiff.ones(2, requires_grad=True)
        (x * x).sum().backward()
        names = ("autodiff.nn", "autodiff.optim", "autodiff.examples", "autodiff.benchmarks")
        print(*[name for name in names if name in sys.modules])
        """
    )
    assert above.split() == []
