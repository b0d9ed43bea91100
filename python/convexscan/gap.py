# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""What a map of the convexity gap shows besides its colours: where the surface touches its convex
envelope, and the points that prove the largest gap."""

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from convexscan.look import BLUE, ORANGE

_OUTLINE = [withStroke(linewidth=3, foreground="white")]


def witness(dataset):
    """(x, y) of the point with the largest gap and of those that prove it, or nothing."""
    if "gap_witness_x" not in dataset:
        return None
    return dataset["gap_witness_x"].values, dataset["gap_witness_y"].values


def draw_gap(axes, dataset, x, y, values):
    """Outlines the touching set and draws the chord or triangle; returns legend handles."""
    handles = []
    touching = np.where(np.isnan(values), 0.0, values == 0)
    if touching.any() and not touching.all():
        axes.contour(x, y, touching, levels=[0.5], colors=[BLUE], linewidths=1.4, zorder=4)
        label = f"touches its envelope: {100 * touching.mean():.1f} %"
        handles.append(Line2D([], [], color=BLUE, label=label))
    places = witness(dataset)
    if places is not None:
        (px, *others_x), (py, *others_y) = places
        closed = slice(None) if len(others_x) < 3 else [0, 1, 2, 0]
        chord = np.array([others_x, others_y])[:, closed]
        axes.plot(*chord, "--", color=ORANGE, path_effects=_OUTLINE, zorder=5, clip_on=False)
        axes.plot(others_x, others_y, "o", color=ORANGE, markersize=5, zorder=6, clip_on=False)
        cross = {"markersize": 9, "markeredgecolor": "white", "zorder": 7, "clip_on": False}
        axes.plot(px, py, "X", color=ORANGE, **cross)
        label = "largest gap, and what proves it"
        handles.append(
            Line2D([], [], color=ORANGE, linestyle="--", marker="X", markersize=7, label=label)
        )
    return handles
