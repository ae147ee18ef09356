"""Scaled dot-product attention: the references, which make the whole matrix of weights."""

from __future__ import annotations

import numpy as np

from ..registry import kernel, ones


def check_operands(
    name: str,
    query: np.ndarray,
    key: np.ndarray,
    value: np.ndarray,
    mask: np.ndarray | None,
    *results: np.ndarray,
) -> None:
    """Check that shapes and dtypes fit; `results` are arrays (N, H, L, V), or (N, H, L).

    Raises
    ------
    ValueError, TypeError
        Naming the kernel, the shapes or the dtypes.
    """
    others = [key, value, *results] + ([] if mask is None else [mask])
    if any([a.dtype != query.dtype for a in others]):
        shown = ", ".join([str(a.dtype) for a in (query, *others)])
        raise TypeError(f"{name}: all arrays must have one dtype, got {shown}")
    fits = (
        query.ndim == key.ndim == value.ndim == 4
        and query.shape[:2] == key.shape[:2] == value.shape[:2]
        and query.shape[3] == key.shape[3]
        and key.shape[2] == value.shape[2]
    )
    if not fits:
        raise ValueError(
            f"{name}: expected query (N, H, L, E), key (N, H, S, E) and value (N, H, S, V); got "
            f"{query.shape}, {key.shape} and {value.shape}"
        )
    scores, out = (*query.shape[:3], key.shape[2]), (*query.shape[:3], value.shape[3])
    if mask is not None and (
        mask.ndim != 4 or any([m not in (1, n) for m, n in zip(mask.shape, scores, strict=True)])
    ):
        raise ValueError(f"{name}: a mask of shape {mask.shape} does not broadcast to {scores}")
    for a in results:
        if a.shape != out[: a.ndim] or a.ndim < 3:
            raise ValueError(f"{name}: an array has shape {a.shape}, expected {out[: a.ndim]}")


def _worth_compiling(query: np.ndarray, key: np.ndarray, *others: object) -> bool:
    return query.size + key.size >= 256


def _scores(
    query: np.ndarray, key: np.ndarray, mask: np.ndarray | None, is_causal: bool, scale: float
) -> np.ndarray:
    scores = np.matmul(query * query.dtype.type(scale), key.swapaxes(-1, -2))
    if mask is not None:
        scores = np.where(np.isneginf(mask), mask, scores + mask)
    if is_causal:
        visible = np.tri(query.shape[-2], key.shape[-2], dtype=bool)
        scores = np.where(visible, scores, scores.dtype.type(-np.inf))
    return scores


@kernel(
    compiled="attention.forward_jit",
    prefer=_worth_compiling,
    examples=ones((1, 1, 2, 3), (1, 1, 2, 3), (1, 1, 2, 3), options=(None, False, 1.0)),
)
def attention_forward(
    query: np.ndarray,
    key: np.ndarray,
    value: np.ndarray,
    mask: np.ndarray | None,
    is_causal: bool,
    scale: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Attend: the mean of the values, weighted by the softmax of the scores of their keys.

    The compiled version never holds more than a tile of the scores.

    Parameters
    ----------
    query : ndarray, (N, H, L, E)
    key : ndarray, (N, H, S, E)
    value : ndarray, (N, H, S, V)
    mask : ndarray or None
        Of the query's dtype, with four axes that broadcast to (N, H, L, S): added to the scores.
        Where it is -inf, the query does not see the key.
    is_causal : bool
        Query i sees the keys up to i only.
    scale : float
        Multiplied with the scores.

    Returns
    -------
    out : ndarray, (N, H, L, V)
        Zeros for a query that sees no key.
    log_sums : ndarray, (N, H, L)
        Per query the logarithm of the sum of the exponentials of its scores; inf for a query that
        sees no key, so that exp(score - log_sum) is its weight in every case.

    Raises
    ------
    ValueError, TypeError
        If shapes or dtypes do not fit.

    References
    ----------
    T. Dao, "FlashAttention-2: faster attention with better parallelism and work partitioning",
    2023, https://arxiv.org/abs/2307.08691

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> q = k = np.zeros((1, 1, 2, 1))
    >>> out, _ = kernels.attention_forward(q, k, np.array([[[[1.0], [3.0]]]]), None, True, 1.0)
    >>> out.ravel()
    array([1., 2.])
    """
    check_operands("attention_forward", query, key, value, mask)
    scores = _scores(query, key, mask, is_causal, scale)
    highest = scores.max(axis=-1, keepdims=True, initial=-np.inf)
    highest = np.where(np.isneginf(highest), 0, highest).astype(query.dtype)
    weights = np.exp(scores - highest)
    sums = weights.sum(axis=-1, keepdims=True)
    blind = sums == 0
    out = np.matmul(weights, value) / np.where(blind, 1, sums)
    log_sums = np.log(np.where(blind, np.inf, sums)) + highest
    return out.astype(query.dtype, copy=False), log_sums[..., 0].astype(query.dtype, copy=False)


@kernel(
    compiled="attention.backward_jit",
    prefer=_worth_compiling,
    examples=lambda dtype: [
        (
            *[np.ones((1, 1, 2, 3), dtype)] * 4,
            None,
            *[np.ones((1, 1, 2, 3), dtype)],
            np.ones((1, 1, 2), dtype),
            False,
            1.0,
        )
    ],
)
def attention_backward(
    g: np.ndarray,
    query: np.ndarray,
    key: np.ndarray,
    value: np.ndarray,
    mask: np.ndarray | None,
    out: np.ndarray,
    log_sums: np.ndarray,
    is_causal: bool,
    scale: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradients of query, key and value.

    The weights are computed anew from the scores, as in the forward pass tile by tile.

    Parameters
    ----------
    g : ndarray, (N, H, L, V)
        The gradient of `out`.
    query, key, value, mask, is_causal, scale
        As for `attention_forward`.
    out, log_sums
        What that returned.

    Returns
    -------
    tuple of three ndarray
        Shaped like `query`, `key` and `value`.

    Raises
    ------
    ValueError, TypeError
        If shapes or dtypes do not fit.

    References
    ----------
    As for `attention_forward`.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> q, k, v = np.ones((3, 1, 1, 2, 1))
    >>> out, log_sums = kernels.attention_forward(q, k, v, None, False, 1.0)
    >>> _, _, dv = kernels.attention_backward(out, q, k, v, None, out, log_sums, False, 1.0)
    >>> dv.ravel()
    array([1., 1.])
    """
    check_operands("attention_backward", query, key, value, mask, g, out, log_sums)
    weights = np.exp(_scores(query, key, mask, is_causal, scale) - log_sums[..., None])
    d_value = np.matmul(weights.swapaxes(-1, -2), g)
    d_weights = np.matmul(g, value.swapaxes(-1, -2))
    means = (g * out).sum(axis=-1, keepdims=True)
    d_scores = weights * (d_weights - means) * query.dtype.type(scale)
    return np.matmul(d_scores, key), np.matmul(d_scores.swapaxes(-1, -2), query), d_value
