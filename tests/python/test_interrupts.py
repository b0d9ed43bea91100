# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Ctrl-C ends every command within about a second, and leaves no broken file."""

import os
import signal
import subprocess
import time

import pytest

# One thread, so that the time of the process is the time that passes where nothing else runs.
ALONE = {**os.environ, "OMP_NUM_THREADS": "1"}


def seconds_of(process):
    """Processor time so far: user and system, as proc(5) has them."""
    with open(f"/proc/{process.pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def interrupt(program, folder, arguments, ready):
    """Starts the program and sends Ctrl-C when ready(process) says so. Gives the exit code, stderr
    and the processor time that it still took."""
    process = subprocess.Popen(
        [program, *map(str, arguments)],
        cwd=folder,
        env=ALONE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + 120
    while not ready(process) and time.monotonic() < end:
        assert process.poll() is None, f"ended by itself: {process.stderr.read()}"
        time.sleep(0.02)
    before = seconds_of(process)
    process.send_signal(signal.SIGINT)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    with process.stderr as errors:
        return process.returncode, errors.read(), usage.ru_utime + usage.ru_stime - before


def after(seconds):
    return lambda process: seconds_of(process) > seconds


DIGITS_BOX = ["--mlp", "64-16-10", "--samples", "1797", "--region", "box:1"]

# What takes long, and when it is in the midst of it.
LONG = {
    "grid": (["grid", "--mlp", "64-128-128-10", "--x", "-1:1:301"], 1.0),
    "grid of eigenvalues": (
        ["grid", "--mlp", "64-16-10", "--quantities", "min_eigenvalue,max_eigenvalue"],
        1.5,
    ),
    # Parts of the work that take longer than anybody waits.
    "eigenvectors of a wide network": (
        ["grid", "--mlp", "64-2048-10", "--directions", "eigen"],
        1.0,
    ),
    "verdict of a wide network": (
        ["grid", "--mlp", "64-2048-512-10", "--quantities", "verdict", "--x", "0:0:1"],
        2.0,
    ),
    "a step of training a wide network": (["train", "--mlp", "64-2048-2048-10"], 1.0),
    "the last point of a grid": (
        ["grid", "--mlp", "64-32-10", "--quantities", "negative_count", "--x", "0:0:1"]
        + ["--y", "0:0:1", "--eigensolver", "cusolver"],
        0.3,
    ),
    "many segments": (["segments", *DIGITS_BOX, "--count", "100000"], 2.0),
    "one long segment": (
        ["segments", *DIGITS_BOX, "--count", "1", "--points", "1000000"],
        2.0,
    ),
    "training": (
        ["train", "--mlp", "64-128-128-10", "--tolerance", "0", "--iterations", "100000"],
        0.5,
    ),
    "many trainings": (
        ["train", "--mlp", "64-16-10", "--tolerance", "0", "--iterations", "100000"]
        + ["--starts", "32"],
        0.5,
    ),
    # Few steps of training, so that curvature is looked for when the interrupt comes.
    "search for curvature": (
        ["convexify", *DIGITS_BOX, "--iterations", "1", "--starts", "1"],
        2.0,
    ),
    "minimisation of convexify": (
        ["convexify", *DIGITS_BOX, "--tolerance", "0", "--iterations", "100000"],
        1.0,
    ),
}


@pytest.mark.parametrize("name", LONG)
def test_an_interrupt_ends_the_work_soon_and_leaves_no_file(program, tmp_path, digits, name):
    """What is waited for is a quarter of a second of losses, or one Hessian with its eigenvalues
    (of 1210 parameters, some 0.3 s), and nothing for more than a second; 3 s is what a slow machine
    may make of it."""
    arguments, begin = LONG[name]
    call = [*arguments, "--data", digits]
    code, errors, late = interrupt(program, tmp_path, call, after(begin))
    assert code == 1 and errors == "convexscan: interrupted; nothing was written\n"
    assert os.listdir(tmp_path) == []
    assert late <= 3.0


def test_the_convexity_gap_is_interrupted_too(program, tmp_path):
    # Long thin facets: the envelope takes many times longer than the scan.
    wide = ["--x=-1000:1000:2001", "--y=-1000:1000:2001"]
    call = ["grid", "--landscape", "rosenbrock", *wide]
    code, errors, late = interrupt(program, tmp_path, call, after(2.5))
    assert code == 1 and "interrupted" in errors
    assert os.listdir(tmp_path) == []
    assert late <= 3.0


def test_an_interrupted_training_says_what_it_left(program, tmp_path, digits):
    steps = tmp_path / "steps"
    call = ["train", "--mlp", "64-128-128-10", "--data", digits, "--tolerance", "0"]
    call += ["--iterations", "100000", "--checkpoints", "steps"]
    some = lambda _: steps.exists() and len(list(steps.iterdir())) > 2  # noqa: E731
    code, errors, _ = interrupt(program, tmp_path, call, some)
    assert code == 1 and "interrupted at step" in errors and "weights.npz was not written" in errors
    assert (steps / "step-00000.npz").exists() and os.listdir(tmp_path) == ["steps"]


def test_an_interrupted_export_leaves_no_file(program, run, tmp_path):
    assert run("grid", "--landscape", "xy", "--x", "0:1:1800").returncode == 0
    call = ["export", "scan.nc", "--output", "scan.csv"]
    code, errors, _ = interrupt(program, tmp_path, call, after(0.2))
    assert code == 1 and "interrupted; nothing was written" in errors
    assert os.listdir(tmp_path) == ["scan.nc"]


def test_an_interrupted_gallery_says_what_stays(program, tmp_path):
    folder = tmp_path / "gallery"
    some = lambda _: folder.exists() and any(p.name[0] != "." for p in folder.iterdir())  # noqa: E731
    code, errors, _ = interrupt(program, tmp_path, ["gallery", "--device", "cpu"], some)
    assert code == 1 and len(errors.splitlines()) == 1
    assert "interrupted; the files so far are in gallery" in errors
    assert "gallery.csv was not written" in errors
    assert any(folder.iterdir()) and not (folder / "gallery.csv").exists()
