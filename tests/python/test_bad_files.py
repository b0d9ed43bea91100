# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Files that cannot be used are named in one line that says what is wrong and what to do."""

import gzip
import os

import numpy as np
import onnx
import pytest
from conftest import NETWORK, REPOSITORY, complaint

FIXTURES = REPOSITORY / "tests" / "data"


def test_missing_and_unreadable_files_are_named(run, data):
    assert "nope.npz" in complaint(run("grid", "--mlp", "3-4-2", "--data", "nope.npz"), 1)
    assert "nope.onnx" in complaint(run("grid", "--model", "nope.onnx", "--data", "data.npz"), 1)
    (data / "bad.npz").write_bytes((data / "data.npz").read_bytes()[:100])
    assert "bad.npz" in complaint(run("grid", "--mlp", "3-4-2", "--data", "bad.npz"), 1)
    assert "data.npz" in complaint(run("info", "data.npz/x"), 1)
    assert "is a folder" in complaint(run("grid", "--mlp", "3-4-2", "--data", "."), 1)
    unreadable = "/proc/self/mem"  # for anybody, whatever the permissions
    for arguments in (
        ["--mlp", "3-4-2", "--data", unreadable],
        [*NETWORK, "--weights", unreadable],
        ["--model", unreadable, "--data", "data.npz"],
    ):
        line = complaint(run("grid", *arguments), 1)
        assert f"{unreadable}: cannot be read (Input/output error)" in line


def test_shapes_that_do_not_agree_are_named(run, data):
    assert "3 features" in complaint(run("grid", "--mlp", "4-2", "--data", "data.npz"), 1)
    np.savez(data / "w.npz", theta=np.zeros(5))
    message = complaint(run("grid", *NETWORK, "--weights", "w.npz"), 1)
    assert "(5,)" in message and "(26,)" in message
    np.savez(data / "labels.npz", x=np.zeros((3, 3)), y=[0, 1, 2])
    message = complaint(run("grid", "--mlp", "3-4-2", "--data", "labels.npz"), 1)
    assert "label 2 of sample 2" in message
    np.savez(data / "labels.npz", x=np.zeros((3, 3)), y=[0, 1, -1])
    message = complaint(run("grid", "--mlp", "3-4-2", "--data", "labels.npz"), 1)
    assert "label -1 of sample 2" in message and "take 0 to 1" in message
    np.savez(data / "short.npz", x=np.zeros((3, 3)), y=[0, 1])
    message = complaint(run("grid", "--mlp", "3-4-2", "--data", "short.npz"), 1)
    assert "3 samples" in message and "2; give one target a sample" in message
    np.savez(data / "tensors.npz", *(np.zeros(s) for s in [(4, 3), 4, (2, 4), 3]))
    message = complaint(run("grid", *NETWORK, "--weights", "tensors.npz"), 1)
    assert "(3,)" in message and "the biases of layer 2 have (2,)" in message
    np.savez(data / "c.npz", theta=np.zeros(5))
    centre = ["--penalty", "l2=1", "--penalty-center", "c.npz"]
    assert "(5,)" in complaint(run("grid", *NETWORK, *centre), 1)


def test_values_that_are_not_finite_are_refused(run, data):
    np.savez(data / "nan.npz", x=[[0, 0, np.nan]], y=[0])
    line = complaint(run("grid", "--mlp", "3-4-2", "--data", "nan.npz"), 1)
    assert "nan.npz[x]: NaN at row 0, column 2" in line
    np.savez(data / "nan.npz", x=np.zeros((2, 3)), y=[0, np.inf])
    assert "nan.npz[y]: " in complaint(run("grid", "--mlp", "3-4-2", "--data", "nan.npz"), 1)
    np.savez(data / "w.npz", theta=np.full(26, np.nan))
    assert "w.npz[theta]: NaN" in complaint(run("grid", *NETWORK, "--weights", "w.npz"), 1)


