"""Files in MNIST's IDX format, plain or gzipped, read with every mistake named.

Format: http://yann.lecun.com/exdb/mnist/ -- two zero bytes, a type code, the number of axes, each size as a
big-endian 32-bit integer, then the elements.
"""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import numpy as np

__all__ = ["find", "read_idx", "read_mnist"]

_DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_LARGEST = 1 << 33  # bytes: a damaged header must not ask for all memory


def read_idx(path: str | Path) -> np.ndarray:
    """Read one IDX file.

    Parameters
    ----------
    path : path
        Gzipped where the name ends in ``.gz`` or the content says so.

    Returns
    -------
    numpy.ndarray
        In native byte order.

    Raises
    ------
    FileNotFoundError
        Where there is no such file.
    ValueError
        For a damaged or truncated file; the message names the file and what is wrong.
    """
    path = Path(path)
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise FileNotFoundError(f"{path}: no such file") from None
    if raw[:2] == b"\x1f\x8b":
        try:
            raw = gzip.decompress(raw)
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError(f"{path}: damaged gzip file ({error})") from None
    elif path.suffix == ".gz":
        raise ValueError(f"{path}: named .gz, but it is not a gzip file")
    if len(raw) < 4:
        raise ValueError(f"{path}: {len(raw)} bytes are too few for an IDX header")
    if raw[0] or raw[1] or raw[2] not in _DTYPES:
        magic = int.from_bytes(raw[:4], "big")
        raise ValueError(f"{path}: not an IDX file (it starts with the number {magic})")
    dtype, axes = np.dtype(_DTYPES[raw[2]]), raw[3]
    start = 4 + 4 * axes
    if len(raw) < start:
        raise ValueError(f"{path}: the header names {axes} axes but ends after {len(raw)} bytes")
    shape = tuple(int.from_bytes(raw[i : i + 4], "big") for i in range(4, start, 4))
    expected = math.prod(shape) * dtype.itemsize
    if expected > _LARGEST:
        raise ValueError(f"{path}: the header names the impossible shape {shape}")
    if len(raw) - start != expected:
        problem = "truncated" if len(raw) - start < expected else "too long"
        raise ValueError(
            f"{path}: {problem}: shape {shape} needs {expected} bytes, the file has {len(raw) - start}"
        )
    array = np.frombuffer(raw, dtype, offset=start).reshape(shape)
    return array.astype(dtype.newbyteorder("="))


def find(folder: str | Path, stem: str) -> Path:
    """Return the file called `stem` in `folder`, with or without ``.gz``."""
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: no such folder")
    for name in (
        stem,
        f"{stem}.gz",
        stem.replace("-idx", ".idx"),
        stem.replace("-idx", ".idx") + ".gz",
    ):
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(f"{folder}: neither {stem} nor {stem}.gz is there")


def read_mnist(folder: str | Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Read the images and labels of one part, ``"train"`` or ``"t10k"``, checked against each other.

    Returns
    -------
    images : uint8 array of shape (N, H, W)
    labels : uint8 array of shape (N,)
    """
    image_path = find(folder, f"{part}-images-idx3-ubyte")
    label_path = find(folder, f"{part}-labels-idx1-ubyte")
    images, labels = read_idx(image_path), read_idx(label_path)
    for path, array, axes in ((image_path, images, 3), (label_path, labels, 1)):
        if array.ndim != axes or array.dtype != np.uint8:
            raise ValueError(
                f"{path}: expected {axes} axes of unsigned bytes, got {array.ndim} of {array.dtype}"
            )
    if len(images) != len(labels):
        raise ValueError(
            f"{image_path} holds {len(images)} images, but {label_path} {len(labels)} labels"
        )
    if not len(images):
        raise ValueError(f"{image_path}: there are no images in it")
    return images, labels
