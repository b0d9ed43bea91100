# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Where memory runs out, one line says what this command could be asked less of."""

import os
import resource

import pytest
from conftest import complaint

NETWORK = ["--mlp", "64-512-10"]
LANDSCAPE = ["--landscape", "xy"]
SMALLER = "--samples, a smaller network"

# What needs more than the 700 MB below, and what to ask less of.
TOO_MUCH = [
    (["grid", *LANDSCAPE, "--x", "0:1:9000"], "--x, --y"),
    (["grid", *NETWORK, "--x", "0:1:9000"], f"--x, --y, {SMALLER}"),
    (["compare", *LANDSCAPE, "--with", "cpu", "--x", "0:1:9000"], "--x, --y"),
    (["segments", *LANDSCAPE, "--region", "box:1", "--count", "1000000"], "--points, --count"),
    (["train", "--mlp", "64-20000-10", "--iterations", "3"], f"--starts, {SMALLER}"),
    (["train", *NETWORK, "--starts", "300", "--iterations", "3"], f"--starts, {SMALLER}"),
    (["convexify", *NETWORK, "--starts", "400"], f"--points, --starts, {SMALLER}"),
]


@pytest.mark.parametrize(("arguments", "less"), TOO_MUCH, ids=lambda value: str(value)[:60])
def test_the_line_names_what_this_command_could_be_asked_less_of(
    run, tmp_path, digits, arguments, less
):
    def limit_memory():
        resource.setrlimit(resource.RLIMIT_AS, (700_000_000, 700_000_000))

    data = ["--data", digits] if "--mlp" in arguments else []
    alone = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }  # others reserve, too
    result = run(*arguments, *data, preexec_fn=limit_memory, env=alone)
    line = complaint(result, 1)
    assert line == f"convexscan: there is not enough memory; ask for less: {less}"
    assert os.listdir(tmp_path) == []