def test_a_missing_gpu_is_explained(run, data):
    devices = run("info").stdout
    if "no cuda" not in devices:
        pytest.skip("there is a GPU")
    assert "--device cpu" in complaint(run("grid", *NETWORK, "--device", "cuda"), 1)


def test_comparing_finds_a_missing_device_before_it_scans(run, data):
    if "no cuda" not in run("info").stdout:
        pytest.skip("there is a GPU")
    line = complaint(run("compare", *NETWORK, "--with", "cuda"), 1)
    assert "--with cuda: " in line and "use --with cpu" in line and "--device" not in line
    line = complaint(run("compare", *NETWORK, "--device", "cuda", "--with", "cpu"), 1)
    assert "--device cuda: " in line and "use --device cpu" in line
    line = complaint(run("compare", *NETWORK, "--with", "cpu:1"), 2)
    assert "--with cpu:1: only cuda takes a number" in line


def test_truncated_files_are_named_and_not_half_read(run, data):
    """At every one of some lengths: a file that is cut short never gives other numbers."""
    images = b"\0\0\x08\x03\0\0\0\x04\0\0\0\x01\0\0\0\x03" + bytes(range(12))
    labels = b"\0\0\x08\x01\0\0\0\x04\0\1\0\1"
    (data / "labels").write_bytes(labels)
    whole = {
        "x.onnx": (FIXTURES / "torch-relu.onnx").read_bytes(),
        "x.npz": (data / "data.npz").read_bytes(),
        "images": images,
        "images.gz": gzip.compress(images),
    }
    for name, content in whole.items():
        (data / name).write_bytes(content)
        call = {
            "x.onnx": ["--model", name, "--data", FIXTURES / "torch-relu.npz"],
            "x.npz": ["--mlp", "3-4-2", "--data", name],
        }.get(name, ["--mlp", "3-4-2", "--data", f"{name},labels"])
        good = run("grid", *call, "--x", "0:0:1", "--overwrite")
        assert good.returncode == 0, good.stderr
        for part in (1, len(content) // 3, len(content) - 1):
            (data / name).write_bytes(content[:part])
            assert name in complaint(run("grid", *call, "--overwrite"), 1)


def test_an_unsupported_operator_is_named_with_its_node(run, data):
    def tensor(name, shape):
        return onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)

    node = onnx.helper.make_node("Conv", ["x", "w"], ["y"], name="features.0")
    weights = onnx.numpy_helper.from_array(np.ones((1, 1, 2, 2), np.float32), "w")
    graph = onnx.helper.make_graph(
        [node], "g", [tensor("x", ["n", 1, 4, 4])], [tensor("y", ["n", 1, 3, 3])], [weights]
    )
    onnx.save(onnx.helper.make_model(graph), data / "conv.onnx")
    line = complaint(run("grid", "--model", "conv.onnx", "--data", "data.npz"), 1)
    assert 'conv.onnx: node "features.0" (Conv): this operator is not read' in line


def test_names_of_a_damaged_file_do_not_reach_the_terminal_as_they_are(run, data):
    """What is no UTF-8 has its bytes written out; what a terminal obeys is '?'."""
    whole = (FIXTURES / "torch-elu.onnx").read_bytes()
    for damage, shown in ((b"G\xe2\x9bm", r"(G\xe2\x9bm)"), (b"G\xc2\x9bm", "(G?m)")):
        (data / "x.onnx").write_bytes(whole.replace(b"Gemm", damage))
        assert shown in complaint(run("info", "x.onnx"), 1)


def test_what_is_no_file_is_refused_at_once(run, data):
    os.mkfifo(data / "fifo")
    for path in ("/dev/zero", "fifo", "/dev/null"):
        for call in (
            ["grid", "--mlp", "3-4-2", "--data", path],
            ["grid", *NETWORK, "--weights", path],
            ["grid", "--model", path, "--data", "data.npz"],
            ["export", path, "--output", "a.npz"],
        ):
            assert f"{path}: is a device or a pipe" in complaint(run(*call), 1)


