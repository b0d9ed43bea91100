# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Maps of the smallest eigenvalue on the digits: every way of finding it says the same."""

import numpy as np
import pytest
import xarray
from conftest import NETWORK

LOCALLY_CONVEX, NOT_CONVEX = 1, 2


@pytest.fixture
def scan(run, tmp_path, digits):
    """A map of a network on the first digits; gives the opened result and what was printed."""

    def call(network, quantities, *more, samples=120):
        result = run(
            "grid", "--mlp", network, "--data", digits, "--samples", samples, "--seed", 4,
            "--quantities", quantities, "--output", "scan.nc", "--overwrite", *more,
        )  # fmt: skip
        assert result.returncode == 0, result.stderr
        with xarray.open_dataset(tmp_path / "scan.nc") as opened:
            return opened.load(), result.stdout

    return call


@pytest.fixture
def trained(run, digits):
    """Weights near a minimum with a penalty: locally convex there, and not further out."""
    network = ["--mlp", "64-3-10", "--data", digits, "--samples", 120, "--seed", 4]
    result = run("train", *network, "--penalty", "l2=0.03", "--output", "weights.npz")
    assert result.returncode == 0, result.stderr
    return ["--weights", "weights.npz", "--penalty", "l2=0.03", "--x", "-1:1:5", "--y", "-1:1:5"]


def test_dense_cascade_and_lanczos_agree_at_every_point_of_a_map_of_the_digits(scan, trained):
    values = "min_eigenvalue,verdict"
    dense, _ = scan("64-3-10", values, *trained, "--eigensolver", "cusolver")
    alone, _ = scan("64-3-10", values, *trained, "--eigensolver", "cascade")
    signs, _ = scan("64-3-10", "verdict", *trained, "--eigensolver", "cascade")
    ritz, _ = scan("64-3-10", values, *trained, "--eigensolver", "lanczos")

    verdict = dense.verdict.values
    assert {LOCALLY_CONVEX, NOT_CONVEX} <= set(verdict.ravel())  # or the map tests little
    np.testing.assert_array_equal(alone.verdict.values, verdict)
    np.testing.assert_array_equal(signs.verdict.values, verdict)
    # Products alone never prove convexity.
    np.testing.assert_array_equal(
        ritz.verdict.values, np.where(verdict == NOT_CONVEX, NOT_CONVEX, 0)
    )
    for other in (alone, ritz):
        apart = np.abs(other.min_eigenvalue - dense.min_eigenvalue)
        assert (apart <= other.min_eigenvalue_error + dense.min_eigenvalue_error).all()
    # Found alone, and proved, at most of the points.
    assert np.isin(alone.settled_by, [4, 5]).mean() > 0.5


@pytest.fixture
def correlated(tmp_path):
    """Measurements of which two are sums of others, up to a little noise in one of them."""
    random = np.random.default_rng(8)
    x = random.normal(size=(90, 6))
    x[:, 4] = x[:, 0] - 2 * x[:, 1]
    x[:, 5] = x[:, 2] + x[:, 3] + 1e-7 * random.normal(size=90)
    target = np.sin(x[:, 0]) + 0.3 * x[:, 5] + 0.1 * random.normal(size=90)
    np.savez(tmp_path / "classes.npz", x=x, y=(target > 0).astype(int) + (target > 1))
    np.savez(tmp_path / "values.npz", x=x, y=target)
    return tmp_path


MAPS = {
    "tanh on classes": ["--mlp", "6-7-3", "--data", "classes.npz"],
    "softplus on values": ["--mlp", "6-8-1", "--activation", "softplus", "--data", "values.npz"],
    "relu on values": ["--mlp", "6-9-1", "--activation", "relu", "--data", "values.npz"],
    "residual on classes": ["--mlp", "6-5-5-3", "--residual", "--data", "classes.npz"],
    "huber on values": ["--mlp", "6-8-4-1", "--loss", "huber", "--data", "values.npz"],
}


