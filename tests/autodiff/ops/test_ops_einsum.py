"""Einstein sums: every form of subscripts against numpy.einsum, with gradients and errors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autodiff as ad


@st.composite
def sums(draw):
    """An equation with operands that fit, with repeated letters, stretched axes and ellipses."""
    sizes = {letter: draw(st.integers(1, 3)) for letter in "abcd"}
    hidden = draw(st.lists(st.integers(1, 2), max_size=2))
    terms, shapes = [], []
    for _ in range(draw(st.integers(1, 3))):
        letters = draw(st.lists(st.sampled_from("abcd"), max_size=4))
        shape = [sizes[letter] for letter in letters]
        if draw(st.booleans()) and len(set(letters)) == len(letters) and shape:
            shape[0] = draw(st.sampled_from([1, shape[0]]))
        place = draw(st.integers(-1, len(letters)))
        if place >= 0 and hidden:
            own = hidden[draw(st.integers(0, len(hidden))) :]
            letters.insert(place, "...")
            shape[place:place] = own
        terms.append("".join(letters))
        shapes.append(tuple(shape))
    used = sorted({c for term in terms for c in term if c.isalpha()})
    dots = "..." if any("..." in term for term in terms) else ""
    equation = ",".join(terms)
    if draw(st.booleans()):
        chosen = draw(st.permutations(used).map(lambda p: p[: len(p) // 2 + 1]))
        equation += "->" + dots + "".join(chosen)
    return equation, shapes


@settings(max_examples=300, deadline=None)
@given(sums())
def test_agrees_with_numpy(case):
    equation, shapes = case
    rng = np.random.default_rng(0)
    xs = [rng.normal(size=shape) for shape in shapes]
    expected = np.einsum(equation, *xs)
    tensors = [ad.tensor(x, requires_grad=True) for x in xs]
    out = ad.einsum(equation, *tensors)
    assert out.shape == expected.shape
    np.testing.assert_allclose(out.detach().numpy(), expected, atol=1e-12)
    # The sum is linear in each operand: its derivative is the sum with the direction in its place.
    weights = rng.normal(size=expected.shape)
    gradients = ad.grad((out * ad.tensor(weights)).sum(), tensors)
    for i, (x, g) in enumerate(zip(xs, gradients)):
        direction = rng.normal(size=x.shape)
        along = np.einsum(equation, *[direction if j == i else y for j, y in enumerate(xs)])
        np.testing.assert_allclose(
            (g.numpy() * direction).sum(), (along * weights).sum(), atol=1e-10
        )


def test_one_operand_twice():
    x = ad.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    out = ad.einsum("ij,ij->", x, x)
    assert out.item() == 30.0
    out.backward()
    assert x.grad.tolist() == [[2.0, 4.0], [6.0, 8.0]]


def test_ways_to_write_it():
    x, y = np.random.default_rng(0).normal(size=(2, 3, 3))
    a, b = ad.tensor(x), ad.tensor(y)
    for out in (
        ad.einsum(" ij , jk -> ik ", a, b),
        ad.einsum("ij,jk", [a, b]),
        ad.einsum(a, [0, 1], b, [1, 2]),
        ad.einsum(a, [..., 1], b, [1, 2], [..., 2]),
        np.einsum("ij,jk->ik", a, y),
        ad.einsum("Ab,bC->AC", a, b),
    ):
        np.testing.assert_allclose(out.numpy(), x @ y)
    assert ad.einsum("ba", a).tolist() == x.T.tolist()


def test_an_ellipsis_that_the_result_leaves_out_is_summed():
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    np.testing.assert_allclose(ad.einsum("...i->i", ad.tensor(x)).numpy(), x.sum((0, 1)))


def test_empty_axes():
    assert ad.einsum("ij,jk->ik", ad.ones(2, 0), ad.ones(0, 3)).tolist() == [[0.0] * 3] * 2
    assert ad.einsum("ij,jk->ik", ad.ones(0, 2), ad.ones(2, 3)).shape == (0, 3)
    assert ad.einsum("bij,bjk->bik", ad.ones(2, 3, 0), ad.ones(2, 0, 1)).shape == (2, 3, 1)
    assert ad.einsum(",", ad.tensor(2.0), ad.tensor(3.0)).item() == 6.0


def test_two_operands_are_one_node():
    x, y = ad.ones(2, 3, requires_grad=True), ad.ones(3, 4, requires_grad=True)
    node = ad.einsum("ij,jk->ki", x, y).grad_fn
    assert node.name == "einsum"
    assert [parent.name for parent in node.parents] == ["leaf", "leaf"]


def test_many_operands_take_small_steps():
    # Left to right this would hold 10^8 elements in between.
    xs = [ad.ones(100, 2), ad.ones(100, 2), ad.ones(100, 2), ad.ones(100, 2)]
    assert ad.einsum("ai,bi,cj,dj->", *xs).item() == 4e8


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("ij,jk", ad.ones(2, 3)), ValueError, "2 subscripts for 1 operands"),
        (("ij", ad.ones(2)), ValueError, "'ij' name 2 axes, but operand 1 has 1"),
        (("i", ad.ones(2, 2)), ValueError, "'i' name 1 axes, but operand 1 has 2"),
        (("ij->ik", ad.ones(2, 2)), ValueError, "'k' of the result is in no operand"),
        (("ij->ii", ad.ones(2, 2)), ValueError, "names an axis twice"),
        (("i1", ad.ones(2, 2)), ValueError, "not made of letters"),
        (("......", ad.ones(2, 2)), ValueError, "not made of letters"),
        (("ii", ad.ones(2, 3)), ValueError, "'i' has length 2 in one place and 3"),
        (("ii", ad.ones(1, 3)), ValueError, "no diagonal"),
        (
            ("ij,jk", ad.ones(2, 3), ad.ones(2, 3)),
            ValueError,
            "axis 'j' has length 3 in one place and 2",
        ),
        (("i,i", ad.ones(2), ad.ones(2, dtype=ad.float64)), TypeError, "einsum 'i,i'.*one dtype"),
        ((ad.ones(2), [60]), ValueError, "integers from 0 to 51"),
        (("i", [1.0, 2.0]), ValueError, "1 subscripts for 2 operands"),
        (("i", {}), TypeError, "einsum: expected a Tensor"),
    ],
)
def test_errors_teach(arguments, error, words):
    with pytest.raises(error, match=words):
        ad.einsum(*arguments)


# tensordot


@pytest.mark.parametrize("dims", [0, 1, 2, ([0, 1], [1, 0]), ([-1], [0]), (1, 0), ([], [])])
def test_tensordot_agrees_with_numpy(dims):
    x = np.random.default_rng(0).normal(size=(3, 3, 3))
    t = ad.tensor(x)
    np.testing.assert_allclose(
        ad.tensordot(t, t, dims).numpy(), np.tensordot(x, x, dims), atol=1e-12
    )
    np.testing.assert_allclose(
        np.tensordot(t, t, axes=dims).numpy(), np.tensordot(x, x, dims), atol=1e-12
    )


@pytest.mark.parametrize(
    ("dims", "error", "words"),
    [
        (3, ValueError, "both must have that many axes"),
        (-1, ValueError, "both must have that many axes"),
        (1, ValueError, "axes that meet must have the same length"),
        (([0, 1], [0]), ValueError, "as many axes of each"),
        (([0, 0], [0, 0]), ValueError, "named twice"),
        (([5], [0]), IndexError, "tensordot: dim 5"),
    ],
)
def test_tensordot_errors(dims, error, words):
    with pytest.raises(error, match=words):
        ad.tensordot(ad.ones(2, 3), ad.ones(2, 3), dims)
