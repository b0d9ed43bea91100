# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Named places on the plane: the trained point, several points, a trajectory."""

import numpy as np
from matplotlib import patheffects

_OUTLINE = [patheffects.withStroke(linewidth=2.5, foreground="white")]


def split(dataset):
    """(points, trajectory): lists of (name, x, y)."""
    if "marker_x" not in dataset:
        return [], []
    count = dataset.sizes.get("marker", 0)
    kinds = dataset["marker_kind"].values if "marker_kind" in dataset else np.zeros(count)
    names = dataset["marker_name"].values if "marker_name" in dataset else [""] * count
    places = zip(kinds, names, dataset["marker_x"].values, dataset["marker_y"].values, strict=True)
    points, trajectory = [], []
    for kind, name, x, y in places:
        (trajectory if kind == 1 else points).append((str(name), float(x), float(y)))
    return points, trajectory


def draw_markers(axes, dataset):
    """Draws what lies on the plane; returns legend handles."""
    points, trajectory = split(dataset)
    handles = []
    if trajectory:
        _, x, y = zip(*trajectory, strict=True)
        (line,) = axes.plot(
            x,
            y,
            "-o",
            color="black",
            markersize=3.5,
            linewidth=1.3,
            path_effects=_OUTLINE,
            label="trajectory",
            zorder=5,
        )
        handles.append(line)
    if points:
        names, x, y = zip(*points, strict=True)
        axes.plot(
            x,
            y,
            linestyle="none",
            marker="*",
            markersize=13,
            color="white",
            markeredgecolor="black",
            zorder=6,
        )
        for name, px, py in points:
            _label(axes, name, px, py)
    return handles


def _label(axes, name, x, y):
    # Towards the middle, so that no label leaves the picture.
    low, high = axes.get_xlim()
    left = x < (low + high) / 2
    axes.annotate(
        name,
        (x, y),
        xytext=(7 if left else -7, 6),
        textcoords="offset points",
        ha="left" if left else "right",
        fontsize=9,
        path_effects=_OUTLINE,
        zorder=7,
    )
