# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Segments before and after alignment, and between the points of a grid."""

import csv
import itertools

import numpy as np
import pytest
import xarray
from conftest import NETWORK, complaint
from convexscan.plot import plot

WIDTHS = [64, 12, 8, 10]


def save_network(path, seed, order=None):
    """One array per tensor; order lists permutations of the hidden layers."""
    random = np.random.default_rng(seed)
    arrays = []
    for k, (inputs, outputs) in enumerate(itertools.pairwise(WIDTHS)):
        weights, bias = random.normal(size=(outputs, inputs)) / 4, random.normal(size=outputs)
        if order is not None and k < len(order):
            weights, bias = weights[order[k]], bias[order[k]]
        if order is not None and k > 0:
            weights = weights[:, order[k - 1]]
        arrays += [weights, bias]
    np.savez(path, *arrays)
    return np.concatenate([a.ravel() for a in arrays])


@pytest.fixture
def call(digits):
    network = ["--mlp", "64-12-8-10", "--activation", "relu", "--data", digits, "--samples", "100"]
    return ["segments", *network, "a.npz", "b.npz", "--align"]


def test_a_permuted_twin_is_brought_back_exactly(run, call, tmp_path):
    random = np.random.default_rng(1)
    theta = save_network(tmp_path / "a.npz", 5)
    save_network(tmp_path / "b.npz", 5, [random.permutation(12), random.permutation(8)])
    result = run(*call, "--aligned", "c.npz")
    assert result.returncode == 0, result.stderr
    assert "and is 0\n" in result.stdout
    assert np.array_equal(np.load(tmp_path / "c.npz")["theta"], theta)
    scan = xarray.open_dataset(tmp_path / "segments.nc")
    assert list(scan.label.values) == ["as it is", "aligned"]
    # Between the twins the loss changes; the aligned one is the same point.
    assert np.ptp(scan.loss.values[0]) > 0.01 and np.ptp(scan.loss.values[1]) == 0
    assert scan.barrier.values[1] == 0
    assert "barrier aligned: none\n" in result.stdout
    # 100 samples and sums of up to 64 terms, in another order.
    assert scan.loss.values[0, -1] == pytest.approx(scan.loss.values[1, -1], rel=1e-13)


def test_the_barriers_before_and_after_alignment_are_in_one_picture(run, call, tmp_path):
    save_network(tmp_path / "a.npz", 5)
    save_network(tmp_path / "b.npz", 6)
    result = run(*call)
    assert "barrier as it is: " in result.stdout and "barrier aligned: " in result.stdout
    scan = xarray.open_dataset(tmp_path / "segments.nc")
    texts = [t.get_text() for t in plot(scan).legends[0].get_texts()]
    assert "chord of the ends" in texts
    for label, barrier in zip(["as it is", "aligned"], scan.barrier.values, strict=True):
        assert any(t.startswith(label) and f"{barrier:.3g}" in t for t in texts), texts
    assert np.array_equal(scan.ends.values[0, 0], scan.ends.values[1, 0])  # of the same network


def test_a_barrier_of_rounding_is_none(run, tmp_path):
    # Along the outputs' common shift softmax regression's loss is constant up to its rounding.
    random = np.random.default_rng(3)
    np.savez(tmp_path / "d.npz", x=random.normal(size=(60, 4)), y=random.integers(0, 3, 60))
    heights = []
    for trial in range(8):
        theta = random.normal(size=15)
        np.savez(tmp_path / "a.npz", theta=theta)
        np.savez(tmp_path / "b.npz", theta=theta + 10 * np.repeat([0, 1], [12, 3]))
        result = run(
            "segments", "--mlp", "4-3", "--data", "d.npz", "--precision", "float32",
            "a.npz", "b.npz", "--output", f"{trial}.nc",
        )  # fmt: skip
        assert result.returncode == 0, result.stderr
        scan = xarray.open_dataset(tmp_path / f"{trial}.nc")
        heights.append(scan.barrier.item())
        assert heights[-1] <= scan.least_real_gap.item()
        said = "none beyond rounding: " if heights[-1] > 0 else "none\n"
        assert f"barrier: {said}" in result.stdout
        scan["label"] = ("segment", np.array(["shift"], dtype=object))
        texts = [t.get_text() for t in plot(scan).legends[0].get_texts()]
        words = "no barrier beyond rounding" if heights[-1] > 0 else "barrier 0"
        assert f"shift: {words}" in texts
    assert max(heights) > 0  # or nothing was tried


