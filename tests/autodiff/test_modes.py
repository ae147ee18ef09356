"""What is recorded when: no_grad and its kin, and anomaly mode."""

import threading

import numpy as np
import pytest

import autodiff as ad


def recorded():
    return (ad.ones(2, requires_grad=True) * 2).requires_grad


def test_operations_are_recorded_by_default():
    assert ad.is_grad_enabled()
    assert not ad.is_inference_mode_enabled()
    assert recorded()


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (ad.no_grad, False),
        (ad.enable_grad, True),
        (ad.inference_mode, False),
        (lambda: ad.inference_mode(False), True),
        (lambda: ad.set_grad_enabled(True), True),
        (lambda: ad.set_grad_enabled(False), False),
    ],
)
def test_inside_and_after(mode, expected):
    with mode():
        assert ad.is_grad_enabled() is expected
        assert recorded() is expected
    assert recorded()
    with ad.no_grad():
        with mode():
            assert recorded() is expected
        assert not recorded()
    assert recorded()


@pytest.mark.parametrize(
    "mode", [ad.no_grad, ad.inference_mode, lambda: ad.set_grad_enabled(False)]
)
def test_an_exception_restores(mode):
    with pytest.raises(ZeroDivisionError), mode():
        1 / 0
    assert recorded()


def test_nesting():
    with ad.no_grad():
        with ad.enable_grad():
            with ad.no_grad():
                assert not recorded()
            assert recorded()
        assert not recorded()


def test_one_object_used_again_and_within_itself():
    mode = ad.no_grad()
    for _ in range(2):
        with mode:
            with mode:
                assert not recorded()
            assert not recorded()
        assert recorded()


def test_set_grad_enabled_works_at_once():
    ad.set_grad_enabled(False)
    try:
        assert not recorded()
        with ad.set_grad_enabled(True):
            assert recorded()
        assert not recorded()
    finally:
        ad.set_grad_enabled(True)
    assert recorded()


@pytest.mark.parametrize(
    ("decorator", "expected"),
    [
        (ad.no_grad(), False),
        (ad.no_grad, False),
        (ad.enable_grad(), True),
        (ad.enable_grad, True),
        (ad.inference_mode(), False),
        (ad.inference_mode, False),
    ],
)
def test_decorators(decorator, expected):
    @decorator
    def evaluate(depth=0):
        """Docstring."""
        return evaluate(depth - 1) if depth else recorded()

    assert evaluate() is expected
    assert evaluate(depth=3) is expected
    with ad.no_grad():
        assert evaluate() is expected
        assert not recorded()
    assert recorded()
    assert (evaluate.__name__, evaluate.__doc__) == ("evaluate", "Docstring.")


def test_set_grad_enabled_as_a_decorator():
    @ad.set_grad_enabled(False)
    def evaluate():
        return recorded()

    assert recorded()
    assert not evaluate()
    assert recorded()


def test_a_decorated_function_that_raises():
    @ad.no_grad()
    def fail():
        raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert recorded()


def test_a_decorated_generator_switches_only_while_it_runs():
    @ad.no_grad()
    def steps():
        got = yield recorded()
        yield got, recorded()
        return "end"

    generator = steps()
    assert next(generator) is False
    assert recorded()
    assert generator.send("sent") == ("sent", False)
    assert recorded()
    with pytest.raises(StopIteration, match="end"):
        next(generator)
    assert recorded()


def test_results_of_no_grad_are_leaves():
    x = ad.ones(2, requires_grad=True)
    with ad.no_grad():
        y = x * 2
    assert y.is_leaf
    assert y.grad_fn is None
    assert not y.requires_grad
    (y * x).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_tensors_made_under_no_grad_may_require_grad():
    with ad.no_grad():
        x = ad.ones(2, requires_grad=True)
    assert x.requires_grad
    (x * 2).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_values_obey_too():
    v = ad.Value(2.0)
    with ad.no_grad():
        y = v * v + v.exp()
    y.backward()
    assert v.grad == 0.0


def test_backward_works_inside_no_grad():
    x = ad.ones(2, requires_grad=True)
    y = (x * x).sum()
    with ad.no_grad():
        y.backward()
        assert not ad.is_grad_enabled()
    assert x.grad.tolist() == [2.0, 2.0]
    assert not x.grad.requires_grad


def test_leaves_may_be_written_under_no_grad_only():
    x = ad.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"no_grad\(\)"):
        x.add_(1)
    with ad.no_grad():
        x.add_(1)
    assert x.tolist() == [2.0, 2.0]
    assert x.requires_grad
    assert x.is_leaf


