"""Writing in place after a value was saved for backward: an error, never a wrong gradient."""

import gc
import threading

import numpy as np
import pytest

import autodiff as ad
from autodiff import versions


def leaf(data, dtype=np.float64):
    return ad.tensor(np.asarray(data, dtype), requires_grad=True)


def middle(data):
    """A tensor that may be written in place, with a history."""
    return leaf(data) * 1.0


WRITES = {
    "add_": lambda h: h.add_(1.0),
    "operator": lambda h: h.__iadd__(1.0),
    "setitem": lambda h: h.__setitem__(0, 5.0),
    "setitem of a tensor": lambda h: h.__setitem__(slice(0, 1), leaf([5.0])),
    "through a view": lambda h: h[1:].mul_(2.0),
    "through a view of a view": lambda h: h.reshape(1, 3)[0, 2:].mul_(2.0),
    "through detach": lambda h: h.detach().mul_(2.0),
    "through data": lambda h: h.data.mul_(2.0),
    "zero_": lambda h: h.zero_(),
    "copy_": lambda h: h.copy_(ad.tensor([1.0, 1.0, 1.0])),
    "out": lambda h: np.add(ad.ones(3), ad.ones(3), out=h.detach()),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("recorded", [True, False])
def test_an_input_that_was_saved_and_written(write, recorded):
    h = middle([1.0, 2.0, 3.0])
    y = h * leaf([1.0, 1.0, 1.0])
    with ad.set_grad_enabled(recorded):
        write(h)
    with pytest.raises(
        RuntimeError, match=r"'mul'.*input 0 \(shape \(3,\), dtype float64\).*in place"
    ):
        y.sum().backward()


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_an_output_that_was_saved_and_written(write):
    y = middle([1.0, 2.0, 3.0]).exp()
    kept = y.sum()
    with ad.no_grad():
        write(y)
    with pytest.raises(RuntimeError, match=r"'exp'.*its output.*changed in place"):
        kept.backward()


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_what_was_not_saved_may_be_written(write):
    x = leaf([1.0, 2.0, 3.0])
    h = x * 1.0
    y = h + 1.0
    with ad.no_grad():
        write(h)
    y.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0, 1.0]


def test_a_view_that_was_saved_while_its_base_was_written():
    h = middle([1.0, 2.0, 3.0])
    y = (h[:2] * leaf([1.0, 1.0])).sum()
    with ad.no_grad():
        h.mul_(2.0)
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()


def test_writing_into_another_part_of_the_memory_counts_too():
    h = middle([1.0, 2.0, 3.0])
    y = (h[:1] * leaf([1.0])).sum()
    with ad.no_grad():
        h[2:].mul_(2.0)
    with pytest.raises(
        RuntimeError, match="changed in place"
    ):  # as in PyTorch: one version per memory
        y.backward()


def test_the_message_names_operation_shapes_versions_and_a_way_out():
    h = middle([1.0, 2.0])
    with ad.no_grad():
        h += 1
    y = h * leaf([1.0, 1.0])
    with ad.no_grad():
        h += 1
        h += 1
    with pytest.raises(RuntimeError) as caught:
        y.sum().backward()
    text = str(caught.value)
    for part in ("'mul'", "(2,)", "version 3", "expected version 1", "clone()", "detect_anomaly"):
        assert part in text


def test_the_version_expected_is_right_after_many_writes():
    h = middle([1.0])
    with ad.no_grad():
        for _ in range(100):
            h += 1
    y = h * leaf([1.0])
    with ad.no_grad():
        h += 1
    with pytest.raises(RuntimeError, match="version 101, expected version 100"):
        y.sum().backward()


def test_many_writes_after_saving_are_still_seen():
    h = middle([1.0])
    y = h * leaf([1.0])
    with ad.no_grad():
        for _ in range(1000):
            h += 1
    with pytest.raises(RuntimeError, match="changed in place"):
        y.sum().backward()


def test_writes_before_saving_do_not_matter():
    x = leaf([1.0, 2.0])
    h = x * 1.0
    with ad.no_grad():
        h.add_(1.0)
    (h * h).sum().backward()
    assert x.grad.tolist() == [4.0, 6.0]


