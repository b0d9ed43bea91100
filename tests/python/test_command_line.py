# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""The command line: what works works, and what is wrong gets one clear line and an exit code."""

import os
import signal
import subprocess
import time

import numpy as np
import pytest
import xarray
from conftest import REPOSITORY

NETWORK = ["--mlp", "3-4-2", "--data", "data.npz"]


@pytest.fixture
def data(tmp_path):
    random = np.random.default_rng(1)
    np.savez(
        tmp_path / "data.npz",
        x=random.normal(size=(20, 3)),
        y=random.integers(0, 2, 20),
    )
    return tmp_path


def complaint(result, code):
    """The one line that a failed run prints."""
    assert result.returncode == code, result.stderr
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("convexscan: ")
    return lines[0]


WRONG_USE = [
    (["gird"], 'did you mean "grid"?'),
    (["grid", "--landscap", "xy"], 'did you mean "--landscape"?'),
    (["grid", "--landscape", "rosenbrok"], 'did you mean "rosenbrock"?'),
    (["grid", "--landscape", "xy", "--x", "1:-1:0"], "--x 1:-1:0"),
    (["grid", "--landscape", "xy", "--x", "0:1"], "min:max:count"),
    (["grid", "--landscape", "xy", "--y", "0:1:x"], "not a whole number"),
    (["grid", "--landscape", "xy", "--device", "gpu"], 'unknown device "gpu"'),
    (
        ["grid", "--landscape", "xy", "--precision", "float16"],
        'unknown precision "float16"',
    ),
    (["grid", "--landscape", "xy", "--quantities", "lsos"], 'did you mean "loss"?'),
    (["grid", "--landscape", "xy", "--penalty", "l3=1"], 'unknown penalty "l3"'),
    (["grid", "--landscape", "xy", "--penalty", "l2"], "give its strength"),
    (["grid", "--landscape", "xy", "--penalty", "l2=-1"], "must not be negative"),
    (["grid", "--landscape", "xy", "--data", "data.npz"], "leave --data out"),
    (["grid", "--landscape", "xy", "--parameters", "last"], "has no layers"),
    (
        ["grid", "--landscape", "xy", "--directions", "axis:0,7"],
        "parameter 7 is not scanned",
    ),
    (
        ["grid", "--landscape", "xy", "--directions", "axis:1,1"],
        "two different parameters",
    ),
    (["grid"], "name an objective"),
    (["grid", "--mlp", "3-4-2", "--landscape", "xy"], "exclude each other"),
    (["grid", "--mlp", "3-4-2"], "a network needs data"),
    (["grid", "--mlp", "3-x-2", "--data", "data.npz"], "not a whole number"),
    (["grid", "--mlp", "3", "--data", "data.npz"], "inputs and outputs"),
    (["grid", *NETWORK, "--activation", "tahn"], 'did you mean "tanh"?'),
    (["grid", *NETWORK, "--loss", "cross-entrpy"], 'did you mean "cross-entropy"?'),
    (["grid", *NETWORK, "--objective", "output:2"], "outputs 0 to 1"),
    (["grid", *NETWORK, "--objective", "outptu"], "unknown --objective"),
    (["grid", *NETWORK, "--parameters", "layer:3"], "layers 1 to 2"),
    (["grid", *NETWORK, "--init", "xaviar"], 'did you mean "xavier"?'),
    (["grid", *NETWORK, "--normalize", "filtre"], 'did you mean "filter"?'),
    (["grid", *NETWORK, "--directions", "randon"], 'did you mean "random"?'),
    (["grid", *NETWORK, "--directions", "points:a.npz,b.npz"], "three weight files"),
    (["grid", *NETWORK, "--samples", "21"], "20"),
    (["grid", *NETWORK, "--samples", "0"], "0"),
    (["grid", *NETWORK, "--features", "rbf"], "give the number of units"),
    (["grid", *NETWORK, "--features", "tahn:3"], 'unknown kind "tahn"'),
    (["grid", *NETWORK, "--features", "relu:3:1"], "only rbf takes a width"),
    (["grid", "--landscape", "xy", "--features", "rbf:3"], "has not"),
    (["grid", *NETWORK, "--dropout", "1"], "below 1"),
    (["grid", *NETWORK, "--dropout", "half"], "--dropout"),
    (["grid", "--mlp", "3-2", "--data", "data.npz", "--dropout", "0.5"], "none"),
    (["grid", "--landscape", "xy", "--dropout", "0.5"], "hidden layers of an --mlp"),
    (["grid", "--model", "n.onnx", "--data", "data.npz", "--dropout", "0.5"], "of an --mlp"),
    (["segments", *NETWORK, "--twin", "permute", "--dropout", "0.5"], "without dropout"),
    (["train", *NETWORK, "--iterations", "-3"], "--iterations"),
    (["train", *NETWORK, "--tolerance", "nan"], "--tolerance"),
    (["grid", *NETWORK, "--seed", "-1"], "--seed"),
    (["grid", *NETWORK, "--alpha", "nan"], "--alpha"),
    (["grid", *NETWORK, "--penalty", "l2=1", "--penalty-center", "normal:-1"], "must be positive"),
    (["grid", *NETWORK, "--output", ""], "give a file name"),
    (["grid", *NETWORK, "--directions", "random:3"], "takes nothing after it"),
    (["grid", *NETWORK, "--objective", "output:1", "--quantities", "accuracy"], "accuracy"),
    (["grid", "--landscape", "xy", "--x=-1e308:1e308:5"], "too wide"),
    (["grid", "--landscape", "xy", "--x=1:1.0000000000000002:5"], "too narrow"),
    (["grid", "--landscape", "xy", "--x=-1:1:9223372036854775807"], "at most"),
    (["grid", "--landscape", "xy", "--x=-1:1:100000"], "points are more than"),
    (["export", "scan.nc"], "--output"),
    (["segments", *NETWORK], "say which segments"),
    (["segments", *NETWORK, "a.npz"], "two ends"),
    (["segments", *NETWORK, "a.npz", "b.npz", "--to", "c.npz"], "not both"),
    (["segments", *NETWORK, "--from", "a.npz"], "--from needs --to"),
    (["segments", *NETWORK, "--twin", "flip", "--region", "box:1"], "exclude each other"),
    (["segments", *NETWORK, "--twin", "permut"], 'did you mean "permute"?'),
    (["segments", *NETWORK, "--twin", "rescale"], "relu, leaky-relu or identity"),
    (["segments", *NETWORK, "--twin", "flip", "--count", "3"], "--count is for --region"),
    (["segments", *NETWORK, "--twin", "flip", "--align"], "--align brings one network"),
    (["segments", *NETWORK, "a.npz", "b.npz", "--aligned", "c.npz"], "add --align"),
    (["segments", *NETWORK, "--twin", "flip", "--through", "scan.nc"], "exclude each other"),
    (["segments", *NETWORK, "--twin", "flip", "--parameters", "last"], "moves every parameter"),
    (["segments", "--landscape", "xy", "--twin", "flip"], "not for a --landscape"),
    (["segments", *NETWORK, "--region", "bx:1"], 'did you mean "box"?'),
    (["segments", *NETWORK, "--region", "ball"], "ball:1"),
    (["segments", *NETWORK, "--region", "ball:0"], "must be positive"),
    (["segments", *NETWORK, "--region", "ball:x"], "not a number"),
    (["segments", *NETWORK, "--region", "ball:1", "--count", "0"], "--count must be positive"),
    (["segments", *NETWORK, "--region", "ball:1", "--points", "2"], "--points"),
    (["segments", *NETWORK, "--region", "ball:1", "--confidence", "95"], "between 0 and 1"),
]


