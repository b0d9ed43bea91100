# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""The convexify command, its file and its picture."""

import csv

import convexscan
import numpy as np
import pytest
import xarray
from conftest import NETWORK, complaint
from convexscan.plot import main, plot
from matplotlib.image import imread


def test_the_cubic_needs_three(run, tmp_path):
    result = run("convexify", "--landscape", "cubic", "--region", "box:1")
    assert result.returncode == 0, result.stderr
    assert "λ* = 3;" in result.stdout
    file = xarray.open_dataset(tmp_path / "convexify.nc")
    assert abs(file.attrs["lambda_star"] - 3) <= 1e-9
    assert abs(file.witness.values[0] - 1) <= 1e-9
    assert abs(file.witness.attrs["eigenvalue"] + 6) <= 1e-9
    np.testing.assert_allclose(file["lambda"], [0, 0.003, 0.03, 0.3, 1.5, 3, 6])
    np.testing.assert_allclose(file.smallest_eigenvalue, 2 * file["lambda"] - 6, atol=1e-8)
    assert "accuracy" not in file and "layer" not in file.sizes


def test_a_convex_objective_needs_nothing(run, tmp_path):
    result = run("convexify", "--landscape", "log-sum-exp")
    assert result.returncode == 0, result.stderr
    # Its smallest eigenvalue is 0, whose sign rounding hides: by that little and no more.
    words = "no negative curvature beyond rounding was found: λ* = 0; what rounding may hide needs"
    (line,) = [line for line in result.stdout.splitlines() if line.startswith(words)]
    assert 0 < float(line.split()[-1]) < 1e-13
    file = xarray.open_dataset(tmp_path / "convexify.nc")
    assert file.sizes["level"] == 1 and file.attrs["lambda_star"] == 0
    least = file.witness.attrs["least_possible_eigenvalue"]
    assert line.endswith(f"λ = {-least / 2:.2g}")
    assert main([str(tmp_path / "convexify.nc")]) == 0
    assert main([str(tmp_path / "convexify.nc"), "-o", str(tmp_path / "page.html")]) == 1


def test_a_strictly_convex_objective_has_nothing_to_add(run, tmp_path):
    # exp(x² + y²): both eigenvalues are at least 2.
    result = run("convexify", "--landscape", "exp-of-square")
    assert "was found: λ* = 0, and nothing to add" in result.stdout
    file = xarray.open_dataset(tmp_path / "convexify.nc")
    assert file.witness.attrs["least_possible_eigenvalue"] > 1.99
    assert file.witness.attrs["missing_hessians"] == 0


def test_ritz_values_leave_the_answer_open(run, tmp_path):
    rng = np.random.default_rng(5)
    np.savez(tmp_path / "wide.npz", x=rng.normal(size=(4, 2001)), y=np.array([0.0, 1, 1, 0]))
    result = run(
        *["convexify", "--mlp", "2001-1", "--data", "wide.npz", "--region", "box:0.1"],
        *["--loss", "binary-cross-entropy", "--points", "2", "--descents", "1", "--starts", "1"],
        *["--iterations", "1"],
    )
    assert result.returncode == 0, result.stderr
    assert "λ* = 0; with so many parameters it is Lanczos that looked" in result.stdout
    witness = xarray.open_dataset(tmp_path / "convexify.nc").witness.attrs
    assert witness["least_possible_eigenvalue"] == -np.inf


def test_points_without_a_hessian_are_counted_and_nothing_is_concluded(run, tmp_path):
    # (1 − x)² + 100(y − x²)² is not convex, but few numbers of this size have a square.
    result = run("convexify", "--landscape", "rosenbrock", "--region", "box:1e155")
    assert result.returncode == 0, result.stderr
    missing = xarray.open_dataset(tmp_path / "convexify.nc").witness.attrs["missing_hessians"]
    assert missing > 1000
    assert f"{missing} of " in result.stdout and "nothing is known there" in result.stdout
    assert "nothing to add" not in result.stdout


@pytest.mark.parametrize("name", ["max-of-convex", "relu-well", "max-pooling"])
def test_no_gain_is_promised_across_a_kink(run, tmp_path, name):
    # All second derivatives are between 0 and 2: there is no more than 2 to gain.
    assert run("convexify", "--landscape", name, "--region", "box:1").returncode == 0
    gain = xarray.open_dataset(tmp_path / "convexify.nc").witness.attrs["first_order_gain"]
    assert np.isnan(gain) or gain <= 2