@pytest.mark.parametrize("network", MAPS.values(), ids=MAPS.keys())
def test_every_solver_agrees_on_maps_around_trained_networks(run, correlated, network):
    penalty = ["--penalty", "l2=0.02", "--seed", 3]
    trained = run("train", *network, *penalty, "--output", "weights.npz")
    assert trained.returncode == 0, trained.stderr
    common = [*network, *penalty, "--weights", "weights.npz", "--x", "-1:1:7", "--y", "-1:1:7"]

    def scan(quantities, solver):
        result = run("grid", *common, "--quantities", quantities, "--eigensolver", solver,
                     "--output", "scan.nc", "--overwrite")  # fmt: skip
        assert result.returncode == 0, result.stderr
        with xarray.open_dataset(correlated / "scan.nc") as opened:
            return opened.load()

    dense = scan("min_eigenvalue,max_eigenvalue,verdict", "cusolver")
    verdict = dense.verdict.values
    # Or the map tests little; a relu network is seldom anything else where it is not all off.
    assert NOT_CONVEX in verdict
    assert len(set(verdict.ravel())) > 1 or "relu" in network
    for quantities in ("min_eigenvalue,verdict", "verdict"):
        cascade = scan(quantities, "cascade")
        np.testing.assert_array_equal(cascade.verdict.values, verdict)
        if "min_eigenvalue" in cascade:
            apart = np.abs(cascade.min_eigenvalue - dense.min_eigenvalue)
            assert (apart <= cascade.min_eigenvalue_error + dense.min_eigenvalue_error).all()
    ritz = scan("min_eigenvalue,max_eigenvalue,verdict", "lanczos")
    np.testing.assert_array_equal(
        ritz.verdict.values, np.where(verdict == NOT_CONVEX, NOT_CONVEX, 0)
    )
    for value in ("min_eigenvalue", "max_eigenvalue"):
        apart = np.abs(ritz[value] - dense[value])
        assert (apart <= ritz[f"{value}_error"] + dense[f"{value}_error"]).all()


def test_linear_regression_on_correlated_columns_is_nowhere_not_convex(run, correlated, digits):
    # Pixels: some are black in every image, most go with their neighbours.
    images = np.load(digits)
    x = images["x"].reshape(len(images["x"]), -1)[:150].astype(float)
    np.savez(correlated / "pixels.npz", x=x, y=images["y"][:150].astype(float))
    assert np.linalg.matrix_rank(x) < x.shape[1]
    for data, width in (("pixels.npz", x.shape[1]), ("values.npz", 6)):
        for quantities, solver in (
            ("min_eigenvalue,verdict", "cusolver"), ("min_eigenvalue,verdict", "cascade"),
            ("verdict", "cascade"), ("verdict", "lanczos"),
        ):  # fmt: skip
            result = run(
                "grid", "--mlp", f"{width}-1", "--activation", "identity", "--loss", "mse",
                "--data", data, "--quantities", quantities, "--eigensolver", solver,
                "--x", "-1:1:3", "--y", "-1:1:3", "--overwrite",
            )  # fmt: skip
            assert result.returncode == 0, result.stderr
            with xarray.open_dataset(correlated / "scan.nc") as opened:
                assert not (opened.verdict == NOT_CONVEX).any()
                if "min_eigenvalue" in opened:
                    assert (np.abs(opened.min_eigenvalue) <= opened.min_eigenvalue_error).all()


def test_what_lanczos_may_have_missed_is_said(scan):
    result, printed = scan("64-3-10", "min_eigenvalue,verdict", "--x", "0:0:1",
                           "--eigensolver", "lanczos", samples=20)  # fmt: skip
    said = "with a chance of 1e-6 at most is a smaller eigenvalue missed by over"
    assert said in printed
    assert said in result.attrs["eigensolver_reason"]
    assert said in result.min_eigenvalue.attrs["comment"]
    # Nothing is left open where the whole matrix was looked at.
    dense, printed = scan("64-3-10", "min_eigenvalue", "--x", "0:0:1", samples=20)
    assert "missed" not in printed and "comment" not in dense.min_eigenvalue.attrs


