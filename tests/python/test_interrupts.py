# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Ctrl-C ends every command within about a second, and leaves no broken file."""

import contextlib
import os
import signal
import subprocess
import threading
import time

import numpy as np
import pytest
from conftest import NETWORK

# One thread, so that the time of the process is the time that passes where nothing else runs.
ALONE = {**os.environ, "OMP_NUM_THREADS": "1"}


def seconds_of(process):
    """Processor time so far: user and system, as proc(5) has them."""
    with open(f"/proc/{process.pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def interrupt(program, folder, arguments, ready, stdout=subprocess.DEVNULL):
    """Starts the program and sends Ctrl-C when ready(process) says so. Gives the exit code, stderr
    and the processor time that it still took."""
    process = subprocess.Popen(
        [program, *map(str, arguments)],
        cwd=folder,
        env=ALONE,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + 120
    while not ready(process) and time.monotonic() < end:
        assert process.poll() is None, f"ended by itself: {process.stderr.read()}"
        time.sleep(0.02)
    before = seconds_of(process)
    process.send_signal(signal.SIGINT)
    too_late = threading.Timer(60, process.kill)
    too_late.start()
    _, status, usage = os.wait4(process.pid, 0)
    too_late.cancel()
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


def interrupt_twice(program, folder, digits, pause):
    """The exit code and stderr of a program in a matrix product that takes longer than the second
    until the last words."""
    call = ["grid", "--mlp", "64-4096-4096-10", "--data", digits, "--x", "0:0:1", "--y", "0:0:1"]
    process = subprocess.Popen(
        [program, *map(str, call)], cwd=folder, env=ALONE, stderr=subprocess.PIPE, text=True
    )
    ready = after(1.0)
    while not ready(process):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    time.sleep(pause)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert os.listdir(folder) == []
    return process.returncode, errors


WORDS = (1, "convexscan: interrupted; nothing was written\n")


@pytest.mark.parametrize("pause", [0.0, 0.05])
def test_an_interrupt_that_comes_twice_at_once_has_its_words(program, tmp_path, digits, pause):
    """timeout(1) signals the program and its group."""
    assert interrupt_twice(program, tmp_path, digits, pause) == WORDS


def test_a_second_interrupt_later_is_urgent(program, tmp_path, digits):
    """Who presses Ctrl-C again does not want to wait. A machine that is late with a signal by some
    tenths of a second makes them one, or lets the last words be first: nothing else is allowed, and
    not five times. A program that does not hear the second one never ends by a signal."""
    ends = []
    while len(ends) < 5 and (-signal.SIGINT, "") not in ends:
        ends.append(interrupt_twice(program, tmp_path, digits, 0.5))
    assert set(ends[:-1]) <= {WORDS}
    assert ends[-1] == (-signal.SIGINT, "")


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


def test_an_interrupt_before_the_first_checkpoint_leaves_no_folder(program, tmp_path):
    # The loss of the start takes 3e11 floating-point operations: seconds that nothing cuts short.
    random = np.random.default_rng(1)
    x, y = random.normal(size=(200000, 4)), random.integers(0, 10, 200000)
    np.savez(tmp_path / "data.npz", x=x, y=y)
    call = ["train", "--mlp", "4-800-800-10", "--data", "data.npz"]
    call += ["--checkpoints", "new/steps"]
    code, errors, _ = interrupt(program, tmp_path, call, after(1.2))
    assert code == 1 and errors == "convexscan: interrupted; nothing was written\n"
    assert os.listdir(tmp_path) == ["data.npz"]


@pytest.fixture
def full_pipe():
    """A stdout that takes nothing and whose reader does not read."""
    out, into = os.pipe()
    os.set_blocking(into, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(into, bytes(4096))
    os.set_blocking(into, True)
    yield into
    os.close(into)
    os.close(out)


FEW = ["--starts", "2", "--levels", "0", "--points", "8", "--descents", "1"]

# What has written its files and waits for stdout, by the last of them, and where it says they are.
WRITTEN = {
    "training": (["train"], "weights.npz", "the weights are in weights.npz"),
    "training with checkpoints": (
        ["train", "--checkpoints", "steps"],
        "weights.npz",
        "the weights are in weights.npz, the checkpoints in steps",
    ),
    "many trainings": (["train", "--starts", "2"], "weights.npz", "the weights are in weights.npz"),
    "grid": (["grid", "--x", "-1:1:3"], "scan.nc", "the result is in scan.nc"),
    "segments": (["segments", "--twin", "permute"], "segments.nc", "the result is in segments.nc"),
    "two files": (
        ["segments", "a.npz", "b.npz", "--align", "--aligned", "c.npz"],
        "c.npz",
        "the result is in segments.nc, the aligned weights in c.npz",
    ),
    "convexify": (["convexify", *FEW], "convexify.nc", "the result is in convexify.nc"),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_an_interrupt_after_the_last_file_says_where_it_is(program, data, full_pipe, name):
    for seed, end in enumerate("ab"):
        np.savez(data / f"{end}.npz", theta=np.random.default_rng(seed).normal(size=26))
    (command, *arguments), file, where = WRITTEN[name]
    call = [command, *NETWORK, *arguments]
    there = lambda _: (data / file).exists()  # noqa: E731
    code, errors, _ = interrupt(program, data, call, there, full_pipe)
    assert code == 1 and errors == f"convexscan: interrupted; {where}\n"


def test_an_interrupt_after_an_export_says_where_it_is(program, run, tmp_path, full_pipe):
    assert run("grid", "--landscape", "xy", "--x", "0:1:3").returncode == 0
    call = ["export", "scan.nc", "--output", "scan.csv"]
    there = lambda _: (tmp_path / "scan.csv").exists()  # noqa: E731
    code, errors, _ = interrupt(program, tmp_path, call, there, full_pipe)
    assert code == 1 and errors == "convexscan: interrupted; the export is in scan.csv\n"


def test_an_interrupt_after_the_gallery_says_where_it_is(program, tmp_path, full_pipe):
    call = ["gallery", "--device", "cpu", "--only", "1", "--no-pictures", "--count", "100"]
    there = lambda _: (tmp_path / "gallery" / "gallery.csv").exists()  # noqa: E731
    code, errors, _ = interrupt(program, tmp_path, call, there, full_pipe)
    assert code == 1 and errors.startswith("convexscan: interrupted; the results and gallery.csv")


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