def test_a_barrier_without_a_bound_is_unknown(run, tmp_path):
    # The squared errors are just below what float64 holds, and their bound is beyond it.
    random = np.random.default_rng(3)
    np.savez(tmp_path / "d.npz", x=random.normal(size=(9, 3)), y=random.normal(size=9))
    network = ["segments", "--mlp", "3-5-1", "--loss", "mse", "--data", "d.npz"]
    theta = random.normal(size=26)
    for name, scale in (("a.npz", 3e152), ("b.npz", -3e152), ("one.npz", 1.0)):
        np.savez(tmp_path / name, theta=scale * (theta if scale > 0 else theta[::-1]))
    result = run(*network, "a.npz", "b.npz", "--output", "two.nc")
    assert result.returncode == 0, result.stderr
    scan = xarray.open_dataset(tmp_path / "two.nc")
    assert np.isfinite(scan.loss).all() and np.isinf(scan.least_real_gap).all()
    assert "barrier: could not be decided, as rounding has no bound\n" in result.stdout
    scan["label"] = ("segment", np.array(["line"], dtype=object))
    texts = [t.get_text() for t in plot(scan).legends[0].get_texts()]
    assert "line: barrier unknown" in texts
    # Among others that are decided, it is not the one that is told.
    region = ["--region", "box:5e152", "--count", "40", "--output", "many.nc"]
    many = run(*network, "--weights", "one.npz", *region)
    bounds = xarray.open_dataset(tmp_path / "many.nc").least_real_gap
    assert np.isinf(bounds).any() and np.isfinite(bounds).any(), many.stdout
    words = "barrier: none beyond rounding on the segments where that has a bound\n"
    assert words in many.stdout, many.stdout


def test_a_segment_is_drawn_with_its_envelope(run, tmp_path):
    np.savez(tmp_path / "a.npz", theta=[1.0])
    np.savez(tmp_path / "b.npz", theta=[-1.0])
    assert run("segments", "--landscape", "cubic", "a.npz", "b.npz").returncode == 0
    scan = xarray.open_dataset(tmp_path / "segments.nc")
    (axes,) = plot(scan).axes
    (drawn,) = (line for line in axes.lines if line.get_label() == "its convex envelope")
    # −x³ from 1 to −1: the tangent from (1, −1) touches at x = −½, t = ¾, where f = ⅛.
    t, loss = scan.t.values, scan.loss.values[0]
    expected = np.where(t < 0.75, -1 + t * 1.125 / 0.75, loss)
    np.testing.assert_allclose(drawn.get_ydata(), expected, rtol=0, atol=4e-16)
    np.testing.assert_array_equal(drawn.get_xdata(), t)


def test_aligned_weights_never_replace_a_file(run, call, tmp_path):
    save_network(tmp_path / "a.npz", 5)
    save_network(tmp_path / "b.npz", 6)
    save_network(tmp_path / "c.npz", 7)
    result = run(*call, "--aligned", "c.npz")
    assert result.returncode == 1 and "c.npz: already exists" in result.stderr
    assert not (tmp_path / "segments.nc").exists()


def test_chords_through_a_grid_say_which_one_violates(run, tmp_path):
    assert run("grid", "--landscape", "rosenbrock", "--x", "-1:1:5").returncode == 0
    result = run("segments", "--landscape", "rosenbrock", "--through", "scan.nc", "--points", "65")
    assert result.returncode == 0, result.stderr
    scan = xarray.open_dataset(tmp_path / "segments.nc")
    assert scan.sizes["segment"] == 25 * 24 // 2 and "between all points" in result.stdout
    # Along y = 1 from (−1, 1) to (1, 1) the gap is (1 − x)² + 100(1 − x²)² less its envelope.
    worst = scan.worst_ends.attrs["segment"]
    assert scan.label.values[worst] == "(-1, 1) to (1, 1)"
    assert f"segment {worst}, (-1, 1) to (1, 1)" in result.stdout
    assert scan.ends.values[worst].tolist() == [[-1, 1], [1, 1]]

    few = ["--through", "scan.nc", "--count", "7", "--output", "few.nc"]
    result = run("segments", "--landscape", "rosenbrock", *few)
    assert "random points of scan.nc, seed 0" in result.stdout and "confidence" in result.stdout
    assert xarray.open_dataset(tmp_path / "few.nc").sizes["segment"] == 7


