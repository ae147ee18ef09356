"""The checker itself: it passes what is right and catches what is planted."""

import numpy as np
import pytest

import autodiff as ad
from autodiff.apply import apply
from autodiff.primitive import Primitive


def leaf(data, dtype=np.float64):
    return ad.tensor(np.asarray(data, dtype), requires_grad=True)


def cube(rule, **options):
    """x^3 with a rule of the test's own."""
    primitive = Primitive("cube", lambda x: x * x * x, (rule,), register=False, **options)
    return lambda x: apply(primitive, (x,))


right = cube(lambda g, x: 3 * g * x * x, elementwise=True)
X = leaf([0.5, -1.5, 2.0])
BOTH = pytest.mark.parametrize("fast_mode", [False, True])


@BOTH
def test_what_is_right_passes(fast_mode):
    assert ad.gradcheck(right, X, fast_mode=fast_mode)
    assert ad.gradgradcheck(right, X, fast_mode=fast_mode)


@BOTH
@pytest.mark.parametrize(
    "function",
    [
        lambda x, y: x @ y,
        lambda x, y: (x * y[:, 0]).sum(),
        lambda x, y: (x.exp(), y.T),
        lambda x, y: (x * 2, (y > 0)),
        lambda x, y: y * 3.0,  # x has no part
        lambda x, y: ad.ones(2, dtype=ad.float64),
    ],
)
def test_several_inputs_and_outputs(function, fast_mode):
    x, y = leaf([[1.0, 2.0], [3.0, 4.0]]), leaf([[0.5, -1.0], [1.5, 2.0]])
    assert ad.gradcheck(function, (x, y), fast_mode=fast_mode)
    assert ad.gradgradcheck(function, (x, y), fast_mode=fast_mode)


@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 0), (1, 2, 2)])
def test_shapes(shape):
    x = leaf(np.linspace(0.5, 1.5, int(np.prod(shape))).reshape(shape))
    assert ad.gradcheck(right, x)
    assert ad.gradgradcheck(right, x)


def test_inputs_that_are_not_checked():
    constant = ad.tensor([1.0, 2.0, 3.0])
    assert ad.gradcheck(lambda x, c, k: x * c * k, (X, constant, 2.5))


def test_the_inputs_are_left_as_they_were():
    x = leaf([0.5, 1.5])
    before = x.tolist()
    ad.gradcheck(right, x)
    assert x.tolist() == before
    assert x.grad is None


@BOTH
@pytest.mark.parametrize(
    "rule",
    [
        lambda g, x: 2 * g * x * x,
        lambda g, x: -3 * g * x * x,
        lambda g, x: g,
        lambda g, x: 3 * g * x * x + 0.01,
        lambda g, x: 3 * g * x * x * [1, 1, 1.01],  # in one element
        lambda g, x: 3 * g * x * x * np.nan,
    ],
)
def test_a_wrong_gradient_is_caught(rule, fast_mode):
    with pytest.raises(ad.GradcheckError, match=r"output 0 with respect to input 0 is wrong"):
        ad.gradcheck(cube(rule), X, fast_mode=fast_mode)
    assert ad.gradcheck(cube(rule), X, fast_mode=fast_mode, raise_exception=False) is False


@BOTH
def test_a_missing_gradient_is_caught(fast_mode):
    with pytest.raises(ad.GradcheckError):
        ad.gradcheck(lambda x: x.detach() * x, X, fast_mode=fast_mode)
    with pytest.raises(ad.GradcheckError):
        ad.gradcheck(lambda x: x.detach(), X, fast_mode=fast_mode)


@BOTH
def test_a_wrong_second_derivative_is_caught(fast_mode):
    def rule(g, x):  # right on arrays, and to first order; the factor is hidden from the second
        return 3 * g * (x * x if isinstance(g, np.ndarray) else x.detach() * x)

    wrong = cube(rule)
    assert ad.gradcheck(wrong, X, check_forward_ad=False, fast_mode=fast_mode)
    with pytest.raises(ad.GradcheckError, match="wrong"):
        ad.gradgradcheck(wrong, X, fast_mode=fast_mode)
    assert not ad.gradgradcheck(wrong, X, fast_mode=fast_mode, raise_exception=False)


@BOTH
def test_a_wrong_jvp_is_caught(fast_mode):
    wrong = cube(lambda g, x: 3 * g * x * x, jvp=lambda ts, saved, node: 2 * ts[0])
    with pytest.raises(ad.GradcheckError, match="forward mode"):
        ad.gradcheck(wrong, X, fast_mode=fast_mode)
    assert ad.gradcheck(wrong, X, check_forward_ad=False, fast_mode=fast_mode)


