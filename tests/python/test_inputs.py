# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""numpy reads what convexscan writes, and the files under tests/data are what their scripts write.

python3 -m pytest tests/python        (CONVEXSCAN_BIN names another program)
"""

import pathlib
import subprocess

import numpy as np
import pytest
from conftest import built

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"


def test_numpy_reads_what_is_written(tmp_path):
    program = built("convexscan-write-npz")
    subprocess.run([program, tmp_path / "a.npz", tmp_path / "w.npz"], check=True)
    values = np.array([0, 1, 2, 3, 4, 0.1])
    with np.load(tmp_path / "a.npz") as arrays:
        assert arrays.files == ["matrix", "cube", "number", "nothing"]
        np.testing.assert_array_equal(arrays["matrix"], values.reshape(2, 3))
        np.testing.assert_array_equal(arrays["cube"], values.reshape(1, 3, 2))
        assert arrays["number"].shape == () and arrays["number"] == 0.1
        assert arrays["nothing"].shape == (0, 4)
        assert arrays["matrix"].dtype == np.float64
    with np.load(tmp_path / "w.npz") as weights:
        np.testing.assert_array_equal(weights["theta"], values)
        np.testing.assert_array_equal(weights["loss"], [0.25])


@pytest.fixture(scope="module")
def python_with(peers):
    """What finds the peers of the benchmark their Python: PyTorch is Debian's, not in .venv."""
    return peers.python_with


def test_a_python_is_taken_only_with_all_modules(python_with):
    assert python_with("json", "numpy") is not None
    assert python_with("json", "no_such_module") is None


@pytest.mark.parametrize(
    "script, modules",
    [
        ("export_numpy", ["numpy"]),
        ("export_sklearn", ["sklearn", "skl2onnx"]),
        ("export_torch", ["torch", "numpy"]),  # larger than all the rest together
        ("export_dynamo", ["torch", "numpy", "onnx", "onnxscript"]),
    ],
)
def test_fixtures_are_what_their_script_writes(tmp_path, python_with, script, modules):
    python = python_with(*modules)
    if python is None and "torch" in modules:
        pytest.skip(f"no Python has {', '.join(modules)}")
    assert python is not None
    subprocess.run([python, ROOT / "tests" / "python" / f"{script}.py", tmp_path], check=True)
    written = sorted(tmp_path.iterdir())
    assert written
    for file in written:
        assert (DATA / file.name).exists(), f"{file.name} is not in tests/data"
        if file.suffix != ".npz" or file.name == "numpy-objects.npz":
            continue
        with np.load(file) as fresh, np.load(DATA / file.name) as stored:
            assert fresh.files == stored.files
            for key in fresh.files:
                # Other versions of a framework may train or round a little differently.
                np.testing.assert_allclose(
                    fresh[key], stored[key], rtol=1e-6, err_msg=f"{file.name} {key}"
                )