@pytest.mark.parametrize(("arguments", "expected"), WRONG_USE, ids=lambda value: str(value)[:60])
def test_wrong_use_is_explained(run, data, arguments, expected):
    assert expected in complaint(run(*arguments), 2)
    assert not (data / "scan.nc").exists()


def test_fixed_features_are_a_part_of_the_function(run, data):
    network = ["--mlp", "5-2", "--data", "data.npz", "--x=-1:1:3", "--y=-1:1:3", "--quiet"]
    for name, seeds in {
        "a": ["--seed", "1"],
        "b": ["--seed", "1", "--model-seed", "2"],
        "c": ["--seed", "3", "--model-seed", "2"],
    }.items():
        run("grid", *network, "--features", "rbf:5", *seeds, "--output", f"{name}.nc")
    a, b, c = (xarray.open_dataset(data / f"{name}.nc") for name in "abc")
    assert "5 rbf features" in a.attrs["objective"] and "seed 1" in a.attrs["objective"]
    assert (a.origin == b.origin).all() and not (a.loss == b.loss).all()
    assert a.attrs["data_hash"] != b.attrs["data_hash"]
    assert b.attrs["data_hash"] == c.attrs["data_hash"]
    message = complaint(run("grid", *NETWORK, "--features", "rbf:5"), 1)
    assert "5 features a sample" in message and "takes 3" in message