def test_segments_without_finite_points_are_no_trials(run, tmp_path):
    np.savez(tmp_path / "data.npz", x=np.random.default_rng(1).normal(size=(20, 3)), y=np.ones(20))
    call = ["segments", "--mlp", "3-5-5-1", "--activation", "relu", "--data", "data.npz"]
    call += ["--count", "200", "--overwrite", "--region"]
    nothing = run(*call, "ball:1e60")
    assert nothing.returncode == 0, nothing.stderr
    assert "200 of 200 segments could not be decided: not finite or" in nothing.stdout
    assert "violation" not in nothing.stdout and "confidence" not in nothing.stdout
    scan = xarray.open_dataset(tmp_path / "segments.nc")
    assert scan.attrs["undecided_segments"] == 200 and np.isinf(scan.least_real_gap).all()
    scan.close()

    decided = run(*call, "ball:1")
    assert "could not be decided" not in decided.stdout and "of such segments" in decided.stdout
    scan = xarray.open_dataset(tmp_path / "segments.nc")
    assert scan.attrs["undecided_segments"] == 0 and np.isfinite(scan.least_real_gap).all()


def test_ends_too_far_apart_are_refused_and_unknown_barriers_are_said(run, data):
    random = np.random.default_rng(2)
    theta = random.normal(size=26)
    np.savez(data / "w.npz", theta=theta)
    np.savez(data / "most.npz", theta=np.copysign(1.7e308, theta))
    for more in ([], ["--align"]):
        far = run("segments", *NETWORK, "w.npz", "most.npz", *more)
        assert "too far apart" in complaint(far, 1)
    same = run("segments", *NETWORK, "most.npz", "most.npz", "--points", "9")
    assert same.returncode == 0, same.stderr
    assert "barrier: could not be decided" in same.stdout
    assert "9 of 9 points are not finite" in same.stdout
    two = run("segments", *NETWORK, "most.npz", "most.npz", "--align", "--output", "two.nc")
    assert two.stdout.count("could not be decided, as the loss") == 2
    assert "nan" not in two.stdout and "inf" not in two.stdout.replace("finite", "")


def test_chords_need_a_grid_of_the_same_objective(run, tmp_path):
    assert run("grid", "--landscape", "rosenbrock", "--x", "-1:1:5").returncode == 0
    through = ["--through", "scan.nc", "--output", "s.nc"]
    other = run("segments", "--landscape", "xy", *through)
    assert other.returncode == 0 and "another objective" in other.stderr
    assert "this is xy" in other.stderr
    small = run("segments", "--landscape", "sine", *through, "--overwrite")
    assert small.returncode == 1 and "its points have 2 parameters" in small.stderr
    assert len(small.stderr.splitlines()) == 1


def test_chords_of_another_activation_are_noticed(run, data):
    assert run("grid", *NETWORK, "--x", "-1:1:3", "--y", "-1:1:3").returncode == 0
    through = ["--through", "scan.nc", "--count", "3", "--overwrite"]
    same = run("segments", *NETWORK, *through)
    assert same.returncode == 0 and "another objective" not in same.stderr
    other = run("segments", *NETWORK, "--activation", "relu", *through)
    assert other.returncode == 0 and "another objective" in other.stderr
    assert "tanh" in other.stderr and "relu" in other.stderr
    np.savez(data / "data.npz", x=np.ones((20, 3)), y=np.arange(20) % 2)
    data_alone = run("segments", *NETWORK, *through).stderr
    assert "scan.nc is a scan of other data" in data_alone and "objective" not in data_alone


def test_segments_are_exported_as_a_table_and_as_arrays(run, tmp_path):
    assert (
        run("grid", "--landscape", "rosenbrock", "--x", "-1:1:3", "--y", "-1:1:3").returncode == 0
    )
    call = ["--through", "scan.nc", "--count", "4", "--points", "5"]
    assert run("segments", "--landscape", "rosenbrock", *call).returncode == 0
    file = xarray.open_dataset(tmp_path / "segments.nc")
    assert run("export", "segments.nc", "--output", "table.csv").returncode == 0
    with open(tmp_path / "table.csv", newline="", encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    assert len(rows) == 20
    for k, row in enumerate(rows):
        segment, place = divmod(k, 5)
        assert int(row["segment"]) == segment and float(row["t"]) == float(file.t[place])
        assert row["label"] == str(file.label.values[segment])
        for name in ("loss", "convexity_gap"):
            assert float(row[name]) == float(file[name][segment, place])
        assert float(row["barrier"]) == float(file.barrier[segment])
    assert run("export", "segments.nc", "--output", "all.npz").returncode == 0
    with np.load(tmp_path / "all.npz") as arrays:
        assert set(arrays.files) == set(file.variables) - {"label"}
        for name in arrays.files:
            np.testing.assert_array_equal(arrays[name], file[name].values, name)
    for ending in (".vtk", ".h5"):
        refused = run("export", "segments.nc", "--output", "map" + ending)
        assert "a result of segments has no map" in complaint(refused, 2)