def test_folders_that_cannot_be_looked_at_get_one_line(run, data):
    """A link that leads to itself: what a folder of another user is, also to a superuser."""
    (data / "loop").symlink_to("loop")
    reason = "Too many levels of symbolic links"
    for call, expected in (
        (["info", "loop"], "loop: cannot be read"),
        (["info", "loop/steps"], "loop/steps: cannot be read"),
        (["gallery", "--only", "1", "--output", "loop"], "loop: cannot make this folder"),
        (["gallery", "--only", "1", "--output", "loop/g"], "cannot make this folder"),
        (["train", *NETWORK, "--checkpoints", "loop"], "loop: cannot make this folder"),
        (["train", *NETWORK, "--output", "loop/w.npz"], "loop/w.npz: cannot write here"),
        (["grid", *NETWORK, "--directions", "trajectory:loop"], "cannot be listed"),
    ):
        line = complaint(run(*call), 1)
        assert expected in line and reason in line and "filesystem" not in line
        assert (data / "loop").is_symlink()
    (data / "dangling").symlink_to("nowhere")
    complaint(run("train", *NETWORK, "--checkpoints", "dangling"), 1)
    complaint(run("gallery", "--only", "1", "--output", "dangling"), 1)
    assert (data / "dangling").is_symlink() and not (data / "nowhere").exists()
    below = ["--directions", "trajectory:data.npz/steps"]
    assert "no such folder" in complaint(run("grid", *NETWORK, *below), 1)


def test_directions_that_make_no_plane_are_refused_with_their_cosine(run, data):
    x = np.random.default_rng(0).normal(size=26)
    for factor, expected in ((2.0, "cosine is 1)"), (-0.5, "cosine is -1)"), (0.0, "is zero")):
        np.savez(data / "d.npz", x=x, y=factor * x)
        line = complaint(run("grid", *NETWORK, "--directions", "file:d.npz"), 1)
        assert expected in line
    for name, factor in (("a", 0.0), ("b", 1.0), ("c", 3.0)):
        np.savez(data / f"{name}.npz", theta=factor * x)
    line = complaint(run("grid", *NETWORK, "--directions", "points:a.npz,b.npz,c.npz"), 1)
    assert "on a line" in line and "is 1)" in line
    only_last = np.where(np.arange(26) < 16, x, 0)
    np.savez(data / "d.npz", x=x, y=only_last)
    arguments = ["--directions", "file:d.npz", "--parameters", "last"]
    assert "direction 2 is zero in the scanned" in complaint(run("grid", *NETWORK, *arguments), 1)


def test_a_comparison_of_nothing_fails(run, data):
    np.savez(data / "huge.npz", theta=np.full(26, 1e200))
    call = ["compare", *NETWORK, "--activation", "relu", "--with", "cpu", "--x", "-1:1:3"]
    result = run(*call, "--weights", "huge.npz")
    assert result.returncode == 1 and "nothing was compared" in result.stderr
    assert "0 of 9" in result.stdout
    result = run(*call)
    assert result.returncode == 0 and "9 of 9" in result.stdout


def test_info_describes_weights_checkpoints_and_segments(run, data):
    arguments = ["--checkpoints", "steps", "--iterations", "4", "--tolerance", "0"]
    assert run("train", *NETWORK, *arguments).returncode == 0
    assert "theta: shape (26,), float64, 26 values, norm" in run("info", "weights.npz").stdout
    steps = run("info", "steps").stdout
    assert "5 checkpoints of 26 parameters, step-00000.npz to step-00004.npz" in steps
    assert run("segments", *NETWORK, "--weights", "weights.npz", "--twin", "flip").returncode == 0
    assert "segments: 1 of 129 points" in run("info", "segments.nc").stdout
    assert "20 samples of 3 features" in run("info", "data.npz").stdout
