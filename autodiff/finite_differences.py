"""Derivatives against finite differences: the truth that no rule of this library has a part in.

The Jacobian of a function by central differences, ``(f(x + eps) - f(x - eps)) / (2 eps)``, must
agree with that of the backward sweep and with that of the forward sweep, and must
not depend on the memory layout of the inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ._tensor import Tensor
from .engine import grad
from .forward import pushforward
from .handles import new_tensor
from .mode import enable_grad
from .value import Value

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]


class GradcheckError(RuntimeError):
    """Raised where a derivative does not agree with finite differences."""


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    *,
    nondet_tol: float = 0.0,
    check_forward_ad: bool = True,
    check_backward_ad: bool = True,
    check_noncontiguous: bool = True,
    check_dtype: bool = True,
    fast_mode: bool = False,
) -> bool:
    """Check the derivatives of a function against finite differences.

    Parameters
    ----------
    func : callable
        Takes Tensors (and whatever else `inputs` holds), returns one or a tuple of them.
    inputs : Tensor or tuple
        Where to check: derivatives are taken with respect to the Tensors that require grad.
    eps : float, default 1e-6
        The step of the differences.
    atol, rtol : float, default 1e-5, 1e-3
        Two derivatives agree when ``|a - n| <= atol + rtol * |n|``.
    raise_exception : bool, default True
        Raise where something is wrong; False: return False.
    nondet_tol : float, default 0
        By how much two backward passes over one graph may differ.
    check_forward_ad, check_backward_ad : bool, default True
        Check the forward sweep (``jvp``), the backward sweep (``backward``).
    check_noncontiguous : bool, default True
        Check also that inputs in a strided, reversed layout give the same derivatives.
    check_dtype : bool, default True
        Raise for inputs that are not float64, for which differences are too coarse.
    fast_mode : bool, default False
        Compare products of the Jacobians with random vectors on both sides, not all elements.

    Returns
    -------
    bool
        True where everything agrees.

    Raises
    ------
    GradcheckError
        With the output, the input, the largest difference and both Jacobians.
    TypeError, ValueError
        For inputs that cannot be checked.

    Examples
    --------
    >>> import autodiff as ad
    >>> x = ad.tensor([0.5, 1.5], dtype=ad.float64, requires_grad=True)
    >>> ad.gradcheck(lambda x: x * x.sum(), x)
    True
    """
    arguments = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
    checked = _checked_inputs(arguments, check_dtype)
    case = _Case(func, arguments, checked, eps, atol, rtol, fast_mode)
    try:
        case.run(nondet_tol, check_forward_ad, check_backward_ad, check_noncontiguous)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    **options: Any,
) -> bool:
    """Check the second derivatives of a function: ``gradcheck`` of its vjp.

    Parameters
    ----------
    func : callable
        As for ``gradcheck``.
    inputs : Tensor or tuple
        As for ``gradcheck``.
    grad_outputs : Tensor or tuple of Tensor, optional
        The cotangents, of the shapes of the floating outputs; drawn at random by default.
    eps, atol, rtol, raise_exception, **options
        As for ``gradcheck``.

    Returns
    -------
    bool
        True where everything agrees.

    Raises
    ------
    GradcheckError
        With the output (a gradient), the input, the largest difference and both Jacobians.

    Examples
    --------
    >>> import autodiff as ad
    >>> x = ad.tensor([0.5, 1.5], dtype=ad.float64, requires_grad=True)
    >>> ad.gradgradcheck(lambda x: x * x * x, x)
    True
    """
    arguments = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
    checked = _checked_inputs(arguments, options.get("check_dtype", True))
    with enable_grad():
        outputs = _floating_outputs(func(*arguments))
    if grad_outputs is None:
        random = np.random.default_rng(0)
        cotangents = [_leaf(random.uniform(0.5, 1.5, y.shape).astype(y.dtype)) for y in outputs]
    else:
        given = grad_outputs if isinstance(grad_outputs, (tuple, list)) else (grad_outputs,)
        cotangents = [_leaf(g._array) for g in given]
    count = len(arguments)

    def gradients(*xs: Any) -> tuple[Any, ...]:
        ys = _floating_outputs(func(*xs[:count]))
        pairs = [(y, g) for y, g in zip(ys, xs[count:], strict=True) if y.requires_grad]
        if not pairs:
            return ()
        ys, gs = zip(*pairs, strict=True)  # type: ignore[assignment]
        found = grad(ys, [xs[i] for i in checked], gs, create_graph=True, allow_unused=True)
        return tuple([g for g in found if g is not None])

    return gradcheck(
        gradients, (*arguments, *cotangents), eps, atol, rtol, raise_exception, **options
    )


def _checked_inputs(arguments: Sequence[Any], check_dtype: bool) -> list[int]:
    """The positions of the inputs to differentiate with respect to."""
    checked = [i for i, x in enumerate(arguments) if isinstance(x, Tensor) and x.requires_grad]
    if not checked:
        raise ValueError("gradcheck: no input requires grad, so there is nothing to check")
    for i in checked:
        if check_dtype and arguments[i].dtype != np.float64:
            raise TypeError(
                f"gradcheck: input {i} has dtype {arguments[i].dtype}, in which differences are "
                "too coarse to check anything; convert it with .double(), or pass "
                "check_dtype=False with larger eps and tolerances"
            )
    return checked


def _floating_outputs(outputs: Any) -> list[Any]:
    outputs = outputs if isinstance(outputs, (tuple, list)) else (outputs,)
    for i, y in enumerate(outputs):
        if not isinstance(y, (Tensor, Value)):
            raise TypeError(
                f"gradcheck: the function must return Tensors, got {type(y).__name__} as output {i}"
            )
    return [
        y.tensor() if isinstance(y, Value) else y
        for y in outputs
        if isinstance(y, Value) or y.dtype.kind == "f"
    ]


def _leaf(array: np.ndarray) -> Tensor:
    return new_tensor(array, None).requires_grad_()


class _Case:
    """A function at a point, with its Jacobians by several ways.

    A Jacobian here is an array (directions of the outputs, directions of an input). The directions
    are the unit vectors, or in fast mode one random vector.
    """

    def __init__(
        self,
        func: Callable[..., Any],
        arguments: Sequence[Any],
        checked: list[int],
        eps: float,
        atol: float,
        rtol: float,
        fast: bool,
    ) -> None:
        self.func = func
        self.arguments = arguments
        self.checked = checked
        self.eps = eps
        self.atol = atol
        self.rtol = rtol
        self.fast = fast
        self.random = np.random.default_rng(0)
        self.points = {i: np.array(arguments[i]._array) for i in checked}
        self.into = {i: self.directions(x) for i, x in self.points.items()}
        self.values = self.outputs(self.points)
        self.out = [self.directions(y) for y in self.values]

    def directions(self, x: np.ndarray) -> np.ndarray:
        """Directions in the space of `x`, one per row."""
        if not self.fast:
            return np.eye(x.size, dtype=x.dtype)
        vector = self.random.standard_normal(x.size).astype(x.dtype)
        return (vector / max(float(np.linalg.norm(vector)), 1e-12))[None]

    def call(self, tensors: dict[int, Tensor]) -> list[Tensor]:
        """The floating outputs for these Tensors in place of the checked inputs."""
        return _floating_outputs(
            self.func(*[tensors.get(i, x) for i, x in enumerate(self.arguments)])
        )

    def outputs(self, points: dict[int, np.ndarray]) -> list[np.ndarray]:
        # The function may ask for gradients inside (gradgradcheck), so its inputs are leaves here.
        leaves = {i: _leaf(np.array(x)) for i, x in points.items()}
        with enable_grad():
            return [np.array(y._array) for y in self.call(leaves)]

    def run(self, nondet_tol: float, forward: bool, backward: bool, noncontiguous: bool) -> None:
        numerical = {i: self.numerical(i) for i in self.checked}
        contiguous = {i: _leaf(np.array(x)) for i, x in self.points.items()}
        with enable_grad():
            outputs = self.call(contiguous)
        analytical: dict[int, list[np.ndarray]] | None = None
        if backward:
            analytical = self.by_backward(outputs, contiguous)
            self.compare("backward mode", analytical, numerical)
            again = self.by_backward(outputs, contiguous)
            self.compare("a second backward pass", again, analytical, nondet_tol, 0.0)
        if forward:
            self.compare("forward mode", self.by_forward(outputs, contiguous), numerical)
        if noncontiguous and backward:
            strided = {i: _leaf(_strided(x)) for i, x in self.points.items()}
            with enable_grad():
                outputs = self.call(strided)
            for k, (y, value) in enumerate(zip(outputs, self.values, strict=True)):
                if not np.allclose(y._array, value, self.rtol, self.atol):
                    raise GradcheckError(
                        f"gradcheck: output {k} differs for inputs that are not contiguous"
                    )
            assert analytical is not None
            self.compare("non-contiguous inputs", self.by_backward(outputs, strided), analytical)

    def numerical(self, i: int) -> list[np.ndarray]:
        x = self.points[i]
        columns: list[list[Any]] = [[] for _ in self.values]
        for direction in self.into[i]:
            step = self.eps * direction.reshape(x.shape)
            above = self.outputs({**self.points, i: x + step})
            below = self.outputs({**self.points, i: x - step})
            for k, (a, b) in enumerate(zip(above, below, strict=True)):
                columns[k].append(self.out[k] @ ((a - b) / (2 * self.eps)).reshape(-1))
        return [
            np.stack(column, axis=1) if column else np.zeros((len(out), 0))
            for column, out in zip(columns, self.out, strict=True)
        ]

    def by_backward(
        self, outputs: Sequence[Tensor], inputs: dict[int, Tensor]
    ) -> dict[int, list[np.ndarray]]:
        found: dict[int, list[np.ndarray]] = {i: [] for i in inputs}
        for y, directions in zip(outputs, self.out, strict=True):
            rows: dict[int, list[Any]] = {i: [] for i in inputs}
            for direction in directions:
                seed = new_tensor(direction.reshape(y.shape), None)
                grads: Sequence[Any] = [None] * len(inputs)
                if y.requires_grad:
                    grads = grad(y, list(inputs.values()), seed, True, allow_unused=True)
                for i, g in zip(inputs, grads, strict=True):
                    self.fits("gradient", g, inputs[i], i)
                    rows[i].append(
                        np.zeros(len(self.into[i]))
                        if g is None
                        else self.into[i] @ g._array.reshape(-1)
                    )
            for i in inputs:
                found[i].append(np.stack(rows[i]) if rows[i] else np.zeros((0, len(self.into[i]))))
        return found

    def by_forward(
        self, outputs: Sequence[Tensor], inputs: dict[int, Tensor]
    ) -> dict[int, list[np.ndarray]]:
        nodes = [y._history() for y in outputs]
        roots = [node for node in nodes if node is not None]
        found: dict[int, list[np.ndarray]] = {}
        for i, x in inputs.items():
            columns: list[list[Any]] = [[] for _ in outputs]
            for direction in self.into[i]:
                tangents = pushforward(roots, {x._node: direction.reshape(x.shape)}, False)  # type: ignore[dict-item]
                for k, (y, node) in enumerate(zip(outputs, nodes, strict=True)):
                    t = None if node is None else tangents.get(node)
                    self.fits("tangent", t, y, k)
                    columns[k].append(
                        np.zeros(len(self.out[k])) if t is None else self.out[k] @ t.reshape(-1)
                    )
            found[i] = [
                np.stack(column, axis=1) if column else np.zeros((len(out), 0))
                for column, out in zip(columns, self.out, strict=True)
            ]
        return found

    def fits(self, what: str, given: Any, like: Tensor, k: int) -> None:
        if given is not None and (given.shape != like.shape or given.dtype != like.dtype):
            raise GradcheckError(
                f"gradcheck: {what} {k} has shape {given.shape} and dtype {given.dtype}, expected "
                f"{like.shape} and {like.dtype}"
            )

    def compare(
        self,
        what: str,
        found: dict[int, list[np.ndarray]],
        expected: dict[int, list[np.ndarray]],
        atol: float | None = None,
        rtol: float | None = None,
    ) -> None:
        atol = self.atol if atol is None else atol
        rtol = self.rtol if rtol is None else rtol
        for i in self.checked:
            for k, (a, n) in enumerate(zip(found[i], expected[i], strict=True)):
                if np.allclose(a, n, rtol, atol):
                    continue
                with np.errstate(all="ignore"):
                    difference = np.abs(a - n)
                worst = np.unravel_index(
                    int(np.argmax(np.nan_to_num(difference, nan=np.inf))), a.shape
                )
                raise GradcheckError(
                    f"gradcheck: the Jacobian of output {k} with respect to input {i} is wrong "
                    f"({what}): "
                    f"the largest difference is {difference[worst]:.6g}, in row {worst[0]} (output "
                    f"element), column {worst[1]} (input element): {a[worst]:.8g}, expected "
                    f"{n[worst]:.8g}{' (fast mode: random projections)' if self.fast else ''}\n"
                    f"expected:\n{n}\nfound:\n{a}"
                )


def _strided(x: np.ndarray) -> np.ndarray:
    """A copy of `x` in column-major order with gaps, the last axis running backwards."""
    shape = x.shape or (1,)
    wide = np.full((2 * shape[-1], *shape[-2::-1]), np.nan, x.dtype).T
    view = wide[..., ::-2] if x.ndim else wide[1:].reshape(())
    view[...] = x
    return view