def test_verdicts_alone_of_a_large_network_are_those_with_values(scan):
    # Far from the weights, where some of the plane's own directions curve down.
    grid = ("--x", "-1:1:5", "--y", "-1:1:5", "--normalize", "none")
    values, _ = scan("64-32-10", "min_eigenvalue,verdict", *grid, samples=100)
    alone, printed = scan("64-32-10", "verdict", *grid, samples=100)
    np.testing.assert_array_equal(alone.verdict, values.verdict)
    assert (alone.verdict == NOT_CONVEX).all()
    assert (values.settled_by == 4).all()  # each by its own Lanczos
    assert (alone.settled_by != 4).sum() > 10
    assert "by plane" in printed and "by eigenvector" in printed
    # Proofs need no chance; with a strong penalty nothing is proved, and the chance is said.
    assert "missed" not in alone.attrs["eigensolver_reason"]
    strong, _ = scan("64-32-10", "verdict", "--x", "0:0:1", "--penalty", "l2=1", "--activation",
                     "relu", samples=100)  # fmt: skip
    assert (strong.verdict == 0).all() and (strong.settled_by == 0).all()
    assert "where undecided, " in strong.attrs["eigensolver_reason"]


def test_an_eigenvector_at_every_point_is_stored_with_its_parameters(run, scan, tmp_path):
    result, printed = scan("64-2-10", "min_eigenvector,plane_hessian", "--x", "-1:1:3", "--y",
                           "0:1:2", samples=30)  # fmt: skip
    vector = result.min_eigenvector
    assert vector.dims == ("y", "x", "parameter") and vector.shape == (2, 3, 160)
    np.testing.assert_allclose((vector**2).sum("parameter"), 1, rtol=1e-14)
    largest = np.abs(vector).argmax("parameter")
    assert (vector.isel(parameter=largest) > 0).all()
    assert {"min_eigenvalue", "min_eigenvalue_error", "min_eigenvector_error"} <= set(result)
    assert "min_eigenvector:" not in printed  # 960 numbers have no range worth a line
    # Its curvature is λ_min: the second derivative along it, from another scan.
    np.savez(tmp_path / "along.npz", x=vector.values[1, 2], y=vector.values[0, 0])
    theta = result.origin + result.x[2] * result.direction[0] + result.y[1] * result.direction[1]
    np.savez(tmp_path / "there.npz", theta=theta.values)
    along, _ = scan("64-2-10", "plane_hessian", "--weights", "there.npz", "--directions",
                    "file:along.npz", "--x", "0:0:1", "--y", "0:0:1", samples=30)  # fmt: skip
    lowest = result.min_eigenvalue.values[1, 2]
    assert abs(along.plane_hessian.values[0, 0, 0] - lowest) <= 1e-9


def test_an_eigenvector_for_too_many_points_is_refused_before_the_scan(run, digits):
    result = run("grid", "--mlp", "64-10", "--data", digits, "--x", "-1:1:9999", "--y",
                 "-1:1:9999", "--quantities", "min_eigenvector")  # fmt: skip
    assert result.returncode == 2
    assert "--quantities min_eigenvector: 650 parameters at" in result.stderr
    assert "GiB" in result.stderr and "use fewer" in result.stderr


def test_what_settled_a_verdict_is_a_category_with_names(scan):
    result, _ = scan("64-2-10", "verdict", "--x", "-1:1:3", samples=30)
    assert result.settled_by.dtype == np.int8
    meanings = result.settled_by.attrs["flag_meanings"].split()
    assert meanings == ["nothing", "plane", "eigenvector", "diagonal", "lanczos", "cholesky",
                        "dense", "kink"]  # fmt: skip
    np.testing.assert_array_equal(result.settled_by.attrs["flag_values"], range(8))


def test_a_network_of_zero_weights_lies_on_its_kinks(scan):
    result, printed = scan("64-3-10", "verdict", "--activation", "relu", "--init", "zero",
                           "--penalty", "l2=0.5", "--normalize", "none", "--x", "0:0:1",
                           samples=30)  # fmt: skip
    assert (result.verdict == 0).all() and (result.settled_by == 7).all()
    assert "1 by kink" in printed
    assert "1 point left undecided: a pre-activation or a maximum lies on its kink" in printed


