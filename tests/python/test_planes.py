# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Planes, fresh weights and activations as the command line names them, against NumPy."""

import numpy as np
import pytest
import xarray
from conftest import NETWORK, complaint
from network import ACTIVATIONS, cross_entropy, parts
from scipy.stats import chi2

WIDTHS = [3, 4, 2]

# Two float64 evaluations of a loss of order one, by sums of at most 20 samples and a dozen terms.
ROUNDING = 100 * np.finfo(float).eps


@pytest.fixture
def loss(data):
    samples = np.load(data / "data.npz")
    return lambda theta: cross_entropy(WIDTHS, theta, samples["x"], samples["y"])


@pytest.fixture
def scanned(run, data):
    """Scans with the given options; the result as xarray has it."""

    def call(*arguments):
        result = run("grid", *NETWORK, *arguments, "--overwrite")
        assert result.returncode == 0, result.stderr
        with xarray.open_dataset(data / "scan.nc") as opened:
            return opened.load()

    return call


def random_thetas(count):
    return np.random.default_rng(4).normal(size=(count, 26))


def test_a_pair_of_axes_varies_two_parameters_and_nothing_else(scanned, loss, data):
    theta = random_thetas(1)[0]
    np.savez(data / "w.npz", theta=theta)
    options = ["--weights", "w.npz", "--directions", "axis:17,5", "--x=-1:2:4", "--y", "0:1:3"]
    scan = scanned(*options)
    assert scan.loss.shape == (3, 4)
    for x in scan.x.values:
        for y in scan.y.values:
            moved = theta.copy()
            moved[17] += x
            moved[5] += y
            assert abs(scan.loss.sel(x=x, y=y).item() - loss(moved)) <= ROUNDING
    np.testing.assert_array_equal(scan.direction.values, np.eye(26)[[17, 5]])


def test_a_single_axis_is_a_line(scanned, loss, data):
    theta = random_thetas(1)[0]
    np.savez(data / "w.npz", theta=theta)
    scan = scanned("--weights", "w.npz", "--directions", "axis:3", "--x=-1:1:3")
    assert scan.loss.shape == (1, 3)
    for x in scan.x.values:
        assert abs(scan.loss.sel(x=x).item() - loss(theta + x * np.eye(26)[3])) <= ROUNDING


def test_a_plane_through_three_points_meets_them(scanned, loss, data):
    thetas = random_thetas(3)
    for name, theta in zip("abc", thetas, strict=True):
        np.savez(data / f"{name}.npz", theta=theta)
    plane = ["--directions", "points:a.npz,b.npz,c.npz"]
    markers = scanned(*plane, "--x", "0:1:2")
    assert [str(name) for name in markers.marker_name.values] == ["a", "b", "c"]
    for k, theta in enumerate(thetas):
        x, y = (float(markers[f"marker_{axis}"][k]) for axis in "xy")
        scan = scanned(*plane, f"--x={x!r}:{x!r}:1", f"--y={y!r}:{y!r}:1")
        # θ is made from the plane's origin and axes: a few roundings of numbers of order one, and
        # a gradient of order one in 26 of them.
        assert abs(scan.loss.item() - loss(theta)) <= 26 * ROUNDING
        alone = scanned("--weights", f"{'abc'[k]}.npz", "--x", "0:0:1", "--y", "0:0:1")
        assert abs(alone.loss.item() - loss(theta)) <= ROUNDING


@pytest.mark.parametrize("keys", [("x", "y"), ("directions",)])
def test_directions_from_a_file_are_taken_as_they_are(scanned, loss, data, keys):
    theta, *directions = random_thetas(3)
    np.savez(data / "w.npz", theta=theta)
    stored = directions if len(keys) == 2 else [np.array(directions)]
    np.savez(data / "d.npz", **dict(zip(keys, stored, strict=True)))
    options = ["--weights", "w.npz", "--directions", "file:d.npz", "--x=-1:1:3", "--y", "0:1:2"]
    scan = scanned(*options)
    np.testing.assert_array_equal(scan.direction.values, directions)
    for x in scan.x.values:
        for y in scan.y.values:
            there = loss(theta + x * directions[0] + y * directions[1])
            assert abs(scan.loss.sel(x=x, y=y).item() - there) <= ROUNDING * (1 + there)


def test_normalized_directions_have_the_norms_of_the_weights(scanned, data):
    theta = random_thetas(1)[0]
    np.savez(data / "w.npz", theta=theta)
    network = ["--weights", "w.npz", "--x", "0:0:1", "--y", "0:0:1"]
    for option in ("layer", "filter", "none"):
        scan = scanned(*network, "--normalize", option)
        assert f"normalize {option}" in scan.attrs["directions"]
        for direction in scan.direction.values:
            pairs = zip(parts(WIDTHS, direction), parts(WIDTHS, theta), strict=True)
            for (weights, bias), (own_weights, own_bias) in pairs:
                axis = 1 if option == "filter" else None
                lengths = np.linalg.norm(weights, axis=axis)
                own = np.linalg.norm(own_weights, axis=axis)
                same = np.abs(lengths - own) <= ROUNDING * (1 + own)
                bias_is = abs(np.linalg.norm(bias) - np.linalg.norm(own_bias)) <= ROUNDING
                assert np.all(same) == bias_is == (option != "none")


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_is_torchs(scanned, data, activation):
    theta = random_thetas(1)[0]
    np.savez(data / "w.npz", theta=theta)
    samples = np.load(data / "data.npz")
    here = ["--weights", "w.npz", "--x", "0:0:1", "--y", "0:0:1"]
    found = scanned(*here, "--activation", activation).loss.item()
    expected = cross_entropy(WIDTHS, theta, samples["x"], samples["y"], activation)
    assert abs(found - expected) <= ROUNDING * (1 + expected)


