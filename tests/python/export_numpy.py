# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Writes [[0, 1, 2], [3, 4, 5]] in every type and order that numpy's files have.

python3 tests/python/export_numpy.py [FOLDER]
"""

import pathlib
import sys

import numpy as np

TYPES = "f8 f4 f2 i1 i2 i4 i8 u1 u2 u4 u8 >f8 >f4 >f2 >i2 >i4 >i8 >u2".split()


def arrays():
    values = np.arange(6).reshape(2, 3)
    for kind in TYPES:
        name = kind.replace(">", "big_")
        yield name, values.astype(kind)
        yield f"{name}_fortran", np.asfortranarray(values.astype(kind))
        yield f"{name}_view", np.arange(12).astype(kind).reshape(2, 6)[:, ::2] // 2


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "tests/data")
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "numpy-stored.npz", **dict(arrays()))
    np.savez_compressed(folder / "numpy-deflated.npz", **dict(arrays()))
    np.savez(
        folder / "numpy-objects.npz",
        x=np.array([[1], [2, 3]], dtype=object),
        y=np.array(["a", "b"]),
    )


if __name__ == "__main__":
    main()
