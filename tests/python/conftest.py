# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""What the tests of the command line share."""

import os
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def digits():
    return REPOSITORY / "examples" / "digits.npz"


@pytest.fixture(scope="session")
def program():
    path = os.environ.get("CONVEXSCAN_BIN", str(REPOSITORY / "build/release/convexscan"))
    if not Path(path).exists():
        pytest.skip(f"{path} is not built")
    return path


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
