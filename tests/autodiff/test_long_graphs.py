"""Long graphs, and several at a time: no recursion, linear work, memory that returns, threads."""

import sys
import threading

import numpy as np
import pytest
from processes import run_python

import autodiff as ad


def leaf(data, dtype=np.float64):
    return ad.tensor(np.asarray(data, dtype), requires_grad=True)


def same(tensor, expected):
    np.testing.assert_allclose(tensor.detach().numpy(), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_chain_of_a_million_operations():
    out = run_python(
        """
        import gc, resource
        import autodiff as ad

        def resident():
            with open("/proc/self/statm") as f:
                return int(f.read().split()[1]) * resource.getpagesize()

        def chain(count):
            x = ad.tensor(1.0, requires_grad=True)
            y = x
            for _ in range(count // 2):
                y = (y + 1.0) * 1.0
            top = resident()
            y.backward()
            assert x.grad.item() == 1.0
            return top

        gc.disable()
        chain(1000)
        before = resident()
        top = chain(1_000_000)
        after = resident()
        print(top - before, after - before)
        """
    )
    grown, left = map(int, out.split())
    assert grown > 100e6
    assert left < 0.2 * grown


def _calls(function):
    count = 0

    def profile(frame, event, argument):
        nonlocal count
        count += 1

    sys.setprofile(profile)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count


def test_work_grows_in_proportion_to_the_graph():
    def work(count):
        x = leaf(1.0)
        y = x
        for _ in range(count):
            y = y * x + y
        y.backward()

    work(10)
    assert _calls(lambda: work(2000)) < 2.1 * _calls(lambda: work(1000))


def test_indexing_in_a_loop_is_not_quadratic():
    sizes = []

    def work(count):
        x = leaf(np.ones(count))
        total = 0.0
        for i in range(count):
            total = total + x[i]
        allocated = sys.getallocatedblocks()
        total.backward()
        sizes.append(sys.getallocatedblocks() - allocated)
        same(x.grad, np.ones(count))

    assert _calls(lambda: work(800)) < 2.1 * _calls(lambda: work(400))


def test_threads_run_backward_independently():
    def work(seed, results):
        random = np.random.default_rng(seed)
        for _ in range(20):
            x = leaf(random.standard_normal(50))
            y = x
            for _ in range(20):
                y = ad.exp(y * 0.1) + x
            y.sum().backward()
            results.append(x.grad.numpy())

    alone: list = [[], []]
    together: list = [[], []]
    for seed in (0, 1):
        work(seed, alone[seed])
    threads = [threading.Thread(target=work, args=(s, together[s])) for s in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for a, b in zip(alone, together, strict=True):
        np.testing.assert_array_equal(a, b)