def test_a_thread_that_evaluates_does_not_silence_one_that_trains():
    inside, checked = threading.Event(), threading.Event()
    seen = []

    def evaluate():
        with ad.no_grad():
            inside.set()
            checked.wait(10)
            seen.append(recorded())

    thread = threading.Thread(target=evaluate)
    thread.start()
    inside.wait(10)
    assert recorded()
    checked.set()
    thread.join()
    assert seen == [False]


def test_a_new_thread_records_whatever_its_parent_does():
    seen = []
    with ad.no_grad():
        thread = threading.Thread(target=lambda: seen.append(recorded()))
        thread.start()
        thread.join()
    assert seen == [True]


@pytest.mark.parametrize("mode", [ad.no_grad(), ad.inference_mode(), ad.detect_anomaly()])
def test_one_object_in_several_threads(mode):
    """The first thread leaves while the second is inside, and the second enters again."""
    first_left, second_entered = threading.Event(), threading.Event()
    seen = []

    def second():
        with mode:
            second_entered.set()
            first_left.wait(10)
            with mode:
                seen.append(state())
            seen.append(state())
        seen.append(state())

    def state():
        y = ad.ones(2, requires_grad=True) * 2
        return y.requires_grad, y.requires_grad and y.grad_fn.notes is not None

    before = state()
    thread = threading.Thread(target=second)
    with mode:
        inside = state()
        thread.start()
        second_entered.wait(10)
    first_left.set()
    thread.join()
    assert before == (True, False) != inside
    assert seen == [inside, inside, before]
    assert state() == before


def test_one_decorated_function_in_several_threads():
    seen = []

    @ad.no_grad()
    def evaluate(barrier):
        barrier.wait(10)
        seen.append(recorded())
        barrier.wait(10)

    barrier = threading.Barrier(4)
    threads = [threading.Thread(target=evaluate, args=(barrier,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [False] * 4
    assert recorded()


# Anomaly mode


def _spoiling(x):
    h = x.exp()  # the line that the error names
    with ad.no_grad():
        h.mul_(2)
    return h


def test_anomaly_mode_names_the_forward_line_of_a_spoiled_operation():
    x = ad.ones(2, requires_grad=True)
    with ad.detect_anomaly():
        y = _spoiling(x).sum()
        with pytest.raises(
            RuntimeError, match=r"(?s)changed in place.*the line that the error names"
        ):
            y.backward()


@pytest.mark.parametrize(
    "call",
    [
        lambda x: x.sqrt(),  # of zero
        lambda x: ad.sqrt(x),  # of zero
        lambda x: x**0.5,  # of zero
        lambda x: ad.norm(x.reshape(-1, 1).sqrt(), dim=1),  # of zero
    ],
)
@pytest.mark.parametrize("shape", [(2,), (1,), ()])
def test_anomaly_mode_finds_where_a_gradient_turns_nan(call, shape):
    x = ad.zeros(shape, requires_grad=True)
    with ad.detect_anomaly(), pytest.raises(RuntimeError, match=r"(?s)returned NaN.*of zero"):
        (call(x) * 0).sum().backward()


def test_anomaly_mode_passes_what_is_right():
    x = ad.ones(2, requires_grad=True)
    with ad.detect_anomaly():
        (x * x).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_outside_anomaly_mode_nan_passes_silently():
    x = ad.zeros(2, requires_grad=True)
    (x.sqrt() * 0).sum().backward()
    assert np.isnan(x.grad.numpy()).all()


def test_anomaly_mode_ends_with_its_block():
    x = ad.ones(2, requires_grad=True)
    with pytest.raises(KeyError), ad.detect_anomaly():
        raise KeyError
    assert (x * 2).grad_fn.notes is None


# PyTorch


@pytest.mark.parity
def test_modes_as_pytorch():
    torch = pytest.importorskip("torch")

    def states(library):
        x = library.ones(2, requires_grad=True)
        seen = [library.is_grad_enabled()]
        with library.no_grad():
            y = x * 2
            z = library.ones(2, requires_grad=True)
            seen += [y.requires_grad, y.is_leaf, z.requires_grad, (x * z).requires_grad]
            with library.enable_grad():
                w = x * 2
                seen += [w.requires_grad, (w * y).requires_grad]
            with library.set_grad_enabled(True):
                seen.append(library.is_grad_enabled())
            v = x.detach()
            seen += [v.requires_grad, library.is_grad_enabled()]
        with library.inference_mode():
            seen += [(x * 2).requires_grad, library.is_inference_mode_enabled()]
            with library.inference_mode(False):
                seen += [(x * 2).requires_grad, library.is_inference_mode_enabled()]
        return seen

    assert states(ad) == states(torch)
