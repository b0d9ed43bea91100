# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Where memory runs out, one line says what this command could be asked less of."""

import os
import resource
import subprocess

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
    (["train", "--mlp", "64-100000-10", "--iterations", "3"], f"--starts, {SMALLER}"),
    (["train", *NETWORK, "--starts", "300", "--iterations", "3"], f"--starts, {SMALLER}"),
    (["convexify", *NETWORK, "--starts", "400"], f"--points, --starts, {SMALLER}"),
]


@pytest.mark.parametrize(("arguments", "less"), TOO_MUCH, ids=lambda value: str(value)[:60])
def test_the_line_names_what_this_command_could_be_asked_less_of(
    run, tmp_path, digits, arguments, less
):
    def limit_memory():
        # Not of addresses: those of CUDA's libraries alone are more.
        resource.setrlimit(resource.RLIMIT_DATA, (700_000_000, 700_000_000))

    data = ["--data", digits] if "--mlp" in arguments else []
    alone = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }  # others reserve, too
    result = run(*arguments, *data, "--device", "cpu", preexec_fn=limit_memory, env=alone)
    line = complaint(result, 1)
    assert line == f"convexscan: there is not enough memory; ask for less: {less}"
    assert os.listdir(tmp_path) == []


# Of each more than a hundred thousand GiB, whatever the machine.
ENDLESS = [
    ["--points", "99999999999999"],
    ["--descents", "2147483647", "--points", "9999999999999"],
    ["--starts", "2147483647"],
]


@pytest.mark.parametrize("asked", ENDLESS, ids=lambda value: value[0])
def test_a_search_that_no_machine_has_room_for_is_refused_at_once(run, tmp_path, digits, asked):
    def limit_memory():
        resource.setrlimit(resource.RLIMIT_DATA, (700_000_000, 700_000_000))

    result = run(
        "convexify", "--mlp", "64-3-10", "--data", digits, *asked, "--device", "cpu",
        preexec_fn=limit_memory, env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    line = complaint(result, 2)
    option, count = asked[-2:]
    assert line.startswith(f"convexscan: {option} {count}: needs about ")
    assert line.endswith("; use fewer") and os.listdir(tmp_path) == []


@pytest.mark.parametrize("megabytes", [20, 100, 140, 180, 260, 320, 400, 500, 700])
def test_too_little_for_blas_is_one_line_and_no_endless_wait(run, tmp_path, digits, megabytes):
    """OpenBLAS, denied its work space, would try again for ever, and at the end wait for threads
    that do. From less than a buffer of 128 MB, of which two threads have two, to enough."""

    def limit_memory():
        resource.setrlimit(resource.RLIMIT_DATA, (megabytes * 10**6, megabytes * 10**6))

    few = ["--x", "0:0:1", "--y", "0:0:1", "--quantities", "verdict", "--device", "cpu"]
    alone = {**os.environ, "OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}
    call = ["grid", "--mlp", "64-16-10", "--data", digits, *few]
    result = run(*call, preexec_fn=limit_memory, env=alone)
    if "cannot map" in result.stderr or "failed to map" in result.stderr:
        pytest.skip("not even the program's libraries fit")
    if result.returncode != 0:
        assert "there is not enough memory" in complaint(result, 1)
        assert os.listdir(tmp_path) == []
    assert result.returncode == 1 or megabytes > 2 * 128


def peak_bytes(program, folder, *arguments):
    """Of one run."""
    command = subprocess.Popen(
        [program, *map(str, arguments), "--quiet", "--overwrite"], cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    _, status, usage = os.wait4(command.pid, 0)
    assert status == 0
    return 1024 * usage.ru_maxrss


def test_more_points_need_no_more_memory_than_their_own_numbers(program, tmp_path, digits):
    """Neither a point's 235 parameters nor its 1300 activations of 100 samples outlive their tile.

    What a point keeps is 2 coordinates, its loss and convexity gap (as evaluated, in the table and
    as written: 6 numbers) and its share of the surface's hull, a few more: 16 leave room.
    """
    grid = ["grid", "--mlp", "64-3-10", "--data", digits, "--samples", "100"]
    few, many = (peak_bytes(program, tmp_path, *grid, "--x", f"-1:1:{n}") for n in (21, 201))
    assert many - few < 16 * 8 * (201**2 - 21**2)


@pytest.mark.parametrize(
    "asked",
    [
        ["--quantities", "min_eigenvalue,max_eigenvalue,negative_count,trace"],
        ["--quantities", "min_eigenvalue"],
        ["--quantities", "verdict"],
        ["--quantities", "min_eigenvalue", "--eigensolver", "lanczos"],
        ["--quantities", "verdict", "--eigensolver", "lanczos"],
    ],
    ids=" ".join,
)
def test_more_hessians_need_no_more_memory_than_what_is_said_of_them(
    program, tmp_path, digits, asked
):
    """A point's Hessian has 235² numbers, its eigenvectors and Lanczos' steps 235 each.

    What a point keeps is 2 coordinates and at most 4 quantities with 4 bounds and 2 counts, in the
    table and as written: 22 numbers, where 32 leave room. A MiB is for what the allocator keeps.
    """
    grid = ["grid", "--mlp", "64-3-10", "--data", digits, "--samples", "20", *asked]
    few, many = (peak_bytes(program, tmp_path, *grid, "--x", f"-1:1:{n}") for n in (11, 31))
    assert many - few < 32 * 8 * (31**2 - 11**2) + 2**20


def test_more_segments_need_no_more_memory_than_their_own_numbers(program, tmp_path, digits):
    """Where their ends, 2 · 910 numbers of each, are too many for a file, none outlive their turn.

    What a segment keeps are 3 numbers for each of 9 points, 3 places of a witness and 12 others,
    in columns that have room for twice as many while they grow, in the result and as written.
    """
    scan = ["segments", "--mlp", "64-12-10", "--data", digits, "--samples", "5",
            "--region", "box:1", "--points", "9"]  # fmt: skip
    few, many = (peak_bytes(program, tmp_path, *scan, "--count", n) for n in (5000, 15000))
    assert many - few < 4 * 8 * (3 * 9 + 3 + 12) * 10000