def test_dropout_is_a_part_of_the_function(run, data):
    network = [*NETWORK, "--x=-1:1:3", "--y=-1:1:3", "--quiet"]
    run("grid", *network, "--output", "plain.nc")
    run("grid", *network, "--dropout", "0", "--output", "zero.nc")
    run("grid", *network, "--dropout", "0.5", "--output", "half.nc")
    run("grid", *network, "--dropout", "0.5", "--model-seed", "1", "--output", "other.nc")
    plain, zero, half, other = (
        xarray.open_dataset(data / f"{name}.nc") for name in ("plain", "zero", "half", "other")
    )
    assert (plain.loss == zero.loss).all()
    assert plain.attrs["model_hash"] == zero.attrs["model_hash"]
    assert not (plain.loss == half.loss).all() and not (half.loss == other.loss).all()
    assert "dropout 0.5 seed 0" in half.attrs["model"]
    assert half.attrs["model_hash"] != other.attrs["model_hash"]


def test_missing_and_unreadable_files_are_named(run, data):
    assert "nope.npz" in complaint(run("grid", "--mlp", "3-4-2", "--data", "nope.npz"), 1)
    assert "nope.onnx" in complaint(run("grid", "--model", "nope.onnx", "--data", "data.npz"), 1)
    (data / "bad.npz").write_bytes((data / "data.npz").read_bytes()[:100])
    assert "bad.npz" in complaint(run("grid", "--mlp", "3-4-2", "--data", "bad.npz"), 1)
    assert "data.npz" in complaint(run("info", "data.npz/x"), 1)
    assert "is a folder" in complaint(run("grid", "--mlp", "3-4-2", "--data", "."), 1)


def test_shapes_that_do_not_agree_are_named(run, data):
    assert "3 features" in complaint(run("grid", "--mlp", "4-2", "--data", "data.npz"), 1)
    np.savez(data / "w.npz", theta=np.zeros(5))
    message = complaint(run("grid", *NETWORK, "--weights", "w.npz"), 1)
    assert "(5,)" in message and "(26,)" in message
    np.savez(data / "labels.npz", x=np.zeros((3, 3)), y=[0, 1, 2])
    message = complaint(run("grid", "--mlp", "3-4-2", "--data", "labels.npz"), 1)
    assert "label 2 of sample 2" in message


def test_values_that_are_not_finite_are_refused(run, data):
    np.savez(data / "nan.npz", x=[[0, 0, np.nan]], y=[0])
    assert "nan.npz" in complaint(run("grid", "--mlp", "3-4-2", "--data", "nan.npz"), 1)


def test_a_missing_gpu_is_explained(run, data):
    devices = run("info").stdout
    if "no cuda" not in devices:
        pytest.skip("there is a GPU")
    assert "--device cpu" in complaint(run("grid", *NETWORK, "--device", "cuda"), 1)


def test_an_existing_result_stays(run, data):
    (data / "scan.nc").write_text("precious")
    assert "--overwrite" in complaint(run("grid", "--landscape", "xy"), 1)
    assert (data / "scan.nc").read_text() == "precious"
    assert run("grid", "--landscape", "xy", "--overwrite").returncode == 0
    assert xarray.open_dataset(data / "scan.nc").loss.dims == ("y", "x")


