# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""The search of convexify against SciPy's optimisers on JAX's Hessian: they gain nothing from its
witness, and find nothing lower from elsewhere."""

import jax
import numpy as np
import pytest
import xarray
from scipy.optimize import minimize

NETWORK = ["--mlp", "2-3-1", "--data", "data.npz", "--loss", "mse", "--weights", "w.npz"]
TOLERANCE = 1e-6  # that of the search


def smallest_eigenvalue(x, y):
    """Of the Hessian of the mse of 2-3-1 tanh, with its gradient in the 13 parameters."""

    def loss(theta):
        hidden = jax.numpy.tanh(x @ theta[:6].reshape(3, 2).T + theta[6:9])
        return jax.numpy.mean((hidden @ theta[9:12] + theta[12] - y) ** 2)

    hessian = jax.hessian(loss)
    function = jax.jit(jax.value_and_grad(lambda t: jax.numpy.linalg.eigvalsh(hessian(t))[0]))

    def values(theta):
        with jax.enable_x64(True):
            value, gradient = function(theta)
            return float(value), np.array(gradient, dtype=float)

    return values


def bounds_of(centre, kind, radius):
    lower, upper = centre - radius, centre + radius
    if kind == "nonnegative":
        lower, upper = np.maximum(0, np.maximum(centre, 0) - radius), np.maximum(centre, 0) + radius
    return lower, upper


def minimised(function, start, centre, kind, radius):
    """The lowest value from there: L-BFGS-B in a box, SLSQP in a ball."""
    scale = abs(function(start)[0])

    def scaled(theta):
        value, gradient = function(theta)
        return value / scale, gradient / scale

    if kind == "ball":
        ball = {
            "type": "ineq",
            "fun": lambda t: radius**2 - np.sum((t - centre) ** 2),
            "jac": lambda t: -2 * (t - centre),
        }
        options = {"maxiter": 400, "ftol": 1e-12}
        end = minimize(scaled, start, jac=True, method="SLSQP", constraints=ball, options=options)
        outside = np.linalg.norm(end.x - centre) / radius
        theta = centre + (end.x - centre) / max(1, outside)
        return function(theta)[0]
    lower, upper = bounds_of(centre, kind, radius)
    options = {"maxiter": 1000, "ftol": 1e-13, "gtol": 1e-9}
    bounds = list(zip(lower, upper, strict=True))
    end = minimize(scaled, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return scale * end.fun


@pytest.mark.parametrize(
    ("seed", "kind", "radius"),
    [(1, "box", 1), (3, "box", 5), (5, "ball", 3), (6, "nonnegative", 3)],
)
def test_no_optimiser_finds_less(run, tmp_path, seed, kind, radius):
    random = np.random.default_rng(seed)
    x, y = random.normal(size=(6, 2)), 2 * random.normal(size=6)
    centre = random.normal(size=13)
    np.savez(tmp_path / "data.npz", x=x, y=y[:, None])
    np.savez(tmp_path / "w.npz", theta=centre)
    region = ["--region", f"{kind}:{radius}", "--starts", "2", "--levels", "0"]
    result = run("convexify", *NETWORK, *region)
    assert result.returncode == 0, result.stderr
    file = xarray.open_dataset(tmp_path / "convexify.nc")
    witness = file.witness.values
    value = file.witness.attrs["eigenvalue"]
    function = smallest_eigenvalue(x, y)
    assert abs(function(witness)[0] - value) <= 1e-9 * abs(value)  # the same loss
    # It is a local minimum: its own word for that, and an optimiser's, which has the projected
    # gradient's first-order gain to find, not much more.
    assert file.witness.attrs["converged"] == 1
    assert file.witness.attrs["first_order_gain"] <= TOLERANCE * abs(value) * (1 + 1e-3)
    gained = minimised(function, witness, centre, kind, radius)
    assert gained >= value - TOLERANCE * abs(value)
    # And the lowest of what many starts lead to; in a box half of them in its corners.
    lowest = 0.0
    for k in range(6):
        step = random.uniform(-1, 1, 13)
        if kind == "ball":
            step *= random.uniform() / np.linalg.norm(step)
        start = centre + radius * (np.sign(step) if k % 2 and kind == "box" else step)
        lower, upper = bounds_of(centre, kind, radius)
        start = np.clip(start, lower, upper) if kind != "ball" else start
        lowest = min(lowest, minimised(function, start, centre, kind, radius))
    assert value <= lowest + TOLERANCE * abs(lowest)
    # How many descents that took is told and written.
    descents, converged = file.attrs["descents"], file.attrs["descents_converged"]
    assert 0 < converged <= descents
    told = f"{converged} of {descents} descents converged, {descents - converged} stopped before"
    assert told in result.stdout


@pytest.mark.parametrize("kind", ["box", "ball", "nonnegative"])
def test_the_file_says_which_region_it_was(run, tmp_path, kind):
    random = np.random.default_rng(3)
    centre = random.normal(size=13)
    np.savez(tmp_path / "data.npz", x=random.normal(size=(6, 2)), y=random.normal(size=(6, 1)))
    np.savez(tmp_path / "w.npz", theta=centre)
    few = ["--starts", "2", "--levels", "0", "--points", "8"]
    result = run("convexify", *NETWORK, "--region", f"{kind}:0.5", "--parameters", "last", *few)
    assert result.returncode == 0, result.stderr
    file = xarray.open_dataset(tmp_path / "convexify.nc")
    assert file.attrs["region_kind"] == kind and file.attrs["region_radius"] == 0.5
    np.testing.assert_array_equal(file.origin, centre)
    lower, upper = bounds_of(centre, kind, 0.5)
    lower[:9], upper[:9] = centre[:9], centre[:9]  # only the last layer is free
    np.testing.assert_array_equal(file.lower_bound, lower)
    np.testing.assert_array_equal(file.upper_bound, upper)
    # Another run from the file's own words finds the same place.
    np.savez(tmp_path / "again.npz", theta=file.origin)
    region = f"{file.attrs['region_kind']}:{file.attrs['region_radius']}"
    network = [*NETWORK[:-1], "again.npz", "--parameters", file.attrs["parameters_subset"]]
    again = run("convexify", *network, "--region", region, *few, "--output", "again.nc")
    assert again.returncode == 0, again.stderr
    np.testing.assert_array_equal(xarray.open_dataset(tmp_path / "again.nc").witness, file.witness)


def test_the_file_holds_the_plane_of_its_region(run, tmp_path):
    few = ["--starts", "2", "--levels", "0", "--points", "8"]
    plane = ["--region", "plane", "--x", "-1:2", "--y", "-0.5:0.5", "--directions", "axis:0,1"]
    result = run("convexify", "--landscape", "rosenbrock", *plane, *few)
    assert result.returncode == 0, result.stderr
    file = xarray.open_dataset(tmp_path / "convexify.nc")
    assert file.attrs["region_kind"] == "plane" and "region_radius" not in file.attrs
    assert file.extent.values.tolist() == [[-1, 2], [-0.5, 0.5]]
    assert file.direction.shape == (2, 2)
    ends = file.origin.values + file.extent.values.T @ file.direction.values
    np.testing.assert_allclose(file.lower_bound, ends.min(axis=0))
    np.testing.assert_allclose(file.upper_bound, ends.max(axis=0))
