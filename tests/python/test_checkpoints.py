# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""A folder of checkpoints holds one training, whole, and an earlier one until that has started."""

import signal
import subprocess
import time

import numpy as np
from conftest import NETWORK, complaint

TRAIN = ["train", *NETWORK, "--checkpoints", "steps"]


def names(data):
    return sorted(path.name for path in (data / "steps").iterdir())


def test_checkpoints_of_an_earlier_run_are_not_mixed_in(run, data):
    train = [*TRAIN, "--overwrite", "--quiet"]
    assert run(*train, "--iterations", "12", "--tolerance", "0").returncode == 0
    assert run(*train, "--iterations", "3", "--seed", "9", "--every", "2").returncode == 0
    assert names(data) == ["step-00000.npz", "step-00002.npz", "step-00003.npz"]
    (data / "steps" / "other.npz").write_bytes((data / "weights.npz").read_bytes())
    assert "other.npz: is no checkpoint" in complaint(run(*train), 1)
    (data / "steps" / "other.npz").unlink()
    start = ["--weights", "steps/step-00002.npz"]
    assert "which is read" in complaint(run(*train, *start), 2)
    assert len(list((data / "steps").iterdir())) == 3


def test_checkpoints_hold_the_start_and_the_end(run, data):
    np.savez(data / "start.npz", theta=np.linspace(-1, 1, 26))
    arguments = ["--weights", "start.npz", "--checkpoints", "steps", "--every", "5"]
    arguments += ["--iterations", "13", "--tolerance", "0"]
    assert run("train", *NETWORK, *arguments).returncode == 0
    steps = names(data)
    assert steps == [f"step-{step:05}.npz" for step in (0, 5, 10, 13)]
    first, last = (np.load(data / "steps" / steps[k])["theta"] for k in (0, -1))
    np.testing.assert_array_equal(first, np.linspace(-1, 1, 26))
    np.testing.assert_array_equal(last, np.load(data / "weights.npz")["theta"])


def test_a_start_that_fails_leaves_an_earlier_training_alone(run, data):
    assert run(*TRAIN, "--iterations", "3", "--tolerance", "0").returncode == 0
    before = {name: (data / "steps" / name).read_bytes() for name in names(data)}
    huge = ["--init", "normal:1e200", "--activation", "relu"]
    line = complaint(run(*TRAIN, "--overwrite", *huge), 1)
    assert "the loss is not finite at the starting weights" in line
    assert before == {name: (data / "steps" / name).read_bytes() for name in names(data)}
    elsewhere = ["train", *NETWORK, *huge, "--checkpoints", "new", "--output", "n.npz"]
    assert "not finite" in complaint(run(*elsewhere), 1)
    assert not (data / "new").exists()


def test_what_a_killed_training_leaves_blocks_no_other(run, data):
    (data / "steps").mkdir()
    (data / "steps" / ".step-00002.999.npz").write_bytes(b"PK half of it")
    (data / "steps" / ".training.lock").touch()
    assert run(*TRAIN, "--iterations", "1").returncode == 0
    assert names(data) == ["step-00000.npz", "step-00001.npz"]
    (data / "steps" / ".step-00002.999.npz").write_bytes(b"PK half of it")
    (data / "steps" / ".other.npz").write_text("not a checkpoint, and not taken for one")
    assert run(*TRAIN, "--iterations", "1", "--overwrite").returncode == 0
    assert names(data) == [".other.npz", "step-00000.npz", "step-00001.npz"]


def test_a_folder_that_another_training_writes_is_refused(run, program, data, digits):
    first = subprocess.Popen(
        [program, "train", "--mlp", "64-128-128-10", "--data", digits, "--tolerance"]
        + ["0", "--iterations", "100000", "--checkpoints", "steps"],
        cwd=data,
        stderr=subprocess.DEVNULL,
    )
    try:
        patience = time.monotonic() + 60
        while not (data / "steps" / "step-00000.npz").exists():
            assert time.monotonic() < patience and first.poll() is None
            time.sleep(0.01)
        line = complaint(run(*TRAIN, "--overwrite"), 1)
        assert "steps: is in use: another training keeps its checkpoints there" in line
        assert (data / "steps" / "step-00000.npz").exists()
    finally:
        first.send_signal(signal.SIGINT)
        first.wait()
    assert run(*TRAIN, "--overwrite", "--iterations", "1").returncode == 0
    assert names(data) == ["step-00000.npz", "step-00001.npz"]