def test_an_output_that_cannot_be_written_is_found_before_the_scan(run, data):
    assert "no-folder" in complaint(
        run("grid", "--landscape", "xy", "--output", "no-folder/a.nc"), 1
    )
    assert "/dev/full" in complaint(
        run("grid", "--landscape", "xy", "--output", "/dev/full", "--overwrite"), 1
    )
    assert "is a folder" in complaint(run("grid", "--landscape", "xy", "--output", "."), 1)


def test_a_full_disk_loses_nothing(run, data):
    def limit_files():
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))

    (data / "scan.nc").write_text("precious")
    result = run(
        "grid",
        "--landscape",
        "xy",
        "--x",
        "0:1:200",
        "--overwrite",
        preexec_fn=limit_files,
    )
    assert "scan.nc" in complaint(result, 1)
    assert (data / "scan.nc").read_text() == "precious"
    assert sorted(p.name for p in data.iterdir()) == ["data.npz", "scan.nc"]


def test_an_interrupted_scan_leaves_no_file(program, data, digits):
    process = subprocess.Popen(
        [
            program,
            "grid",
            "--mlp",
            "64-128-128-10",
            "--data",
            digits,
            "--x",
            "-1:1:301",
        ],
        cwd=data,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "interrupted" in errors
    assert sorted(os.listdir(data)) == ["data.npz"]


def test_the_same_seed_gives_the_same_bits(run, data):
    for name in ("a.nc", "b.nc"):
        assert run("grid", *NETWORK, "--seed", 3, "--x", "-1:1:7", "--output", name).returncode == 0
    assert run("grid", *NETWORK, "--seed", 4, "--x", "-1:1:7", "--output", "c.nc").returncode == 0
    a, b, c = (xarray.open_dataset(data / f"{name}.nc").loss.values for name in "abc")
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)


def test_points_that_overflow_stay_and_are_counted(run, data):
    np.savez(data / "huge.npz", theta=np.full(26, 1e200))
    result = run(
        "grid",
        *NETWORK,
        "--activation",
        "relu",
        "--weights",
        "huge.npz",
        "--x",
        "-1:1:3",
    )
    assert result.returncode == 0
    assert "not finite" in result.stdout
    assert not np.isfinite(xarray.open_dataset(data / "scan.nc").loss.values).all()


def test_training_then_scanning_meet_in_the_middle(run, data):
    trained = run("train", *NETWORK, "--penalty", "l2=0.01", "--checkpoints", "steps")
    assert trained.returncode == 0 and "converged" in trained.stdout
    loss = float(trained.stdout.split("loss ")[1].split(",")[0])
    scanned = run(
        "grid",
        *NETWORK,
        "--penalty",
        "l2=0.01",
        "--weights",
        "weights.npz",
        "--x",
        "-1:1:5",
    )
    assert scanned.returncode == 0
    surface = xarray.open_dataset(data / "scan.nc").loss
    assert abs(surface.sel(x=0, y=0).item() - loss) <= 1e-8 * loss
    assert surface.min().item() == surface.sel(x=0, y=0).item()
    path = run(
        "grid",
        *NETWORK,
        "--penalty",
        "l2=0.01",
        "--directions",
        "trajectory:steps",
        "--output",
        "path.nc",
    )
    assert path.returncode == 0, path.stderr
    assert "from the plane" in path.stdout


def test_training_that_starts_nowhere_fails(run, data):
    arguments = ["train", *NETWORK, "--init", "normal:1e200", "--activation", "relu"]
    assert "not finite" in complaint(run(*arguments), 1)
    assert not (data / "weights.npz").exists()


def test_many_starts_end_as_they_would_alone_and_say_why(run, data):
    train = ["train", *NETWORK, "--penalty", "l2=0.01"]
    together = run(*train, "--starts", "3", "--seed", "5", "--output", "starts.npz")
    assert together.returncode == 0, together.stderr
    assert "3 starts, seeds 5 to 7: 3 converged" in together.stdout
    assert "negative directions" in together.stdout
    ends = np.load(data / "starts.npz")
    assert ends["theta"].shape == (3, 26) and ends["converged"].tolist() == [1, 1, 1]
    assert all("gradient norm" in reason for reason in ends["reason"])
    for k in range(3):
        assert run(*train, "--seed", 5 + k, "--overwrite").returncode == 0
        assert (np.load(data / "weights.npz")["theta"] == ends["theta"][k]).all()
    order = [line.split()[2] for line in together.stdout.splitlines() if " start " in line]
    assert ends["loss"][int(order[0])] == ends["loss"].min()
    assert ends["loss"][int(order[2])] == ends["loss"].max()
    # A minimum has no negative direction; tau is the error bound.
    assert (ends["negative_count"] == 0).all()
    assert (ends["min_eigenvalue"] >= -ends["eigenvalue_error"]).all()
    again = run(*train, "--starts", "2", "--weights", "weights.npz")
    assert "leave --weights out" in complaint(again, 2)


