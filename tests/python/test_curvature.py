# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Maps of the smallest eigenvalue on the digits: every way of finding it says the same."""

import numpy as np
import pytest
import xarray

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
        ("64-3-10", "max_eigenvalue", "auto", "cusolver", "max_eigenvalue needs more"),
        ("64-3-10", "max_eigenvalue", "cascade", "cusolver", "max_eigenvalue needs more"),
        ("64-32-10", "min_eigenvalue", "auto", "lanczos", "2410 parameters"),
        ("64-3-10", "min_eigenvalue", "lanczos", "lanczos", "asked for"),
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
