# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Convexity gaps and segments from the command line, against SciPy and 200-bit arithmetic."""

import mpmath
import numpy as np
import pytest
import xarray
from convexscan.plot import plot
from convexscan.result import ResultError
from scipy.spatial import ConvexHull


def envelope_by_qhull(loss):
    """The lower hull's facets, each a lower bound everywhere: their maximum is the envelope."""
    rows, columns = loss.shape
    x, y = np.meshgrid(np.arange(columns), np.arange(rows))
    finite = np.isfinite(loss)
    scale = np.ptp(loss[finite])
    points = np.column_stack([x[finite], y[finite], loss[finite] / scale * columns])
    planes = ConvexHull(points).equations
    planes = planes[planes[:, 2] < -1e-9]  # facing down
    result = np.full(loss.shape, -np.inf)
    for a, b, c, d in planes:
        result = np.maximum(result, -(a * x + b * y + d) / c)
    return result * scale / columns


@pytest.fixture
def network(tmp_path):
    random = np.random.default_rng(2)
    x = random.normal(size=(40, 3))
    np.savez(tmp_path / "data.npz", x=x, y=np.tanh(x[:, 0] * x[:, 1]) + x[:, 2] ** 2)
    return ["--data", "data.npz"]


@pytest.mark.parametrize(("columns", "rows"), [(41, 31), (3, 200), (200, 3)])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_the_gap_of_a_network_is_qhulls(run, network, tmp_path, activation, columns, rows):
    result = run(
        "grid",
        "--mlp",
        "3-6-1",
        *network,
        "--activation",
        activation,
        "--x",
        f"-2:2:{columns}",
        "--y",
        f"-2:2:{rows}",
    )
    assert "convexity gap: up to" in result.stdout
    scan = xarray.open_dataset(tmp_path / "scan.nc")
    loss, gap = scan.loss.values, scan.convexity_gap.values
    # Qhull merges facets within about 1e-14 of the extent; allow a hundred of these.
    assert np.abs(loss - gap - envelope_by_qhull(loss)).max() <= 1e-12 * np.ptp(loss)
    assert gap.min() == 0 and gap[0, 0] == gap[-1, -1] == 0

    # The witness: a convex combination of places with a mean loss that is lower by the gap.
    x, y, weight = (scan[f"gap_witness_{name}"].values for name in ("x", "y", "weight"))
    assert weight[0] == -1 and (weight[1:] > 0).all() and abs(weight.sum()) <= 1e-15
    assert abs(weight @ x) <= 1e-14 and abs(weight @ y) <= 1e-14
    at = [scan.loss.sel(x=px, y=py).item() for px, py in zip(x, y, strict=True)]
    assert abs(-(weight @ at) - gap.max()) <= 1e-14 * np.ptp(loss)
    assert gap.max() > scan.convexity_gap.attrs["least_real"] > 0
    texts = [t.get_text() for t in plot(scan, "convexity_gap").axes[0].get_legend().get_texts()]
    assert any("touches its envelope" in t for t in texts)
    assert any("what proves it" in t for t in texts)


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_a_gap_is_proved_beside_points_that_overflow(run, network, tmp_path, precision):
    # Parameter 24 is an output weight: far out the squared error is no number.
    plane = ["--mlp", "3-6-1", *network, "--directions", "axis:24,0", "--precision", precision]
    plane += ["--y", "-30:30:61", "--overwrite"]
    assert run("grid", *plane, "--x", "0:0:1").returncode == 0
    alone = xarray.open_dataset(tmp_path / "scan.nc").load()
    far = "-1e200:1e200:3" if precision == "float64" else "-1e30:1e30:3"
    assert run("grid", *plane, "--x", far, "--output", "far.nc").returncode == 0
    beside = xarray.open_dataset(tmp_path / "far.nc").load()
    assert not np.isfinite(beside.loss.values[:, [0, 2]]).any()
    assert alone.convexity_gap.max() > alone.convexity_gap.least_real
    assert np.array_equal(beside.convexity_gap.values[:, 1], alone.convexity_gap.values[:, 0])
    assert beside.convexity_gap.least_real == alone.convexity_gap.least_real
    for part in ("x", "y", "weight"):
        assert np.array_equal(beside[f"gap_witness_{part}"], alone[f"gap_witness_{part}"])


