# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Points that no line leads to."""

import numpy as np


def isolated(values):
    """Where a value is finite and its neighbours along the last axis are not."""
    finite = np.isfinite(values)
    beside = np.pad(finite, [(0, 0)] * (values.ndim - 1) + [(1, 1)])
    return finite & ~beside[..., :-2] & ~beside[..., 2:]


def draw_isolated(axes, places, values, colour, zorder=2):
    """Marks these points, which a line alone would not show."""
    alone = isolated(values)
    if alone.any():
        x = np.broadcast_to(places, values.shape)[alone]
        axes.plot(x, values[alone], "o", color=colour, markersize=3, zorder=zorder)
