"""The command ``autodiff``: ``demo`` trains on real digits, ``graph`` draws a computation, ``bench`` races
PyTorch and NumPy, ``warmup`` compiles the kernels."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

__all__ = ["main"]

_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Parameters
    ----------
    arguments : sequence of str, optional
        What stands after the command's name; ``sys.argv`` by default.
    """
    options = _parser().parse_args(arguments)
    words = list(sys.argv[1:] if arguments is None else arguments)
    if options.threads is not None and not _threads_are(options.threads):
        # Thread pools take their size when NumPy is first imported, so a fresh process is needed.
        environment = dict(os.environ, **dict.fromkeys(_THREAD_VARIABLES, str(options.threads)))
        return subprocess.call([sys.executable, "-m", "autodiff.cli", *words], env=environment)
    try:
        return int(options.run(options))
    except KeyboardInterrupt:
        print("autodiff: stopped", file=sys.stderr)
        return 130
    except (OSError, ValueError, ImportError) as error:
        print(f"autodiff {options.command}: {error}", file=sys.stderr)
        return 2


def _threads_are(count: int) -> bool:
    return all(os.environ.get(name) == str(count) for name in _THREAD_VARIABLES)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected a positive number, got {text}")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="autodiff",
        description="Automatic differentiation on the CPU: a demo, pictures, a race, and kernels made ready.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    demo = commands.add_parser(
        "demo",
        help="train a CNN on handwritten digits",
        description="Train a CNN on the 1,797 handwritten digits that scikit-learn carries, or on files in "
        "MNIST's format, and write the model, the loss curve and the graph of the loss.",
    )
    demo.add_argument(
        "--data", type=Path, metavar="FOLDER", help="a folder with MNIST's four IDX files"
    )
    demo.add_argument(
        "--out", type=Path, default=Path("demo-output"), metavar="FOLDER",
        help="where to write (default: %(default)s)",
    )  # fmt: skip
    demo.add_argument("--epochs", type=_positive, help="at most so many (default: 30; MNIST 6)")
    demo.add_argument(
        "--patience", type=_positive, help="stop after so many epochs without progress"
    )
    demo.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    demo.set_defaults(run=_demo)

    graph = commands.add_parser(
        "graph",
        help="draw the computation that a function makes",
        description="Call a function without arguments and draw what it returns: a Tensor or a Value, the "
        "pair (loss, model) for names, or the pair (model, example input).",
    )
    graph.add_argument("source", metavar="FILE.py:FUNCTION", help="which function to call")
    graph.add_argument(
        "--out", type=Path, required=True, metavar="FILE",
        help="where to write; the suffix says what: .svg, .html, .dot, .json or .png",
    )  # fmt: skip
    graph.add_argument(
        "--direction", choices=("TB", "LR"), default="TB",
        help="from top to bottom or from left to right (default: %(default)s)",
    )  # fmt: skip
    graph.add_argument(
        "--theme", choices=("light", "dark", "auto"), default="light", help="default: %(default)s"
    )
    graph.add_argument(
        "--depth",
        type=int,
        metavar="N",
        help="unfold so many levels of modules (default: what fits)",
    )
    graph.add_argument("--backward", action="store_true", help="draw the backward pass too")
    graph.set_defaults(run=_graph, threads=None)

    bench = commands.add_parser(
        "bench",
        help="race PyTorch and NumPy",
        description="Time this library and others in turn, all checked to compute the same.",
    )
    bench.add_argument("suites", nargs="*", metavar="SUITE", help="default: all (see --list)")
    bench.add_argument("--list", action="store_true", help="name the suites and stop")
    bench.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    bench.set_defaults(run=_bench)

    warmup = commands.add_parser(
        "warmup",
        help="compile the kernels ahead of their use",
        description="Compile all kernels for this CPU and keep the code on disk, so that no program "
        "waits for it later. What is there already is only loaded.",
    )
    warmup.add_argument(
        "--dtype", choices=("float32", "float64"), help="for this one only (default: both)"
    )
    warmup.set_defaults(run=_warmup, threads=None)

    for command in (demo, bench):
        command.add_argument(
            "--threads", type=_positive, metavar="N", help="use N threads on every side"
        )
    return parser


def _demo(options: argparse.Namespace) -> int:
    from autodiff.examples import digits

    return digits.run(
        options.out,
        folder=options.data,
        epochs=options.epochs,
        patience=options.patience,
        seed=options.seed,
    )


def _graph(options: argparse.Namespace) -> int:
    from .pictures import command

    drawn = command.run(
        options.source,
        options.out,
        direction=options.direction,
        theme=options.theme,
        depth=options.depth,
        backward=options.backward,
    )
    print(f"{options.out}: {drawn}")
    return 0


def _bench(options: argparse.Namespace) -> int:
    from autodiff.benchmarks import race

    return race.run(options.suites, json_path=options.json, only_list=options.list)


def _warmup(options: argparse.Namespace) -> int:
    from autodiff import kernels

    def report(name: str, seconds: float) -> None:
        print(f"{name:44}{seconds:7.2f} s", file=sys.stderr, flush=True)

    if all(kernel.compiled is None for kernel in kernels.KERNELS.values()):
        raise ValueError("Numba is switched off by the environment variable NUMBA_DISABLE_JIT")
    start = time.perf_counter()
    kernels.warm_up([options.dtype] if options.dtype else ["float32", "float64"], report)
    print(f"all kernels are ready after {time.perf_counter() - start:.1f} s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
