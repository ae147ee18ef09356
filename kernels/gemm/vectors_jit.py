"""Products of a matrix with a vector, or with very few: they read each element of the matrix once, so
memory is their limit, and nothing is packed."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from ..jit import part
from ..simd import at, lanes, load, load_first, splat, store, store_first, total


@part
def dots(c, ldc, x, x_row, rows, w, w_row, count, depth):
    """c[i*ldc + j] = sum over k < depth of x[i*x_row + k] * w[j*w_row + k], i < rows, j < count."""
    size = lanes(c)
    zero = splat(c, 0.0)
    whole = depth - depth % size
    for j in range(0, count, 4):
        # Rows that do not exist repeat the last one, and are not stored.
        w0, w1 = at(w, j * w_row), at(w, min(j + 1, count - 1) * w_row)
        w2, w3 = at(w, min(j + 2, count - 1) * w_row), at(w, min(j + 3, count - 1) * w_row)
        for i in range(rows):
            start, o = at(x, i * x_row), at(c, i * ldc + j)
            s0, s1, s2, s3 = zero, zero, zero, zero
            for k in range(0, whole, size):
                v = load(start, k)
                s0, s1 = s0 + v * load(w0, k), s1 + v * load(w1, k)
                s2, s3 = s2 + v * load(w2, k), s3 + v * load(w3, k)
            if whole < depth:
                left = depth - whole
                v = load_first(start, whole, left, 0.0)
                s0 = s0 + v * load_first(w0, whole, left, 0.0)
                s1 = s1 + v * load_first(w1, whole, left, 0.0)
                s2 = s2 + v * load_first(w2, whole, left, 0.0)
                s3 = s3 + v * load_first(w3, whole, left, 0.0)
            o[0] = total(s0)
            if j + 1 < count:
                o[1] = total(s1)
            if j + 2 < count:
                o[2] = total(s2)
            if j + 3 < count:
                o[3] = total(s3)


@part
def combination(c, x, w, w_row, count, depth):
    """c[j] = sum over k < depth of x[k] * w[k*w_row + j] for j < count, four rows at a time."""
    size = lanes(c)
    zero = splat(c, 0.0)
    for j in range(0, count, size):
        store_first(zero, c, j, count - j)
    whole, groups = count - count % size, depth - depth % 4
    for k in range(0, groups, 4):
        w0, w1 = at(w, k * w_row), at(w, (k + 1) * w_row)
        w2, w3 = at(w, (k + 2) * w_row), at(w, (k + 3) * w_row)
        x0, x1, x2, x3 = x[k], x[k + 1], x[k + 2], x[k + 3]
        for j in range(0, whole, size):
            near = load(w0, j) * x0 + load(w1, j) * x1
            far = load(w2, j) * x2 + load(w3, j) * x3
            store(load(c, j) + (near + far), c, j)
        if whole < count:
            left = count - whole
            near = load_first(w0, whole, left, 0.0) * x0 + load_first(w1, whole, left, 0.0) * x1
            far = load_first(w2, whole, left, 0.0) * x2 + load_first(w3, whole, left, 0.0) * x3
            store_first(load_first(c, whole, left, 0.0) + (near + far), c, whole, left)
    for k in range(groups, depth):
        row = at(w, k * w_row)
        for j in range(0, count, size):
            v = load_first(c, j, count - j, 0.0) + load_first(row, j, count - j, 0.0) * x[k]
            store_first(v, c, j, count - j)