def test_a_gap_within_rounding_has_no_map_unless_asked_for(run, data, tmp_path):
    call = ["grid", "--mlp", "3-2", "--data", data / "data.npz", "--precision", "float32"]
    result = run(*call, "--x=-1e-3:1e-3:41", "--y=-1e-3:1e-3:41")  # where rounding is all there is
    assert result.returncode == 0, result.stderr
    scan = xarray.open_dataset(tmp_path / "scan.nc")
    assert 0 < scan.convexity_gap.max() <= scan.convexity_gap.least_real < np.inf
    assert [axes.get_title() for axes in plot(scan).axes] == ["Loss"]
    assert plot(scan, "convexity_gap").axes[0].get_title() == "Convexity gap"


def test_a_gap_without_a_bound_is_unknown(run, tmp_path):
    random = np.random.default_rng(3)
    np.savez(tmp_path / "data.npz", x=random.normal(size=(9, 3)), y=random.normal(size=9))
    x = "--x=-1e154:1e154:41"
    result = run("grid", "--mlp", "3-5-1", "--loss", "mse", "--data", "data.npz", x)
    assert "convexity gap: unknown, as the losses' rounding has no bound\n" in result.stdout
    scan = xarray.open_dataset(tmp_path / "scan.nc")
    assert np.isinf(scan.convexity_gap.least_real) and scan.convexity_gap.max() > 0
    assert [axes.get_title() for axes in plot(scan).axes] == ["Loss"]
    with pytest.raises(ResultError, match="convexity_gap: is unknown"):
        plot(scan, "convexity_gap")


def test_no_gap_is_at_the_foot_of_its_scale(run, tmp_path):
    np.savez(tmp_path / "data.npz", x=np.eye(3), y=np.arange(3))
    assert run("grid", "--mlp", "3-3", "--data", "data.npz", "--x=-1:1:11").returncode == 0
    scan = xarray.open_dataset(tmp_path / "scan.nc")
    (map_, *_) = plot(scan, "convexity_gap").axes[0].collections
    assert map_.norm.vmin == 0 and (map_.get_array() == 0).all()


def test_convex_objectives_have_no_gap_beyond_rounding(run, tmp_path):
    random = np.random.default_rng(3)
    x = random.normal(size=(60, 4))
    np.savez(tmp_path / "data.npz", x=x, y=(x @ random.normal(size=(4, 3))).argmax(1))
    for arguments in (["--mlp", "4-3"], ["--mlp", "4-3", "--loss", "mse"]):
        for precision in ("float64", "float32"):
            call = [
                *arguments,
                "--data",
                "data.npz",
                "--precision",
                precision,
                "--overwrite",
            ]
            grid = run("grid", *call, "--x", "-1:1:101", "--output", "g.nc")
            assert "none beyond rounding" in grid.stdout, grid.stdout
            assert "gap_witness_x" not in xarray.open_dataset(tmp_path / "g.nc")
            lines = run(
                "segments",
                *call,
                "--region",
                "ball:2",
                "--count",
                "2000",
                "--output",
                "s.nc",
            )
            assert "no violation of convexity in 2000 segments" in lines.stdout, lines.stdout
            assert "at most 0.15 %" in lines.stdout  # 1 − 0.05^(1/2000)
            assert "worst_ends" not in xarray.open_dataset(tmp_path / "s.nc")


