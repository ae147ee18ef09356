"""Ranges are cut without gap or overlap, errors come back, and forked processes work."""

from __future__ import annotations

import threading

import pytest
from processes import run_python

from autodiff import kernels

threads = kernels.threads


@pytest.fixture
def four_threads(monkeypatch):
    before = kernels.get_num_threads()
    monkeypatch.setattr(threads, "WORTH_A_THREAD", 10)
    kernels.set_num_threads(4)
    yield
    kernels.set_num_threads(before)


@pytest.mark.usefixtures("four_threads")
@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 100])
@pytest.mark.parametrize("work", [0, 15, 25, 1000])
def test_ranges_cover_everything(count, work):
    ranges = []
    threads.split(lambda begin, end: ranges.append((begin, end)), (), count, work)
    assert len(ranges) == max(1, min(4, count, work // 10))
    assert [i for begin, end in sorted(ranges) for i in range(begin, end)] == list(range(count))


@pytest.mark.usefixtures("four_threads")
def test_ranges_run_at_the_same_time():
    meeting = threading.Barrier(4, timeout=30)
    threads.split(lambda begin, end: meeting.wait(), (), 4, 1000)
    assert meeting.n_waiting == 0


@pytest.mark.usefixtures("four_threads")
@pytest.mark.parametrize("where", [0, 3])
def test_errors_come_back(where):
    def fail(begin, end):
        if begin == where:
            raise KeyError(begin)

    with pytest.raises(KeyError):
        threads.split(fail, (), 4, 1000)


def test_number_of_threads():
    before = kernels.get_num_threads()
    assert before >= 1
    with pytest.raises(ValueError, match="0 is less than 1"):
        kernels.set_num_threads(0)
    assert kernels.get_num_threads() == before


def test_number_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3,1")
    code = "from autodiff import kernels; print(kernels.get_num_threads())"
    assert run_python(code) == "3\n"


@pytest.mark.skipif("not hasattr(__import__('os'), 'fork')")
def test_after_a_fork():
    code = """
        import os, warnings
        warnings.simplefilter("ignore")  # Python warns of threads at a fork
        from autodiff.kernels import threads
        threads.WORTH_A_THREAD = 1
        threads.set_num_threads(2)
        done = []
        threads.split(lambda begin, end: done.append(end), (), 2, 100)
        child = os.fork()
        if child == 0:
            threads.split(lambda begin, end: done.append(end), (), 2, 100)
            os._exit(len(done))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """
    assert run_python(code) == "4\n"