def test_checkpoints_of_an_earlier_run_are_not_mixed_in(run, data):
    train = ["train", *NETWORK, "--checkpoints", "steps", "--overwrite", "--quiet"]
    assert run(*train, "--iterations", "12", "--tolerance", "0").returncode == 0
    assert run(*train, "--iterations", "3", "--seed", "9", "--every", "2").returncode == 0
    assert sorted(p.name for p in (data / "steps").iterdir()) == [
        "step-00002.npz",
        "step-00003.npz",
    ]


def test_comparing_finds_a_missing_device_before_it_scans(run, data):
    if "no cuda" not in run("info").stdout:
        pytest.skip("there is a GPU")
    complaint(run("compare", *NETWORK, "--with", "cuda"), 1)


def test_eigenvalues_come_with_their_error_and_verdicts_with_their_reason(run, data):
    arguments = ["grid", *NETWORK, "--x", "-1:1:3", "--quantities"]
    assert run(*arguments, "min_eigenvalue,negative_count,verdict").returncode == 0
    names = set(xarray.open_dataset(data / "scan.nc").data_vars)
    assert {"min_eigenvalue_error", "eigenvalue_error", "settled_by"} <= names


def test_huge_equal_logits_still_lose_log_of_the_classes(run, data):
    """A loss near log 2 must not drown in logits of 1e14 (1e6 in float32)."""
    np.savez(data / "one.npz", x=np.ones((4, 3)), y=[0, 1, 0, 1])
    for scale, precision in ((1e14, "float64"), (1e6, "float32")):
        np.savez(data / "w.npz", theta=np.full(8, scale))
        result = run(
            "grid",
            "--mlp",
            "3-2",
            "--data",
            "one.npz",
            "--weights",
            "w.npz",
            "--x",
            "0:0:1",
            "--precision",
            precision,
            "--overwrite",
        )
        assert result.returncode == 0, result.stderr
        loss = xarray.open_dataset(data / "scan.nc").loss.item()
        assert abs(loss - np.log(2)) <= 1e-6


def test_a_model_that_ends_in_a_sigmoid_is_taken_at_its_word(run, data):
    """Without --loss its own loss; with another loss the Sigmoid stays a part of the network."""
    folder = REPOSITORY / "tests" / "data"
    model = ["--model", folder / "torch-sigmoid.onnx", "--data", folder / "torch-sigmoid.npz"]
    expected = float(np.load(folder / "torch-sigmoid.npz")["loss"])
    assert run("grid", *model, "--x", "0:0:1").returncode == 0
    assert abs(xarray.open_dataset(data / "scan.nc").loss.item() - expected) <= 1e-6 * expected
    assert run("grid", *model, "--x", "0:0:1", "--loss", "mse", "--overwrite").returncode == 0
    assert xarray.open_dataset(data / "scan.nc").loss.item() < 1.0  # outputs lie in (0, 1)


def test_required_l2_is_never_zero_where_the_verdict_is_not_convex(run, data):
    for penalty in ("l2-graded=0.01", "l2-graded=0.5", "l2=0.01"):
        result = run(
            "grid",
            *NETWORK,
            "--x",
            "-1:1:5",
            "--penalty",
            penalty,
            "--overwrite",
            "--quantities",
            "required_l2,verdict",
        )
        assert result.returncode == 0, result.stderr
        scan = xarray.open_dataset(data / "scan.nc")
        assert not ((scan.verdict == 2) & (scan.required_l2 == 0)).any()


def test_nothing_is_printed_when_quiet(run, data):
    result = run("grid", *NETWORK, "--quiet")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
