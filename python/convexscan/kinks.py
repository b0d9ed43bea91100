# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""What a map of verdicts shows of kinks, which the second derivative does not see."""

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch

from convexscan.look import AMBER


def drops(dataset, verdicts):
    """Where a point is locally convex and a slope drops on the way to its next neighbours."""
    if "kink_mass" not in dataset:
        return np.zeros(verdicts.shape, dtype=bool)
    return (verdicts == 1) & (dataset["kink_mass"].values < 0)


def draw_drops(axes, dataset, x, y, verdicts):
    """Paints these points in a colour of their own; returns legend handles."""
    dropping = drops(dataset, verdicts)
    if not dropping.any():
        return []
    painted = np.ma.masked_where(~dropping, np.ones(dropping.shape))
    colours = ListedColormap([AMBER])
    axes.pcolormesh(x, y, painted, cmap=colours, shading="nearest", rasterized=True)
    share = 100 * dropping.mean()
    return [Patch(facecolor=AMBER, label=f"of these, beside a kink that drops: {share:.1f} %")]
