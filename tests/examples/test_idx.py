"""The reader of IDX files: right on good ones, clear on bad ones."""

from __future__ import annotations

import gzip
import struct

import numpy as np
import pytest

from autodiff.examples.idx import read_idx, read_mnist


def _encoded(array: np.ndarray) -> bytes:
    codes = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}
    code = codes[array.dtype.str[1:]]
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "i4", "f4", "f8"])
@pytest.mark.parametrize("zipped", [False, True])
def test_round_trip(tmp_path, dtype: str, zipped: bool) -> None:
    array = np.arange(24).reshape(2, 3, 4).astype(dtype)
    path = tmp_path / "file"
    raw = _encoded(array)
    path.write_bytes(gzip.compress(raw, mtime=0) if zipped else raw)
    read = read_idx(path)
    assert read.dtype == array.dtype
    np.testing.assert_array_equal(read, array)


_GOOD = _encoded(np.zeros((2, 3, 3), np.uint8))


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "0 bytes are too few"),
        (b"\x00\x00\x08", "3 bytes are too few"),
        (b"hello world", "not an IDX file"),
        (b"\x00\x00\x07\x01" + bytes(8), "not an IDX file"),
        (_GOOD[:10], "the header names 3 axes but ends"),
        (_GOOD[:-1], "truncated"),
        (_GOOD + b"x", "too long"),
        (b"\x00\x00\x08\x03" + b"\xff" * 12, "impossible shape"),
        (gzip.compress(_GOOD, mtime=0)[:-12], "damaged gzip"),
        (gzip.compress(_GOOD, mtime=0)[:12] + b"\x00" * 20, "damaged gzip"),
    ],
)
def test_bad_files_are_named(tmp_path, raw: bytes, message: str) -> None:
    path = tmp_path / "images"
    path.write_bytes(raw)
    with pytest.raises(ValueError, match=message) as caught:
        read_idx(path)
    assert str(path) in str(caught.value)


def test_name_that_says_gzip_but_is_not(tmp_path) -> None:
    path = tmp_path / "images.gz"
    path.write_bytes(_GOOD)
    with pytest.raises(ValueError, match="not a gzip file"):
        read_idx(path)


def _write(folder, images: np.ndarray, labels: np.ndarray) -> None:
    (folder / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(_encoded(images)))
    (folder / "train-labels-idx1-ubyte").write_bytes(_encoded(labels))


def test_mnist_folder(tmp_path) -> None:
    images = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)
    _write(tmp_path, images, np.array([3, 7], np.uint8))
    read, labels = read_mnist(tmp_path, "train")
    np.testing.assert_array_equal(read, images)
    assert labels.tolist() == [3, 7]


def test_mnist_folder_that_does_not_fit(tmp_path) -> None:
    with pytest.raises(FileNotFoundError, match="no such folder"):
        read_mnist(tmp_path / "absent", "train")
    with pytest.raises(FileNotFoundError, match="neither train-images-idx3-ubyte nor"):
        read_mnist(tmp_path, "train")
    _write(tmp_path, np.zeros((2, 3, 3), np.uint8), np.zeros(3, np.uint8))
    with pytest.raises(ValueError, match=r"2 images.*3 labels"):
        read_mnist(tmp_path, "train")
    _write(tmp_path, np.zeros((2, 3), np.uint8), np.zeros(2, np.uint8))
    with pytest.raises(ValueError, match="expected 3 axes"):
        read_mnist(tmp_path, "train")
    _write(tmp_path, np.zeros((0, 3, 3), np.uint8), np.zeros(0, np.uint8))
    with pytest.raises(ValueError, match="no images"):
        read_mnist(tmp_path, "train")
