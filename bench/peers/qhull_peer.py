# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""The convex hull of a surface by Qhull, from which the lower envelope follows.

Only the hull is timed, not reading the envelope off it.
"""

import numpy as np
import scipy
from contender import race, read_problem
from scipy.spatial import ConvexHull

problem = read_problem()
if problem.kind != "envelope":
    raise SystemExit("Qhull is for envelopes")
heights = problem.surface
rows, columns = np.meshgrid(*map(np.arange, heights.shape), indexing="ij")
points = np.stack([columns.ravel(), rows.ravel(), heights.ravel()], axis=1).astype(float)


def hull():
    return ConvexHull(points)


def gaps():
    """Heights less those of the hull's lower facets."""
    found = hull()
    below = found.equations[:, 2] < 0
    a, b, c, d = found.equations[below].T
    facets = found.simplices[below]
    envelope = points[:, 2].copy()
    # Every facet's plane at the grid points in its triangle.
    for (i, j, k), *plane in zip(facets, a, b, c, d, strict=True):
        corners = points[[i, j, k], :2].astype(int)
        low, high = corners.min(0), corners.max(0)
        if (high - low).max() <= 1:
            continue  # no grid point inside
        xs, ys = np.meshgrid(np.arange(low[0], high[0] + 1), np.arange(low[1], high[1] + 1))
        u, v = corners[1] - corners[0], corners[2] - corners[0]
        area = u[0] * v[1] - u[1] * v[0]
        if area == 0:
            continue
        dx, dy = xs - corners[0, 0], ys - corners[0, 1]
        s, t = (dx * v[1] - dy * v[0]) / area, (u[0] * dy - u[1] * dx) / area
        inside = (s >= 0) & (t >= 0) & (s + t <= 1)
        at = ys[inside] * heights.shape[1] + xs[inside]
        pa, pb, pc, pd = plane
        envelope[at] = -(pa * xs[inside] + pb * ys[inside] + pd) / pc
    return points[:, 2] - envelope


race(
    problem, f"Qhull (SciPy {scipy.__version__})", hull, heights.size, answer=gaps,
    platform="cpu", device="cpu", versions={"scipy": scipy.__version__},
)  # fmt: skip
