# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""A folder of checkpoints holds one training, whole, and an earlier one until that has started."""

import os
import signal
import subprocess
import time

import numpy as np
import pytest
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
    elsewhere = ["train", *NETWORK, *huge, "--checkpoints", "new/steps", "--output", "n.npz"]
    assert "not finite" in complaint(run(*elsewhere), 1)
    assert not (data / "new").exists()


@pytest.mark.parametrize(
    "output",
    ["steps/weights.npz", "./steps/../steps/step-00001.npz", "{data}/steps/w.npz", "out.npz"],
)
def test_an_output_among_the_checkpoints_is_refused(run, data, output):
    output = output.format(data=data)
    (data / "out.npz").symlink_to("steps/end.npz")
    call = ["train", *NETWORK, "--output", output, "--overwrite", "--checkpoints"]
    line = complaint(run(*call, "steps"), 2)
    assert f"--output {output}: is in the folder of --checkpoints" in line
    assert not (data / "steps").exists()
    (data / "steps").mkdir()
    (data / "link").symlink_to("steps")
    for folder in ("steps", "steps/", "./link"):
        assert "is in the folder of" in complaint(run(*call, folder), 2)
    assert names(data) == []
    assert "--output link/w.npz: is in" in complaint(run(*TRAIN, "--output", "link/w.npz"), 2)


def test_a_folder_called_like_a_step_is_refused(run, data):
    assert run(*TRAIN, "--iterations", "3", "--tolerance", "0").returncode == 0
    (data / "steps" / "step-00009.npz").mkdir()
    (data / "steps" / "step-00009.npz" / "mine").touch()
    before = names(data)
    line = complaint(run(*TRAIN, "--overwrite"), 1)
    assert "steps/step-00009.npz: is a folder and no checkpoint" in line
    assert names(data) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_all_checkpoints_stay_where_one_cannot_be_removed(run, program, data):
    assert run(*TRAIN, "--iterations", "9", "--tolerance", "0").returncode == 0
    steps = data / "steps"
    steps.chmod(0o1777)  # as /tmp: everybody removes his own files alone
    nobody = 65534
    os.chown(steps, nobody, nobody)
    os.chown(steps / "step-00004.npz", nobody, nobody)
    before = {name: (steps / name).read_bytes() for name in names(data)}
    powerless = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
    result = subprocess.run(
        [*powerless, program, *TRAIN, "--overwrite"], cwd=data, capture_output=True, text=True
    )
    line = complaint(result, 1)
    assert "step-00004.npz: cannot be removed" in line and "are as they were" in line
    assert before == {name: (steps / name).read_bytes() for name in names(data)}


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
