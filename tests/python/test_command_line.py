# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""The command line: what works works, and what is wrong gets one clear line and an exit code."""

import os
import subprocess

import numpy as np
import xarray
from conftest import NETWORK, REPOSITORY, complaint


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
    named = "(-1, -1), (0, -1), (1, -1), (-1, 0) and 5 more"
    assert f"9 of 9 points are not finite: {named}; they stay in the file" in result.stdout
    assert "convexity gap: unknown, as no loss is finite" in result.stdout
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
    assert path.stdout.count("from the plane") == 1  # of many checkpoints, the farthest
    assert "convexscan info lists them" in path.stdout


def test_training_that_starts_nowhere_fails(run, data):
    arguments = ["train", *NETWORK, "--init", "normal:1e200", "--activation", "relu"]
    assert "not finite" in complaint(run(*arguments), 1)
    arguments = [*arguments, "--starts", "3"]
    assert "the loss is finite at none of 3 starts" in complaint(run(*arguments), 1)
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
    told = run("info", "starts.npz").stdout
    assert (
        "theta: shape (3, 26), float64, 78 values" in told and "reason: shape (3,), texts" in told
    )
    one = run("grid", *NETWORK, "--weights", "starts.npz", "--x", "-1:1:3")
    assert "has shape (3, 26), but (26,) is needed" in complaint(one, 1)
    assert "save one of its rows alone" in one.stderr
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


def test_the_demo_scan_stays_below_a_gibibyte(program, data, digits):
    """Peak memory of the process as the kernel counted it."""
    arguments = ["grid", "--mlp", "64-32-10", "--data", digits, "--x", "-1:1:101"]
    arguments += ["--quantities", "loss,accuracy,gradient_norm,plane_hessian", "--quiet"]
    process = subprocess.Popen([program, *map(str, arguments)], cwd=data)
    _, status, usage = os.wait4(process.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert 0 < usage.ru_maxrss * 1024 < 2**30


def test_curvature_that_is_not_finite_is_counted_where_the_loss_is(run, data):
    """x²y² is 0 where y is; its second derivative 2x² is beyond all doubles at x = 1e160."""
    result = run("grid", "--landscape", "x2y2", "--x", "0:1e160:2", "--y", "0:0:1",
                 "--quantities", "loss,plane_hessian,max_eigenvalue")  # fmt: skip
    assert result.returncode == 0
    scan = xarray.open_dataset(data / "scan.nc")
    assert np.isfinite(scan.loss).all() and not np.isfinite(scan.max_eigenvalue).all()
    for quantity in ("max_eigenvalue", "plane_hessian"):
        line = next(row for row in result.stdout.splitlines() if row.startswith(quantity))
        assert line.endswith("1 of 2 points not finite: (1e+160, 0)")


def test_points_of_segments_that_overflow_are_named(run, data):
    np.savez(data / "a.npz", theta=[0.0, 0.0])
    np.savez(data / "b.npz", theta=[1e200, 1e200])
    call = ["segments", "--landscape", "xy", "--points", "5"]
    places = "4 of 5 points are not finite: t = 0.25, t = 0.5, t = 0.75, t = 1; they stay"
    assert places in run(*call, "a.npz", "b.npz").stdout
    several = run(*call, "--region", "box:1e200", "--count", "3", "--overwrite").stdout
    assert " points are not finite: segment 0 at t = 0, segment 0 at t = 0.25, " in several
    assert " more; they stay in the file" in several


def test_eigenvalues_say_that_they_are_float64_whatever_the_precision(run, data):
    arguments = ["grid", *NETWORK, "--x", "0:1:3", "--precision", "float32", "--overwrite"]
    assert run(*arguments).stderr == ""
    noted = run(*arguments, "--quantities", "min_eigenvalue").stderr
    assert noted.count("\n") == 1 and "float64 whatever --precision" in noted


def test_training_goes_on_after_a_line_search_that_failed_far_from_a_minimum(run, digits):
    network = ["--mlp", "64-8-10", "--data", digits, "--samples", "200", "--seed", "3"]
    assert "converged" in run("train", *network).stdout