def loss_in_200_bits(theta, data):
    """The mean squared error of a 3-5-1 tanh network, from its definition."""
    w, b, v, c = np.split(theta, [15, 20, 25])
    total = mpmath.mpf(0)
    for x, y in zip(data["x"], data["y"], strict=True):
        z = c[0]
        for k in range(5):
            a = b[k]
            for i in range(3):
                a += w[3 * k + i] * mpmath.mpf(float(x[i]))
            z += v[k] * mpmath.tanh(a)
        total += (z - mpmath.mpf(float(y))) ** 2
    return total / len(data["y"])


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_a_violation_has_the_same_sign_in_200_bits(run, network, tmp_path, precision):
    result = run(
        "segments",
        "--mlp",
        "3-5-1",
        *network,
        "--region",
        "box:0.2",
        "--count",
        "200",
        "--seed",
        "4",
        "--precision",
        precision,
    )
    assert "not convex" in result.stdout and "witness: on segment" in result.stdout
    scan = xarray.open_dataset(tmp_path / "segments.nc")
    data = np.load(tmp_path / "data.npz")
    worst = scan.worst_ends.attrs["segment"]
    assert np.array_equal(scan.ends.values[worst], scan.worst_ends.values)
    real = np.flatnonzero(np.isfinite(scan.witness.values).all(axis=1))
    assert worst in real
    assert len(real) == (scan.largest_convexity_gap > scan.least_real_gap).sum()
    smallest = real[np.argmin(scan.largest_convexity_gap.values[real])]
    with mpmath.workprec(200):
        for k in {int(worst), int(smallest)}:
            ends = [np.array([mpmath.mpf(float(v)) for v in end]) for end in scan.ends.values[k]]
            left, middle, right = (mpmath.mpf(float(t)) for t in scan.witness.values[k])
            low, high, up = (
                loss_in_200_bits(ends[0] + t * (ends[1] - ends[0]), data)
                for t in (left, right, middle)
            )
            share = (middle - left) / (right - left)
            gap = up - ((1 - share) * low + share * high)
            assert gap > 0
            error = scan.least_real_gap.values[k]
            assert abs(gap - scan.largest_convexity_gap.values[k]) <= error


def test_segments_between_files_and_twins(run, network, tmp_path):
    call = ["segments", "--mlp", "3-5-1", *network]
    random = np.random.default_rng(1)
    for name in "ab":
        np.savez(tmp_path / f"{name}.npz", theta=random.normal(size=26))
    assert run(*call, "a.npz", "b.npz", "--points", "33").returncode == 0
    first = xarray.open_dataset(tmp_path / "segments.nc")
    assert first.loss.shape == (1, 33)
    assert (
        run(
            *call,
            "--from",
            "a.npz",
            "--to",
            "b.npz",
            "--points",
            "33",
            "--output",
            "c.nc",
        ).returncode
        == 0
    )
    assert np.array_equal(first.loss, xarray.open_dataset(tmp_path / "c.nc").loss)
    assert run(*call, "--weights", "a.npz", "--to", "b.npz", "--output", "d.nc").returncode == 0

    twins = run(*call, "--weights", "a.npz", "--twin", "flip", "--seed", "5", "--output", "t.nc")
    assert "changes its signs" in twins.stdout
    twin = xarray.open_dataset(tmp_path / "t.nc")
    assert twin.loss.values[0, 0] == pytest.approx(twin.loss.values[0, -1], rel=1e-13)
    line = twin.loss.values[0]
    assert twin.barrier.item() == pytest.approx((line - line[0]).max(), rel=1e-9)

    # Slopes and curvatures are those of the curve.
    fine = run(*call, "a.npz", "b.npz", "--points", "2001", "--output", "f.nc")
    assert fine.returncode == 0
    fine = xarray.open_dataset(tmp_path / "f.nc")
    slope = np.gradient(fine.loss.values[0], fine.t.values, edge_order=2)
    assert fine.slope_first.item() == pytest.approx(slope[0], rel=1e-3)
    assert fine.slope_last.item() == pytest.approx(slope[-1], rel=1e-3)
