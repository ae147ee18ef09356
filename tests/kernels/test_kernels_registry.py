"""The dispatcher: which version of a kernel runs, and what is imported for it."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from processes import run_python

from autodiff import kernels

NUMPY_ONLY = """
    import sys
    import numpy as np
    from autodiff import kernels
    x = np.ones((2, 1, 8, 8), np.float32)
    kernels.conv_forward(x, np.ones((3, 1, 3, 3), np.float32))
    kernels.max_pool_forward(x, (2, 2), (2, 2))
    kernels.erf(x)
    print("numba" in sys.modules)
"""


def _kernel(prefer=0, compiled="conv.convolution_jit"):
    def double(x, flag=False):
        return "reference"

    made = kernels.Kernel(double, compiled, prefer)
    made._compiled = lambda x, flag=False: "compiled"
    return made


def test_import_leaves_numba_alone():
    assert run_python("import sys, autodiff.kernels; print('numba' in sys.modules)") == "False\n"


def test_numba_is_never_imported_with_numpy_kernels(monkeypatch):
    monkeypatch.setenv("AUTODIFF_KERNELS", "numpy")
    assert run_python(NUMPY_ONLY) == "False\n"


def test_numba_is_imported_at_first_use(monkeypatch):
    monkeypatch.setenv("AUTODIFF_KERNELS", "auto")
    assert run_python(NUMPY_ONLY) == "True\n"


@pytest.mark.parametrize("mode", ["auto", "numpy", "numba"])
def test_numba_switched_off_means_numpy(monkeypatch, mode):
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    monkeypatch.setenv("AUTODIFF_KERNELS", mode)
    assert run_python(NUMPY_ONLY) == "False\n"
    asked = NUMPY_ONLY.replace("x = np", f"kernels.use({mode!r}); x = np")
    assert run_python(asked) == "False\n"


def test_wrong_word_in_the_environment(monkeypatch):
    monkeypatch.setenv("AUTODIFF_KERNELS", "fast")
    with pytest.raises(AssertionError, match=r"AUTODIFF_KERNELS.*'fast' is not one of 'auto'"):
        run_python("import autodiff.kernels")


def test_use_switches_and_restores():
    before = kernels.mode()
    with kernels.use("numpy"):
        assert kernels.mode() == "numpy"
        with kernels.use("numba"):
            assert kernels.mode() == "numba"
        assert kernels.mode() == "numpy"
    assert kernels.mode() == before
    with pytest.raises(KeyError), kernels.use("numpy"):
        raise KeyError
    assert kernels.mode() == before


def test_use_without_with_stays():
    before = kernels.mode()
    kernels.use("numba")
    assert kernels.mode() == "numba"
    kernels.use(before)
    assert kernels.mode() == before


def test_use_refuses_another_word():
    before = kernels.mode()
    with pytest.raises(ValueError, match="'cuda' is not one of 'auto', 'numpy', 'numba'"):
        kernels.use("cuda")
    assert kernels.mode() == before


def test_dispatch():
    x = np.ones(3)
    asked = []
    kernel = _kernel(prefer=lambda x, flag=False: asked.append(flag) or flag)
    with kernels.use("auto"):
        assert kernel(x) == "reference"
        assert kernel(x, flag=True) == "compiled"
        assert _kernel()(x) == "compiled"
        assert [_kernel(prefer=n)(x) for n in (3, 4)] == ["compiled", "reference"]
        assert _kernel(compiled=None)(x) == "reference"
    assert asked == [False, True]
    with kernels.use("numba"):
        assert kernel(x) == "compiled"
        assert _kernel(compiled=None)(x) == "reference"
    with kernels.use("numpy"):
        assert kernel(x, flag=True) == "reference"
    assert len(asked) == 2


@pytest.mark.parametrize("dtype", [np.float16, np.int64, ">f4", bool])
def test_other_dtypes_go_to_the_reference(dtype):
    with kernels.use("numba"):
        assert _kernel()(np.ones(3, dtype)) == "reference"


@pytest.mark.parametrize("name", sorted(kernels.KERNELS))
def test_versions_take_the_same_arguments(name):
    kernel = kernels.KERNELS[name]
    assert getattr(kernels, name) is kernel
    assert kernel.__doc__
    if kernel.compiled is not None:
        signatures = [inspect.signature(f) for f in (kernel.reference, kernel.compiled)]
        ours, theirs = ([(p.name, p.default) for p in s.parameters.values()] for s in signatures)
        assert ours == theirs
