"""Work is shared out without gap or overlap, errors come back, and processes fork and end in peace."""

from __future__ import annotations

import os
import threading
import time

import numpy as np
import pytest
from processes import run_python

import autodiff as ad
from autodiff import kernels
from autodiff.kernels import blas

handoff = pytest.importorskip("autodiff.kernels.handoff")
jit = pytest.importorskip("autodiff.kernels.jit")
threads = kernels.threads


@jit.parallel
def count_visits(visits, begin, end):
    for i in range(begin, end):
        visits[i] += 1


@jit.parallel
def meet(address, wanted, begin, end):
    """Each chunk waits until `wanted` chunks are at work; if they never are, says so."""
    handoff.add(address, 0, 1)
    patience = 100_000_000
    while handoff.read(address, 0) < wanted and patience > 0:
        handoff.pause()
        patience -= 1
    if patience == 0:
        handoff.write(address, 1, 1)


@jit.parallel
def fail(sizes, where, begin, end):
    for i in range(begin, end):
        if i == where:
            raise KeyError("found it")
        sizes[i] = len(np.empty(sizes[i]))


@pytest.fixture
def use_threads(monkeypatch):
    before = kernels.get_num_threads()
    monkeypatch.setattr(threads, "WORTH_A_THREAD", 10)
    yield kernels.set_num_threads
    kernels.set_num_threads(before)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 100, 10_001])
@pytest.mark.parametrize("work", [0, 15, 25, 1000])
def test_everything_is_visited_once(use_threads, count, work):
    for number in (1, 4, 2, 8):
        use_threads(number)
        visits = np.zeros(count, np.int64)
        threads.split(count_visits, (visits,), count, work)
        assert (visits == 1).all()


def test_ten_thousand_small_jobs(use_threads):
    use_threads(3)
    visits, others = np.zeros(12, np.int64), np.zeros(5, np.int64)
    for _ in range(5000):
        threads.split(count_visits, (visits,), 12, 1000)
        threads.split(count_visits, (others,), 5, 1000)
    assert (visits == 5000).all()
    assert (others == 5000).all()


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="cores have numbers on Linux only")
def test_workers_that_slept_may_run_everywhere(use_threads):
    use_threads(3)
    visits = np.zeros(100, np.int64)
    for _ in range(5):
        time.sleep(0.02)  # longer than workers watch
        threads.split(count_visits, (visits,), len(visits), 10**6)
    time.sleep(0.1)
    workers = [t.native_id for t in threading.enumerate() if t.name == "autodiff"]
    assert len(workers) >= 2
    for worker in workers:
        assert os.sched_getaffinity(worker) == os.sched_getaffinity(0)


def test_chunks_run_at_the_same_time(use_threads):
    use_threads(2)
    words = np.zeros(2, np.int64)
    threads.split(meet, (words.ctypes.data, 2), 100, 1000)
    assert words[1] == 0


@pytest.mark.parametrize("number", [1, 4])
@pytest.mark.parametrize("where", [0, 50, 99])
def test_errors_come_back(use_threads, number, where):
    use_threads(number)
    sizes = np.ones(100, np.int64)
    with pytest.raises(KeyError, match="found it"):
        threads.split(fail, (sizes, where), 100, 1000)
    sizes[where] = 1 << 58  # elements that no memory has room for
    with pytest.raises(MemoryError):
        threads.split(fail, (sizes, -1), 100, 1000)
    sizes[where] = 3
    threads.split(fail, (sizes, -1), 100, 1000)
    assert sizes[where] == 3


def test_calls_from_several_threads(use_threads):
    use_threads(2)
    every = [np.zeros(1000, np.int64) for _ in range(4)]

    def call(visits):
        for _ in range(200):
            threads.split(count_visits, (visits,), 1000, 1000)

    callers = [threading.Thread(target=call, args=(visits,)) for visits in every]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert all((visits == 200).all() for visits in every)


def test_number_of_threads():
    before = ad.get_num_threads()
    assert before >= 1
    with pytest.raises(ValueError, match="at least 1 thread, got 0"):
        ad.set_num_threads(0)
    with pytest.raises(TypeError):
        ad.set_num_threads(1.5)
    assert ad.get_num_threads() == kernels.get_num_threads() == before


def test_numpy_uses_as_many(use_threads):
    library = blas.openblas()
    if library is None:
        pytest.skip("NumPy's BLAS is not the OpenBLAS of its wheels")
    for number in (1, 2, 1):
        use_threads(number)
        assert library.scipy_openblas_get_num_threads64_() == number


def test_number_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3,1")
    assert run_python("import autodiff; print(autodiff.get_num_threads())") == "3\n"


SHARED = """
    import os, signal, sys, threading, time
    import numpy as np
    from autodiff import kernels
    kernels.use("numba")
    kernels.threads.WORTH_A_THREAD = 1
    kernels.set_num_threads(2)
    w, g = np.zeros(100_000), np.ones(100_000)

    def step():
        kernels.sgd_step([w], [g], None, 1.0, 0.0, 0.0, 0.0, False, [False])

    step()
"""


@pytest.mark.skipif("not hasattr(__import__('os'), 'fork')")
def test_after_a_fork():
    code = """
    child = os.fork()
    step()
    print(w.min(), w.max(), flush=True)
    if child == 0:
        sys.exit(0)
    assert os.waitpid(child, 0)[1] == 0
    step()
    print(w.min(), w.max())
    """
    assert run_python(SHARED + code) == "-2.0 -2.0\n-2.0 -2.0\n-3.0 -3.0\n"


def test_the_end_of_a_process():
    """While workers watch, while they sleep, and while another thread shares out work."""
    for code in (
        "",
        "    time.sleep(0.01)\n",
        "    threading.Thread(target=lambda: [step() for _ in range(10**9)], daemon=True).start()\n",
    ):
        assert run_python(SHARED + code + "    print('done')") == "done\n"


@pytest.mark.skipif("not hasattr(__import__('signal'), 'setitimer')")
def test_interrupts():
    code = """
    def interrupt(*rest):
        raise KeyboardInterrupt

    signal.signal(signal.SIGALRM, interrupt)
    caught = 0
    for i in range(20):
        signal.setitimer(signal.ITIMER_REAL, 0.001 + 0.0001 * i)
        try:
            while True:
                step()
        except KeyboardInterrupt:
            caught += 1
    w[:] = 0
    step()
    print(caught, w.min(), w.max())
    """
    assert run_python(SHARED + code) == "20 -1.0 -1.0\n"