def test_writes_after_backward_do_not_matter():
    x = leaf([1.0, 2.0])
    h = x * 1.0
    y = (h * h).sum()
    y.backward(retain_graph=True)
    with ad.no_grad():
        h.add_(1.0)
    assert x.grad.tolist() == [2.0, 4.0]
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()


def test_a_parameter_that_is_stepped_between_forward_and_backward():
    w = leaf([1.0, 2.0])
    y = (w * w).sum()
    with ad.no_grad():
        w -= 0.1
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()


def test_a_training_loop_that_steps_after_backward():
    w = leaf([1.0, 2.0])
    for _ in range(3):
        w.grad = None
        (w * w).sum().backward()
        with ad.no_grad():
            w -= 0.25 * w.grad
    np.testing.assert_allclose(w.detach().numpy(), [0.125, 0.25])


def test_create_graph_and_jvp_look_too():
    h = middle([1.0, 2.0])
    other = leaf([1.0, 1.0])
    y = (h * other).sum()
    with ad.no_grad():
        h.mul_(2)
    with pytest.raises(RuntimeError, match="changed in place"):
        ad.grad(y, other, create_graph=True)

    def function(x):
        h = x * 1.0
        y = h.exp() * h
        with ad.no_grad():
            h.mul_(2)
        return y

    with pytest.raises(RuntimeError, match="changed in place"):
        ad.jvp(function, ad.tensor([1.0, 2.0]), ad.tensor([1.0, 1.0]))


def test_pruned_operations_are_not_looked_at():
    x, y = leaf([1.0, 2.0]), leaf([1.0, 1.0])
    h = x * 1.0
    spoiled = h.exp()
    z = (spoiled + y * 3.0).sum()
    with ad.no_grad():
        spoiled.mul_(2)
    (g,) = ad.grad(z, y)
    assert g.tolist() == [3.0, 3.0]


@pytest.mark.parametrize(
    "select", [lambda x, i: x[i], lambda x, i: x[i, None], lambda x, i: x[i] * x[i]]
)
def test_an_index_that_is_written_after_use(select):
    x = leaf([1.0, 2.0, 3.0])
    index = ad.tensor([0, 1])
    y = select(x, index).sum()
    expected = ad.grad(y, x, retain_graph=True)[0].tolist()
    index[0] = 2
    try:
        (g,) = ad.grad(y, x)
    except RuntimeError as error:
        assert "changed in place" in str(error)  # noqa: PT017
    else:
        assert g.tolist() == expected


def test_a_mask_that_is_written_after_use():
    x = leaf([1.0, 2.0, 3.0])
    mask = ad.tensor([True, False, True])
    y = x[mask].sum()
    mask[1] = True
    try:
        y.backward()
    except RuntimeError as error:
        assert "changed in place" in str(error)  # noqa: PT017
    else:
        assert x.grad.tolist() == [1.0, 0.0, 1.0]


# The counters


def test_version_counts_writes_of_the_shared_memory():
    x = ad.zeros(4)
    view = x[1:3]
    assert (x._version, view._version) == (0, 0)
    x.add_(1)
    view.mul_(2)
    x[0] = 1.0
    assert (x._version, view._version, view.reshape(2, 1)._version) == (3, 3, 3)


def test_a_copy_starts_anew():
    x = ad.zeros(4)
    x.add_(1)
    assert x.clone()._version == 0


def test_counters_go_away_with_the_memory():
    gc.collect()
    before = len(versions._writes)
    xs = [ad.zeros(2).add_(1) for _ in range(100)]
    assert len(versions._writes) == before + 100
    del xs
    assert len(versions._writes) == before


def test_reused_memory_has_no_past():
    for _ in range(200):  # CPython gives the freed object's address to the next one
        x = ad.zeros(2)
        assert x._version == 0
        x.add_(1)
        del x


def test_numpy_arrays_share_their_version():
    array = np.zeros(3)
    a, b = ad.from_numpy(array), ad.from_numpy(array)
    a.add_(1)
    assert b._version == 1


def test_writes_from_several_threads_are_all_counted():
    x = ad.zeros(1)

    def work():
        for _ in range(500):
            x.add_(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert x._version == 2000