def test_fresh_weights_have_the_variance_of_their_name(run, tmp_path):
    """n normal weights have n·s²/σ² distributed as chi-square with n degrees of freedom; the
    limits are passed once in 10⁹. A uniform's even moments are below the normal's of its variance,
    so that its sums of squares spread less."""
    widths = [50, 80, 30]
    random = np.random.default_rng(2)
    np.savez(tmp_path / "data.npz", x=random.normal(size=(2, 50)), y=[0, 29])
    variances = {
        "xavier": lambda inputs, outputs: 2 / (inputs + outputs),
        "he": lambda inputs, outputs: 2 / inputs,
        "normal:0.3": lambda inputs, outputs: 0.09,
        "zero": lambda inputs, outputs: 0.0,
    }
    network = ["grid", "--mlp", "50-80-30", "--data", "data.npz", "--normalize", "none"]
    for name, variance in variances.items():
        arguments = ["--init", name, "--x", "0:0:1", "--y", "0:0:1", "--overwrite"]
        result = run(*network, *arguments)
        assert result.returncode == 0, result.stderr
        with xarray.open_dataset(tmp_path / "scan.nc") as scan:
            theta = scan.origin.values
        for weights, bias in parts(widths, theta):
            outputs, inputs = weights.shape
            sigma2 = variance(inputs, outputs)
            of_this_size = [weights.ravel()] if name != "normal:0.3" else [weights.ravel(), bias]
            for values in of_this_size:
                low, high = sigma2 * chi2.ppf([1e-9, 1 - 1e-9], len(values))
                assert low <= np.square(values).sum() <= high or (
                    name == "zero" and not any(values)
                )
            if name != "normal:0.3":
                assert not bias.any()
            if name == "xavier":  # Glorot's is uniform
                assert np.abs(weights).max() <= np.sqrt(3 * sigma2)


def test_fresh_weights_differ_with_the_seed(scanned):
    here = ["--x", "0:0:1", "--y", "0:0:1"]
    first, again, other = (scanned(*here, "--seed", s).origin.values for s in (1, 1, 2))
    assert (first == again).all() and (first != other).any()


def test_what_one_seed_draws_has_nothing_in_common_with_the_weights(run, data):
    """Independent directions in P dimensions: |cos| > 6/sqrt(P) has a chance of 3e-8."""
    widths = ["--mlp", "3-300-2", "--data", "data.npz", "--overwrite", "--quiet"]
    parameters = 300 * 4 + 2 * 301

    def call(*arguments):
        result = run(arguments[0], *widths, *arguments[1:])
        assert result.returncode == 0, result.stderr

    def scan(name):
        with xarray.open_dataset(data / name) as opened:
            return opened.load()

    for seed in ("0", "1", "5"):
        fresh = ["--init", "normal:1", "--seed", seed]
        call("grid", *fresh, "--normalize", "none", "--x=-1:1:2", "--y=0:0:1")
        plane = scan("scan.nc")
        weights = plane.origin.values
        drawn = {"x": plane.direction.values[0], "y": plane.direction.values[1]}
        call("segments", *fresh, "--region", "ball:1", "--count", "2")
        for number, end in enumerate(scan("segments.nc").ends.values.reshape(-1, parameters)):
            drawn[f"end {number}"] = end - weights
        # The minimiser of a loss of order one with 1e8 times the distance squared is the centre.
        np.savez(data / "zero.npz", theta=np.zeros(parameters))
        centre = ["--penalty", "l2=1e8", "--penalty-center", "normal:1", "--seed", seed]
        call("train", "--weights", "zero.npz", *centre, "--output", "centre.npz")
        drawn["centre"] = np.load(data / "centre.npz")["theta"]
        assert abs(drawn["centre"].std() - 1) < 0.2
        vectors = np.array([weights, *drawn.values()])
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        cosines = vectors @ vectors.T - np.eye(len(vectors))
        assert np.abs(cosines).max() <= 6 / np.sqrt(parameters), (seed, ["weights", *drawn])


def test_random_directions_are_never_one(run, tmp_path):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "q.npz", x=rng.normal(size=(5, 1)), y=rng.normal(size=(5, 1)))
    # One weight a layer: of its size there are two, so half the pairs that can be drawn are one.
    call = ["grid", "--mlp", "1-1-1", "--no-bias", "--data", "q.npz", "--loss", "mse"]
    call += ["--directions", "random", "--x", "-1:1:3", "--overwrite"]
    for seed in range(6):
        assert run(*call, "--seed", seed).returncode == 0
        with xarray.open_dataset(tmp_path / "scan.nc") as scan:
            assert np.linalg.matrix_rank(scan.direction.values) == 2
    np.savez(tmp_path / "one.npz", theta=[0.0, 2.0])
    result = run(*call, "--weights", "one.npz")
    assert "all directions of the weights' sizes are parallel here" in complaint(result, 1)
    # What is proposed can be scanned.
    np.savez(tmp_path / "one.npz", theta=[1.0, 0.0, 2.0])
    call = ["grid", "--mlp", "1-1-1-1", "--no-bias", "--data", "q.npz", "--loss", "mse"]
    call += ["--weights", "one.npz", "--x", "-1:1:3", "--overwrite", "--parameters"]
    random = ["--directions", "random"]
    words = complaint(run(*call, "layer:2+layer:3", *random), 1)
    assert words.endswith("use --normalize none or --directions axis:1,2")
    for proposed in ([*random, "--normalize", "none"], ["--directions", "axis:1,2"]):
        assert run(*call, "layer:2+layer:3", *proposed).returncode == 0
