# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Kinks from the command line to the picture: no convexity is read off eigenvalues alone."""

import numpy as np
import pytest
import scenes
import xarray
from convexscan.plot import plot

NETWORK = ["--mlp", "1-1-1", "--activation", "relu", "--no-bias", "--data", "one.npz"]


@pytest.fixture
def one_sample(tmp_path):
    np.savez(tmp_path / "one.npz", x=[[1.0]], y=[2.0])
    np.savez(tmp_path / "w.npz", theta=[0.0, 1.0])
    return [*NETWORK, "--weights", "w.npz"]


def test_a_drop_is_in_the_file_and_in_the_summary(run, one_sample, tmp_path):
    # (2 − relu(t))² along t, the first weight: locally convex everywhere, and not convex.
    call = ["grid", *one_sample, "--parameters", "first", "--x", "-1:1:40"]
    result = run(*call, "--quantities", "loss,verdict,min_eigenvalue,kink_mass")
    assert result.returncode == 0, result.stderr
    assert (
        "slopes drop on the ways from 1 of 39 points to the next, by up to 4 at (-0.02564, 0)"
        in result.stdout
    )
    assert "no smooth penalty makes it so" in result.stdout
    scan = xarray.open_dataset(tmp_path / "scan.nc")
    assert "kinks" in scan.kink_mass.attrs["long_name"] and scan.kink_mass.attrs["units"] == "1"
    mass = scan.kink_mass.values[0]
    assert mass[19] == -4 and np.count_nonzero(mass) == 1
    # The slope of the file's own losses drops there: −2(2 − t) behind, 0 before.
    slope = np.diff(scan.loss.values[0]) / np.diff(scan.x.values)
    assert slope[18] == 0 and slope[20] < -3.8
    assert scan.min_eigenvalue.values.min() >= 0


def test_eigenvalues_of_a_network_with_kinks_are_never_the_last_word(run, one_sample, tmp_path):
    call = ["grid", *one_sample, "--overwrite"]
    without = run(*call, "--quantities", "verdict", "--x", "-1:1:5")
    assert "kinks: not looked at" in without.stdout and "add kink_mass" in without.stdout
    loss = run(*call, "--x", "-1:1:5")
    assert "kinks" not in loss.stdout
    tanh = ["tanh" if word == "relu" else word for word in call]
    none = run(*tanh, "--quantities", "loss,kink_mass", "--x", "-1:1:5", "--output", "none.nc")
    assert "kinks: none at which a slope could drop\n" in none.stdout
    # Those of the penalty rise.
    of = ["--quantities", "loss,kink_mass", "--x", "-1:1:5", "--penalty", "l1=0.5"]
    rising = run(*tanh, *of, "--output", "rising.nc")
    assert "kinks: none at which a slope could drop\n" in rising.stdout, rising.stderr
    smooth = run(*tanh, "--quantities", "verdict", "--x", "-1:1:5")
    assert smooth.returncode == 0
    assert "kinks" not in smooth.stdout
    # Far from the kink.
    away = run(*call, "--parameters", "first", "--x", "1:3:5", "--quantities", "verdict,kink_mass")
    assert "eigensolver: cascade (auto: only the verdict is asked for)" in away.stdout
    assert "kinks: no slope is found to drop between neighbouring points" in away.stdout


@pytest.mark.parametrize("quantity", ["required_l2", "layer_min_eigenvalue", "negative_count"])
def test_every_quantity_of_the_spectrum_gets_the_note(run, one_sample, quantity):
    result = run("grid", *one_sample, "--quantities", quantity, "--x", "-1:1:5")
    assert "kinks: not looked at" in result.stdout, result.stdout + result.stderr


def test_kinks_are_unknown_where_nothing_is_finite(run, one_sample, tmp_path):
    call = ["grid", *one_sample, "--parameters", "first", "--overwrite"]
    call += ["--quantities", "loss,kink_mass", "--x"]
    np.savez(tmp_path / "one.npz", x=[[1e200]], y=[2.0])
    nowhere = run(*call, "1e150:1e160:4")
    assert "kinks: unknown on the ways from 3 of 3 points" in nowhere.stdout, (
        nowhere.stdout + nowhere.stderr
    )
    assert "no slope is found to drop" not in nowhere.stdout
    partly = run(*call, "-1e100:1e100:4")  # where the weight is positive the loss overflows
    scan = xarray.open_dataset(tmp_path / "scan.nc")
    mass = scan.kink_mass.values
    unknown = (np.isnan(mass) | ~np.isfinite(scan.loss.values))[
        0, :-1
    ].sum()  # from the last no way leads
    assert 0 < unknown < mass.size
    assert f"kinks: unknown on the ways from {unknown} of {mass.size - 1} points" in partly.stdout


def test_a_landscape_has_no_kink_mass(run):
    result = run("grid", "--landscape", "relu", "--quantities", "kink_mass")
    assert result.returncode == 2
    assert result.stderr == (
        "convexscan: --quantities kink_mass is for networks, not for a --landscape\n"
    )


def with_kinks(mass):
    count = mass.shape[0]
    x = y = np.linspace(-1, 1, count)
    a, b = np.meshgrid(x, y)
    verdict = np.where(a < 0, 1, 2).astype(np.int8)
    return scenes.dataset(x, y, loss=a**2 + b**2, verdict=verdict, kink_mass=mass)


def legend_of(axes):
    return [t.get_text() for t in axes.get_legend().get_texts()] if axes.get_legend() else []


def test_a_verdict_map_sets_convex_points_beside_a_drop_apart():
    mass = np.zeros((20, 20))
    mass[3, :] = -0.5  # half of the row is locally convex: 10 of 400 points
    figure = plot(with_kinks(mass))
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["Loss", "Verdict", "Kink mass"]
    assert "of these, beside a kink that drops: 2.5 %" in legend_of(figure.axes[1])
    # No drop: neither a panel nor a colour.
    figure = plot(with_kinks(np.zeros((20, 20))))
    assert [axes.get_title() for axes in figure.axes] == ["Loss", "Verdict"]
    assert not any("drops" in text for text in legend_of(figure.axes[1]))


def test_a_map_of_kink_mass_is_drawn_cell_by_cell(tmp_path):
    mass = np.zeros((20, 20))
    mass[3, :] = -0.5
    axes = plot(with_kinks(mass), "kink_mass").axes[0]
    assert [type(c).__name__ for c in axes.collections] == ["QuadMesh"]
