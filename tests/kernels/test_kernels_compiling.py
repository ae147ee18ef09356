"""Compiling: for which CPU, what is kept on disk and who may share it, what the log says."""

from __future__ import annotations

import platform
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from processes import run_python

from autodiff import kernels

CALL = """
    import logging, sys
    import numpy as np
    from autodiff import kernels
    kernels.use("numba")

    def call(dtype):
        w, g = np.ones(3, dtype), np.arange(3.0).astype(dtype)
        kernels.sgd_step([w], [g], None, 0.5, 0.0, 0.0, 0.0, False, [False])
        print(w.dtype, *w)

    def log(level):
        logging.basicConfig(stream=sys.stdout, format="%(levelname)s %(name)s %(message)s")
        logging.getLogger("autodiff").setLevel(level)

    def loaded():
        from autodiff.kernels.update_jit import _sgd
        print(sum(_sgd.stats.cache_hits.values()))
"""
BOTH = "float32 1.0 0.5 0.0\nfloat64 1.0 0.5 0.0\n"


@pytest.mark.parametrize("locators", ["", "UserProvidedCacheLocator"])
def test_cache_folder_that_cannot_be_written(monkeypatch, tmp_path, locators):
    """With the second setting Numba has no other folder to fall back to, and the log says so once."""
    occupied = tmp_path / "file"
    occupied.write_text("")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(occupied / "folder"))
    monkeypatch.setenv("NUMBA_CACHE_LOCATOR_CLASSES", locators)
    printed = run_python(CALL + "    log('WARNING'); call('float32'); call('float64')").splitlines()
    assert printed[-2:] == BOTH.splitlines()
    warnings = printed[:-2]
    assert len(warnings) == (locators != "")
    assert all("set NUMBA_CACHE_DIR to one that can" in line for line in warnings)


def test_full_disk(monkeypatch, tmp_path):
    """What cannot be kept is used all the same."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    code = """
    from autodiff.kernels import cache
    def fail(*rest):
        raise OSError(28, "No space left on device")
    cache._Files._save_data = fail
    log("WARNING")
    call("float32")
    """
    first, second = run_python(CALL + code).splitlines()
    assert first.startswith("WARNING autodiff.kernels.cache")
    assert "No space left" in first
    assert second == "float32 1.0 0.5 0.0"


def test_compiled_functions_are_kept_on_disk(monkeypatch, tmp_path):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    code = CALL + "    call('float32'); call('float64'); loaded()"
    assert run_python(code) == BOTH + "0\n"
    assert run_python(code) == BOTH + "2\n"
    for path in tmp_path.rglob("*.nbc"):  # as if the machine had stopped while writing
        path.write_bytes(path.read_bytes()[:100])
    assert run_python(code) == BOTH + "0\n"


def test_processes_that_start_together_on_an_empty_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    orders = [("float32", "float64"), ("float64", "float32")] * 2
    codes = [textwrap.dedent(CALL) + f"for d in {order}: call(d)" for order in orders]
    started = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        for code in codes
    ]
    for process in started:
        printed, _ = process.communicate(timeout=300)
        assert sorted(printed.splitlines()) == BOTH.splitlines()
    assert run_python(CALL + "    call('float32'); call('float64'); loaded()") == BOTH + "2\n"


def test_the_log_says_what_is_compiled(monkeypatch, tmp_path):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    code = CALL + "    log('INFO'); call('float32')"
    lines = run_python(code).splitlines()
    assert "INFO autodiff.kernels.jit compiling _sgd (float32) ..." in lines
    assert any("compiling _sgd (float32) took" in line for line in lines)
    assert run_python(code) == "float32 1.0 0.5 0.0\n"


def test_without_a_log_nothing_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    code = textwrap.dedent(CALL) + "call('float32')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert (done.stdout, done.stderr) == ("float32 1.0 0.5 0.0\n", "")


def test_a_change_in_a_file_below_makes_another_name(monkeypatch, tmp_path):
    jit = pytest.importorskip("autodiff.kernels.jit")
    monkeypatch.setattr(jit, "_ROOT", tmp_path)
    (tmp_path / "sub").mkdir()
    top, below = tmp_path / "sub" / "top_jit.py", tmp_path / "below.py"
    top.write_text("from ..middle import f\n")
    (tmp_path / "middle.py").write_text("from . import below, other\nfrom .folder import f\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "__init__.py").write_text("from .inside import *\n")
    inside = tmp_path / "folder" / "inside.py"
    inside.write_text("1")

    def digest():
        jit._source.cache_clear()
        return jit._digest.__wrapped__(str(top))

    below.write_text("1")
    names = {digest()}
    below.write_text("2")
    names.add(digest())
    inside.write_text("2")
    names.add(digest())
    monkeypatch.setattr(jit, "VECTOR_BYTES", 8)
    names.add(digest())
    assert len(names) == 4


QUICK = ["adam_step", "conv_forward", "layer_norm_forward", "matmul", "max_pool_forward", "softmax"]


def test_what_is_compiled_is_loaded_without_the_rest_of_numba():
    """What Numba knows of NumPy, and SciPy's BLAS for it, comes only where something is compiled."""
    code = f"""
    import sys
    import numba
    import numpy as np
    from autodiff import kernels
    for name in {[*QUICK, "cross_entropy", "gelu"]}:
        kernel = kernels.KERNELS[name]
        for arguments in kernel.examples(np.dtype("float32")):
            kernel.compiled(*arguments)
    print("numba.np.arraymath" in sys.modules)
    print(numba.njit(lambda x: np.dot(x, x) + x.sum())(np.ones(3)))
    """
    run_python(code)
    assert run_python(code) == "False\n6.0\n"


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="names of x86 CPUs")
@pytest.mark.parametrize(("cpu", "width"), [("x86-64-v3", 32), ("x86-64", 16)])
def test_other_cpus(monkeypatch, cpu, width):
    """The cache on disk is the one that other tests use: CPUs must not be mixed up there."""
    monkeypatch.setenv("NUMBA_CPU_NAME", cpu)
    code = f"""
    import sys
    sys.path[:0] = {sys.path!r}
    import numpy as np
    from kernel_rows import all_rows
    from autodiff import kernels
    from autodiff.kernels import jit
    rows = all_rows()
    for name in {QUICK}:
        results = []
        for mode in ("numba", "numpy"):
            for arguments in rows[name](np.random.default_rng(0), np.dtype("float32"))[:1]:
                with kernels.use(mode):
                    result = kernels.KERNELS[name](*arguments)
                arrays = [arguments[0][0]] if result is None else result
                arrays = arrays if isinstance(arrays, (tuple, list)) else [arrays]
                results.append([np.asarray(a, float) for a in arrays if a is not None])
        for a, b in zip(*results, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)
    print(jit.VECTOR_BYTES)
    """
    assert run_python(code) == f"{width}\n"


@pytest.mark.parametrize("name", sorted(kernels.KERNELS))
def test_every_compiled_kernel_has_examples(name):
    """`warm_up` compiles what they run."""
    kernel = kernels.KERNELS[name]
    for dtype in (np.dtype(np.float32), np.dtype(np.float64)):
        examples = kernel.examples(dtype)
        assert bool(examples) == (kernel.compiled is not None)
        assert all(_dtype(arguments[0]) == dtype for arguments in examples)


def _dtype(first):
    return (first[0] if isinstance(first, list) else first).dtype
