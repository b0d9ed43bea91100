# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""What the tests of the command line share."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scenes

REPOSITORY = Path(__file__).resolve().parents[2]

NETWORK = ["--mlp", "3-4-2", "--data", "data.npz"]


def built(name):
    """The path of a program, which must be there: a test that is skipped finds nothing."""
    path = Path(os.environ.get("CONVEXSCAN_BIN", REPOSITORY / "build/release/convexscan"))
    path = path.with_name(name)
    assert path.exists(), f"{path} is not built; build it or set CONVEXSCAN_BIN"
    return str(path)


def complaint(result, code):
    """The one line that a failed run prints."""
    assert result.returncode == code, result.stderr
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("convexscan: ")
    return lines[0]


@pytest.fixture(scope="session")
def digits():
    return REPOSITORY / "examples" / "digits.npz"


@pytest.fixture(scope="session")
def program():
    return built("convexscan")


@pytest.fixture
def run(program, tmp_path):
    """Runs convexscan in an empty folder; gives exit code, stdout and stderr."""

    def call(*arguments, **options):
        return subprocess.run(
            [program, *map(str, arguments)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            **options,
        )

    return call


@pytest.fixture
def data(tmp_path):
    """The empty folder, with twenty samples for NETWORK."""
    random = np.random.default_rng(1)
    np.savez(
        tmp_path / "data.npz",
        x=random.normal(size=(20, 3)),
        y=random.integers(0, 2, 20),
    )
    return tmp_path


@pytest.fixture
def bench(tmp_path):
    """Runs convexscan-bench in an empty folder, on the processor if nothing else is said."""
    path = built("convexscan-bench")

    def call(*arguments, **options):
        device = [] if "--device" in arguments else ["--device", "cpu"]
        return subprocess.run(
            [path, *device, *map(str, arguments)], cwd=tmp_path, capture_output=True,
            text=True, timeout=120, env=os.environ | {"OMP_NUM_THREADS": "1"}, **options,
        )  # fmt: skip

    return call


@pytest.fixture
def scan(tmp_path):
    """A result to draw, made without the program."""
    path = tmp_path / "scan.nc"
    scenes.rosenbrock(21, 17).to_netcdf(path)
    return path


@pytest.fixture(scope="session")
def peers():
    """bench/peers/run.py as a module."""
    sys.path.insert(0, str(REPOSITORY / "bench/peers"))  # as for a program that is run there
    spec = importlib.util.spec_from_file_location("race", REPOSITORY / "bench/peers/run.py")
    run = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(run)
    return run