def labels_of_the_eigenvalues(file):
    axes = plot(file).axes[0]
    assert axes.get_title() == "Smallest eigenvalue seen on the region"
    return [entry.get_text() for entry in axes.get_legend().get_texts()]


def test_a_negative_eigenvalue_within_its_error_is_not_called_not_convex(run, tmp_path):
    assert run("convexify", "--landscape", "log-sum-exp").returncode == 0
    file = convexscan.open(tmp_path / "convexify.nc")
    error = file.witness.attrs["eigenvalue_error"]
    assert error > 0
    for value, words in (
        (-0.5 * error, "zero within its error"),
        (0.5 * error, "zero within its error"),
        (-2 * error, "not convex"),
        (2 * error, "no violation found"),
    ):
        file.smallest_eigenvalue.values[:] = value
        assert labels_of_the_eigenvalues(file) == [words]


def test_a_drop_is_a_violation_whatever_the_eigenvalue(run, tmp_path):
    assert run("convexify", "--landscape", "relu-well").returncode == 0
    file = convexscan.open(tmp_path / "convexify.nc")
    file.smallest_eigenvalue.values[:] = 1.0
    assert labels_of_the_eigenvalues(file) == ["curves up"]
    file.attrs["region"] = "a region " * 12
    figure = plot(file)
    title = figure._suptitle
    assert all(len(line) <= 34 * 3 for line in title.get_text().splitlines())


def test_kinks_are_never_told_as_nothing_to_add(run, tmp_path):
    result = run("convexify", "--landscape", "relu-well")
    assert result.returncode == 0, result.stderr
    assert "no finite λ convexifies it: at a kink the slope drops from" in result.stdout
    assert "nothing to add" not in result.stdout
    result = run("convexify", "--landscape", "relu", "--output", "relu.nc")
    assert result.returncode == 0, result.stderr
    assert "has kinks, which second derivatives do not see" in result.stdout
    assert "no drop of the slope was found" in result.stdout
    assert "nothing to add" not in result.stdout
    result = run("grid", "--landscape", "relu-well", "--quantities", "loss,verdict")
    assert result.returncode == 0, result.stderr
    assert "has kinks, which second derivatives do not see" in result.stdout


def test_the_last_layer_of_a_relu_network_meets_no_kink(run, data):
    result = run("convexify", *NETWORK, "--activation", "relu", "--parameters", "last")
    assert result.returncode == 0, result.stderr
    assert "was found: λ* = 0" in result.stdout and "kink" not in result.stdout


def test_a_penalty_without_least_curvature_has_no_finite_limit(run, tmp_path):
    few = ["--points", "16", "--starts", "2", "--levels", "0"]
    result = run("convexify", "--landscape", "xy", "--penalty", "lp=0.5,0.1", *few)
    assert result.returncode == 0, result.stderr
    assert "no finite λ convexifies it" in result.stdout
    assert "lower limit" not in result.stdout
    file = convexscan.open(tmp_path / "convexify.nc")
    assert file.attrs["unbounded_term"] == "lp=0.5,0.1"
    assert "no finite λ" in plot(file).get_suptitle()


def test_a_network_is_told_by_its_table_its_file_and_its_picture(run, data):
    arguments = ["--init", "zero", "--region", "box:1", "--starts", "4", "--points", "64"]
    result = run("convexify", *NETWORK, *arguments, "--tolerance", "1e-8")
    assert result.returncode == 0, result.stderr
    assert "lower limit of λ‖θ‖²" in result.stdout and "width of layer 1" in result.stdout
    file = convexscan.open(data / "convexify.nc")
    assert file.sizes == {"level": 7, "start": 4, "layer": 1, "parameter": 26}
    strength = file.attrs["lambda_star"]
    assert strength > 0
    np.testing.assert_allclose(file["lambda"] / strength, [0, 0.001, 0.01, 0.1, 0.5, 1, 2])
    # The witness' curvature along its direction is the eigenvalue, and λ* half of it.
    assert strength == -file.witness.attrs["eigenvalue"] / 2
    assert abs(np.square(file.witness_direction).sum() - 1) <= 1e-12
    # With 2λ* there is one minimiser, and all neurons are one.
    assert file.largest_distance.values[-1] < 1e-3 < file.largest_distance.values[0]
    assert (file.distinct_neurons.values[-1] <= 1).all()
    assert (file.distinct_neurons + file.dead_neurons <= file.neurons).all()
    penalty = file.penalised_loss - file.loss
    squares = np.square(file.minimiser).sum("parameter")
    np.testing.assert_allclose(penalty, file["lambda"] * squares, atol=1e-12)
    assert main([str(data / "convexify.nc"), "-o", str(data / "picture.png")]) == 0
    picture = imread(data / "picture.png")
    assert (
        picture.shape[0] > 600
        and len(np.unique(picture.reshape(-1, picture.shape[2]), axis=0)) > 50
    )
    figure = plot(file)
    figure.draw_without_rendering()
    for axes in figure.axes:
        legend = axes.get_legend()
        assert not legend or not legend.get_window_extent().overlaps(axes.get_window_extent())
    titles = [axes.get_title() for axes in figure.axes]
    assert len(titles) == 5 and "Effective width: neurons that differ" in titles


