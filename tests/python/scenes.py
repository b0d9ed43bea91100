# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Datasets in the layout of convexscan's result files, from functions a person can check."""

import numpy as np
import xarray as xr

NAMES = {
    "loss": "objective, averaged over samples, penalty included",
    "min_eigenvalue": "smallest eigenvalue of the Hessian",
    "max_eigenvalue": "largest eigenvalue of the Hessian",
    "verdict": "local convexity: the sign of min_eigenvalue where rounding leaves it certain",
    "negative_count": "number of eigenvalues below minus the error bound",
}


def dataset(x, y, **quantities):
    """Each quantity is an array (y, x)."""
    result = xr.Dataset(coords={"x": ("x", x), "y": ("y", y)})
    for name, values in quantities.items():
        attributes = {"long_name": NAMES.get(name, name), "units": "1"}
        result[name] = (("y", "x"), np.asarray(values), attributes)
    result.attrs = {
        "model": "64-16-10 tanh",
        "objective": "cross-entropy",
        "Conventions": "CF-1.10",
    }
    return result


def rosenbrock(columns=61, rows=51):
    """With the eigenvalues of its Hessian and the verdict."""
    x, y = np.linspace(-2, 2, columns), np.linspace(-1, 3, rows)
    a, b = np.meshgrid(x, y)
    loss = (1 - a) ** 2 + 100 * (b - a**2) ** 2
    xx, xy, yy = 2 - 400 * (b - 3 * a**2), -400 * a, 200.0
    middle, radius = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    low, high = middle - radius, middle + radius
    result = dataset(
        x,
        y,
        loss=loss,
        min_eigenvalue=low,
        max_eigenvalue=high,
        verdict=np.where(low > 1, 1, np.where(low < -1, 2, 0)).astype(np.int8),
        negative_count=(low < 0).astype(float),
    )
    result.attrs["model"] = "rosenbrock"
    result.attrs["objective"] = "landscape"
    return result


def noisy_bowl(count=51):
    """Twelve decades, with noise, and a trajectory down to its centre."""
    x = y = np.linspace(-1, 1, count)
    a, b = np.meshgrid(x, y)
    noise = 10 ** np.random.default_rng(1).normal(0, 0.08, a.shape)
    result = dataset(x, y, loss=10 ** (8 * np.hypot(a, 0.6 * b)) * 1e-4 * noise)
    steps = np.linspace(0, 1, 15)
    with_markers(
        result,
        [("trained", 0.0, 0.0, 0)]
        + [(f"step {i}", 0.8 * (1 - t), -0.7 * (1 - t) ** 2, 1) for i, t in enumerate(steps)],
    )
    return result


def plane_with_hole(columns=41, rows=31):
    """x + 3y, asymmetric, not finite in the upper right corner."""
    x, y = np.linspace(-1, 1, columns), np.linspace(-1, 1, rows)
    a, b = np.meshgrid(x, y)
    loss = a + 3 * b
    loss[a + b > 1.3] = np.nan
    loss[-1, -1] = np.inf
    result = dataset(x, y, loss=loss)
    with_markers(result, [("a", -0.6, -0.5, 0), ("b", 0.5, -0.4, 0), ("c", 0.0, 0.6, 0)])
    return result


def with_markers(result, places):
    names, x, y, kinds = zip(*places, strict=True)
    result["marker"] = ("marker", np.arange(len(places)))
    result["marker_name"] = ("marker", np.array(names, dtype=object))
    result["marker_x"] = ("marker", np.array(x, dtype=float))
    result["marker_y"] = ("marker", np.array(y, dtype=float))
    result["marker_kind"] = ("marker", np.array(kinds, dtype=np.int8))


def segments(count=12):
    """Parabolas, of which the fourth has a hump in the middle, with its witness."""
    t = np.linspace(0, 1, 21)
    loss = np.array([(1 + k / 9) * (t - 0.5) ** 2 + 0.2 for k in range(count)])
    loss[3] += 0.5 * np.exp(-40 * (t - 0.5) ** 2)
    chord = (1 - t) * loss[:, :1] + t * loss[:, -1:]
    result = xr.Dataset(coords={"t": ("t", t)})
    result["loss"] = (("segment", "t"), loss, {"long_name": NAMES["loss"]})
    result["barrier"] = ("segment", (loss - chord).max(axis=1))
    places = np.full((count, 3), np.nan)
    places[3] = 0.2, 0.5, 0.8
    result["witness"] = (("segment", "witness_place"), places)
    result.attrs = {"model": "64-16-10 relu", "objective": "cross-entropy"}
    return result
