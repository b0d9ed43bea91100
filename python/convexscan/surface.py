# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""One map as a surface in three dimensions."""

import numpy as np
from matplotlib.colors import Normalize
from matplotlib.ticker import FuncFormatter, MaxNLocator

from convexscan.contour import category_handles, missing_handle
from convexscan.look import with_unit


def draw_surface(axes, x, y, look, ground):
    """Draws ground as a surface in the map's colours over its own contours; the height is
    log10 on a log scale. Returns legend handles."""
    if ground.empty:
        axes.set_axis_off()
        return [missing_handle(*reason) for reason in look.missing]
    heights = height(ground)
    grid_x, grid_y = np.meshgrid(x, y)
    finite = heights[np.isfinite(heights)]
    low, high = finite.min(), finite.max()
    span = (high - low) or abs(high) or 1.0
    floor = low - 0.35 * span
    colours = shaded(look.cmap(look.norm(np.ma.masked_invalid(look.values))), heights / span)
    axes.plot_surface(
        grid_x,
        grid_y,
        heights,
        facecolors=colours,
        rcount=min(len(y), 120),
        ccount=min(len(x), 120),
        linewidth=0,
        antialiased=False,
        shade=False,
    )
    if high > low:
        axes.contour(
            grid_x,
            grid_y,
            np.ma.masked_invalid(heights),
            levels=12,
            zdir="z",
            offset=floor,
            cmap=ground.cmap,
            norm=Normalize(low, high) if ground.kind == "sequential" else ground.norm,
            linewidths=0.8,
        )
    axes.set_zlim(floor, high + 0.02 * span)
    axes.view_init(elev=32, azim=-58)
    axes.set_box_aspect((1, 1, 0.72), zoom=1.05)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_major_locator(MaxNLocator(5))
        axis.set_pane_color((1, 1, 1, 0))
    if ground.unit != 1:
        axes.set_zlabel(with_unit(ground.name, ground.unit))
    if ground.log:
        axes.zaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.zaxis.set_major_formatter(FuncFormatter(lambda value, _: f"$10^{{{value:g}}}$"))
    handles = category_handles(look) if look.kind == "categories" else []
    return handles + [missing_handle(*reason) for reason in look.missing]


def shaded(colours, heights):
    """Colours a little darker where the surface turns from the light, and no darker than half, so
    that they can still be read as values."""
    down, right = np.gradient(heights * 0.7 * np.mean(heights.shape))
    normal = np.stack([-right, -down, np.ones_like(heights)])
    normal /= np.linalg.norm(normal, axis=0)
    light = np.array([-0.5, -0.4, 0.77])
    brightness = 0.78 + 0.22 * np.nan_to_num(np.tensordot(light, normal, axes=1), nan=1.0)
    result = np.array(colours)
    result[..., :3] *= np.clip(brightness, 0.5, 1.0)[..., None]
    return result


def height(look):
    """What stands for a value: itself, or its logarithm, no lower than the colours go."""
    if not look.log:
        return look.values
    return np.log10(np.maximum(look.values, look.norm.vmin))