@pytest.mark.parametrize(
    ("largest", "median", "scale"),
    [
        ([3.0, 2.5, 1.0], [2.0, 2.0, 1.0], "linear"),
        ([3.0, 1e-3, 1e-7], [2.0, 1e-4, 1e-8], "log"),
        ([3.0, 1e-3, 0.0], [2.0, 1e-4, 0.0], "symlog"),
        ([0.0, 0.0, 0.0], [0.0, 0.0, 0.0], "linear"),
        ([3.0, np.nan, 1e-7], [2.0, np.nan, 1e-8], "log"),
        ([np.nan, np.nan, np.nan], [np.nan, np.nan, np.nan], "linear"),
    ],
)
def test_distances_over_decades_are_logarithmic(run, tmp_path, largest, median, scale):
    call = ["convexify", "--landscape", "cubic", "--region", "box:1", "--levels", "0,1,2"]
    assert run(*call, "--starts", "2").returncode == 0
    file = convexscan.open(tmp_path / "convexify.nc")
    file["largest_distance"] = ("level", largest)
    file["median_distance"] = ("level", median)
    figure = plot(file)
    (axes,) = (axes for axes in figure.axes if axes.get_title().startswith("Distance"))
    assert axes.get_yscale() == scale
    figure.savefig(tmp_path / "picture.png")