def test_a_false_declaration_is_caught():
    for claim in ("linear", "multilinear"):
        wrong = cube(lambda g, x: 3 * g * x * x, **{claim: True})
        with pytest.raises(ad.GradcheckError, match="forward mode"):
            ad.gradcheck(wrong, X)


def test_a_wrong_gradient_in_forward_mode_only():
    wrong = cube(lambda g, x: 3 * g * x * x, jvp=lambda ts, saved, node: 2 * ts[0])
    with pytest.raises(ad.GradcheckError, match="forward mode"):
        ad.gradcheck(wrong, X, check_backward_ad=False)


def test_a_gradient_that_only_non_contiguous_inputs_spoil():
    wrong = cube(lambda g, x: 3 * g * x * x if x.flags.c_contiguous else g)
    with pytest.raises(ad.GradcheckError, match="non-contiguous"):
        ad.gradcheck(wrong, X, check_forward_ad=False)
    assert ad.gradcheck(wrong, X, check_forward_ad=False, check_noncontiguous=False)


def test_a_value_that_only_non_contiguous_inputs_spoil():
    bad = Primitive(
        "layout",
        lambda x: np.lib.stride_tricks.as_strided(x, x.shape, (8,) * x.ndim) * 1.0,
        (lambda g: g,),
        register=False,
    )
    with pytest.raises(ad.GradcheckError, match="not contiguous"):
        ad.gradcheck(lambda x: apply(bad, (x,)), X, check_forward_ad=False)


def test_a_gradient_that_changes_from_pass_to_pass():
    state = iter(range(1000))
    wrong = cube(lambda g, x: 3 * g * x * x + 1e-7 * next(state))
    with pytest.raises(ad.GradcheckError, match="second backward pass"):
        ad.gradcheck(wrong, X, check_forward_ad=False)
    assert ad.gradcheck(
        wrong, X, check_forward_ad=False, check_noncontiguous=False, nondet_tol=1e-3
    )


def test_a_gradient_of_the_wrong_dtype():
    wrong = Primitive("a", lambda x: x * 2, (lambda g: g * 2,), jvp=lambda ts, saved, node:
                      (ts[0] * 2).astype(np.float32), register=False)  # fmt: skip
    with pytest.raises(ad.GradcheckError, match="dtype float32"):
        ad.gradcheck(lambda x: apply(wrong, (x,)), X)


def test_the_error_names_the_pair_and_shows_both_jacobians():
    wrong = cube(lambda g, x: g)
    with pytest.raises(ad.GradcheckError) as caught:
        ad.gradcheck(lambda x, y: (x * y, wrong(y)), (leaf([1.0]), leaf([2.0])))
    text = str(caught.value)
    for part in (
        "output 1",
        "input 1",
        "largest difference is 11",
        "expected:\n[[12",
        "found:\n[[1.]]",
    ):
        assert part in text


def test_float32_is_refused_unless_allowed():
    x = leaf([0.5, 1.5], np.float32)
    for check in (ad.gradcheck, ad.gradgradcheck):
        with pytest.raises(TypeError, match=r"input 0 has dtype float32.*double\(\)"):
            check(right, x)
        assert check(right, x, eps=1e-2, atol=1e-2, rtol=1e-2, check_dtype=False)


def test_nothing_to_check():
    for check in (ad.gradcheck, ad.gradgradcheck):
        with pytest.raises(ValueError, match="no input requires grad"):
            check(right, ad.tensor([1.0]))


def test_functions_must_return_tensors():
    with pytest.raises(TypeError, match="must return Tensors, got float as output 0"):
        ad.gradcheck(lambda x: 3.0, X)


def test_cotangents_of_the_callers():
    g = ad.tensor([1.0, 10.0, 100.0], dtype=np.float64)
    assert ad.gradgradcheck(right, X, g)


def test_values_as_outputs():
    assert ad.gradcheck(lambda x: ad.Value(x.sum()) * 2.0, X)


def test_the_mode_outside_does_not_matter():
    with ad.no_grad():
        assert ad.gradcheck(right, X)
        assert ad.gradgradcheck(right, X)
        assert not ad.is_grad_enabled()


@pytest.mark.parity
def test_verdicts_as_pytorch():
    torch = pytest.importorskip("torch")
    cases = [
        (lambda x: (x * x).exp(), True),
        (lambda x: x.detach() * x, False),
        (lambda x: x.detach(), False),
        (lambda x: (x.sum(), x * 2), True),
    ]
    for function, verdict in cases:
        theirs = torch.autograd.gradcheck(
            function, torch.tensor(X.tolist(), dtype=torch.float64, requires_grad=True),
            raise_exception=False,
        )  # fmt: skip
        assert ad.gradcheck(function, X, raise_exception=False) == theirs == verdict