def test_a_finite_hessian_is_kept_however_large_its_error_bound(run, data, tmp_path):
    # All neurons are saturated: the Hessian is zero as far as float64 can tell.
    theta = np.random.default_rng(3).normal(size=26)
    for factor, bounded in ((1e30, True), (1e155, False)):
        np.savez(data / "w.npz", theta=factor * theta)
        for solver in ("cusolver", "cascade", "lanczos"):
            result = run(
                *["grid", *NETWORK, "--weights", "w.npz", "--x", "-1:1:3"],
                *["--quantities", "verdict,min_eigenvalue", "--eigensolver", solver],
                "--overwrite",
            )
            assert result.returncode == 0, result.stderr
            scan = xarray.open_dataset(tmp_path / "scan.nc")
            assert np.isfinite(scan.min_eigenvalue).all(), solver
            error = scan.min_eigenvalue_error.values
            assert (np.isfinite(error) if bounded else np.isposinf(error)).all()
            assert (scan.verdict == 0).all()
            said = "the error bound is not finite at 9 of 9 points" in result.stdout
            assert said == (not bounded)
            scan.close()
        call = ["grid", *NETWORK, "--weights", "w.npz", "--quantities", "verdict"]
        alone = run(*call, "--x", "-1:1:3", "--overwrite")
        assert ("or the bound on its error is not finite" in alone.stdout) != bounded


def test_softmax_regression_on_the_digits_is_nowhere_not_convex(scan):
    for solver in ("cusolver", "cascade"):
        result, _ = scan(
            "64-10", "min_eigenvalue,verdict", "--x", "-1:1:3", "--y", "0:0:1",
            "--eigensolver", solver,
        )  # fmt: skip
        assert not (result.verdict == NOT_CONVEX).any()
        assert (np.abs(result.min_eigenvalue) <= result.min_eigenvalue_error).all()


@pytest.mark.parametrize(
    ("network", "quantities", "asked", "chosen", "because"),
    [
        ("64-3-10", "verdict", "auto", "cascade", "only the verdict"),
        ("64-3-10", "min_eigenvalue,verdict", "auto", "cascade", "only the smallest"),
        ("64-3-10", "max_eigenvalue", "auto", "lapack", "max_eigenvalue needs more"),
        ("64-3-10", "max_eigenvalue", "cascade", "lapack", "max_eigenvalue needs more"),
        ("64-32-10", "min_eigenvalue", "auto", "lanczos", "2410 parameters"),
        ("64-32-10", "verdict", "auto", "lanczos", "2410 parameters"),
        ("64-3-10", "min_eigenvalue", "lanczos", "lanczos", "asked for"),
        ("64-3-10", "min_eigenvalue", "cusolver", "lapack", "asked for"),
    ],
)
def test_the_result_says_which_eigensolver_was_used_and_why(
    scan, network, quantities, asked, chosen, because
):
    result, printed = scan(network, quantities, "--x", "0:0:1", "--eigensolver", asked, samples=20)
    assert result.attrs["eigensolver"] == chosen
    assert because in result.attrs["eigensolver_reason"]
    assert f"eigensolver: {chosen} ({result.attrs['eigensolver_reason']})" in printed


def test_a_result_without_curvature_names_no_eigensolver(scan):
    result, printed = scan("64-3-10", "loss", "--x", "0:0:1")
    assert "eigensolver" not in result.attrs
    assert "eigensolver" not in printed


def test_what_the_help_offers_is_what_a_result_can_hold(run, scan):
    text = " ".join(run("grid", "--help").stdout.split())
    listed = text.split("joined by commas: ")[1].split(" (default")[0].split(", ")
    assert {"near_zero_count", "positive_count", "settled_by", "eigenvalue_error"} <= set(listed)
    result, _ = scan("64-3-10", ",".join(listed), "--x", "0:0:1", samples=20)
    assert set(listed) <= set(result.data_vars)