def test_info_and_export_know_the_result(run, data):
    arguments = ["--region", "box:1", "--starts", "3", "--points", "16", "--levels", "0,1,2"]
    assert run("convexify", *NETWORK, *arguments).returncode == 0
    file = xarray.open_dataset(data / "convexify.nc")
    told = run("info", "convexify.nc")
    assert told.returncode == 0, told.stderr
    assert f"lambda_star: {file.attrs['lambda_star']:.9g}" in told.stdout
    for level in range(3):
        best = int(file.best_start[level])
        assert (
            f"lambda {float(file['lambda'][level]):.4g}: smallest eigenvalue "
            f"{float(file.smallest_eigenvalue[level]):.4g}, loss "
            f"{float(file.loss[level, best]):.6g}, accuracy {float(file.accuracy[level, best]):.4f}"
        ) in told.stdout
        distinct = int(file.distinct_neurons[level, best, 0])
        assert f"width of layer 1 {distinct} of 4" in told.stdout.splitlines()[-3 + level]
    assert run("export", "convexify.nc", "--output", "table.csv").returncode == 0
    with open(data / "table.csv", newline="", encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    assert len(rows) == 9
    for k, row in enumerate(rows):
        level, start = divmod(k, 3)
        assert int(row["start"]) == start
        assert float(row["lambda"]) == float(file["lambda"][level])
        assert float(row["loss"]) == float(file.loss[level, start])
        assert float(row["distinct_neurons_1"]) == float(file.distinct_neurons[level, start, 0])
    assert run("export", "convexify.nc", "--output", "all.npz").returncode == 0
    with np.load(data / "all.npz") as arrays:
        assert set(arrays.files) == set(file.variables)
        for name in arrays.files:
            np.testing.assert_array_equal(arrays[name], file[name].values, name)
    refused = run("export", "convexify.nc", "--output", "map.vtk")
    assert "ends in .csv or .npz" in complaint(refused, 2)


def test_a_relu_network_is_told_that_no_penalty_will_do(run, data):
    network = [*NETWORK, "--activation", "relu", "--starts", "2", "--points", "16", "--seed", "1"]
    result = run("convexify", *network, "--levels", "0,1")
    assert result.returncode == 0, result.stderr
    assert "no finite λ convexifies it" in result.stdout
    file = convexscan.open(data / "convexify.nc")
    assert file.slope_drop.attrs["slope_after"] < file.slope_drop.attrs["slope_before"]
    assert "no finite λ" in plot(file).get_suptitle()


def test_graded_weights_are_said_wherever_an_eigenvalue_is_relative_to_them(run, tmp_path):
    arguments = ["convexify", "--landscape", "xy", "--levels", "0,1", "--overwrite"]
    for penalty, words in (("l2", ""), ("l2-graded=0.5", " of W^-½HW^-½")):
        result = run(*arguments, "--add-penalty", penalty)
        assert result.returncode == 0, result.stderr
        value = -1.0 if penalty == "l2" else -(2**0.5)
        assert f": {value:.9g}{words}, within" in result.stdout
        assert f"smallest λ_min{words}  " in result.stdout
        described = run("info", "convexify.nc").stdout
        assert f"most negative curvature: {value:.9g}{words}, within" in described
        assert f"smallest eigenvalue {value:.4g}{words}, loss" in described
        axes = plot(convexscan.open(tmp_path / "convexify.nc")).axes[0]
        assert axes.get_title() == f"Smallest eigenvalue{words} seen on the region"


def test_graded_and_centred_penalties_and_planes(run, data):
    few = ["--starts", "2", "--points", "8", "--levels", "0,1", "--overwrite"]
    arguments = ["--add-penalty", "l2-graded=0.9", "--penalty-center", "normal:0.5", *few]
    result = run("convexify", *NETWORK, *arguments)
    assert result.returncode == 0, result.stderr
    file = xarray.open_dataset(data / "convexify.nc")
    np.testing.assert_allclose(file.penalty_weight, 0.9 ** np.arange(26))
    assert file.penalty_centre.std() > 0.2
    result = run("convexify", *NETWORK, "--region", "plane", "--x", "-1:1", *few)
    assert result.returncode == 0, result.stderr
    assert "the plane of random" in result.stdout
    about = run("info", "convexify.nc").stdout
    assert "time: " in about and "points/s" not in about


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--region", "bxo:1"], 'did you mean "box"?'),
        (["--region", "box:-1"], "must be positive"),
        (["--levels", "0,2,1"], "that rise"),
        (["--add-penalty", "l1=1"], "give l2"),
        (["--iterations", "0"], '--iterations: "0" is not a whole number of at least 1'),
        (["--starts", "0"], '--starts: "0" is not a whole number of at least 1'),
        (["--add-penalty", "l2-graded=0.1"], "ten decades"),
        (["--x", "-1:1"], "--x is for --region plane"),
        (["--normalize", "none"], "--normalize is for --region plane"),
        (["--region", "ball:1", "--directions", "eigen"], "--directions is for --region plane"),
        (["--region", "plane", "--x", "-1:1:5"], "--x -1:1:5: give min:max, as in -1:1;"),
        (["--region", "plane", "--y", "-1:1:5"], "takes no count"),
        (["--region", "plane", "--x", "1"], "give min:max"),
        (["--region", "plane", "--x", "1:-1"], "the minimum is above the maximum"),
        (["--region", "plane", "--x=-1e308:1e308"], "too wide"),
        (["--same", "2"], "--same"),
    ],
)
def test_wrong_use_is_one_line(run, data, arguments, words):
    assert words in complaint(run("convexify", *NETWORK, *arguments), 2)
    assert not (data / "convexify.nc").exists()


def test_too_large_a_penalty_is_named(run, data):
    result = run(
        "convexify", *NETWORK, "--region", "ball:100", "--points", "8", "--levels", "1e308"
    )
    assert "with a penalty of inf the loss is finite at no start; take lower --levels" in complaint(
        result, 1
    )
    assert not (data / "convexify.nc").exists()


def test_an_existing_file_stays(run, tmp_path):
    (tmp_path / "convexify.nc").write_text("mine")
    assert "already exists" in complaint(run("convexify", "--landscape", "xy"), 1)
    assert (tmp_path / "convexify.nc").read_text() == "mine"
