# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""One map from above: filled contours with labelled lines, or coloured cells."""

import textwrap

import numpy as np
from matplotlib.colors import BoundaryNorm, ListedColormap, LogNorm, SymLogNorm
from matplotlib.patches import Patch
from matplotlib.path import Path
from matplotlib.patheffects import withStroke
from matplotlib.ticker import (
    FixedLocator,
    LogLocator,
    MaxNLocator,
    NullLocator,
    SymmetricalLogLocator,
)

from convexscan.look import NOT_FINITE


def draw_map(axes, x, y, look):
    """Draws the map and its colour bar; returns legend handles for what the bar cannot say."""
    handles = []
    for why, hatch, missing in look.missing:
        _draw_missing(axes, x, y, missing, hatch)
        handles.append(missing_handle(why, hatch, missing))
    # Cells go under the contours, which leave out every square with a missing corner.
    shown = np.ma.masked_invalid(look.values)
    image = axes.pcolormesh(
        x, y, shown, cmap=look.cmap, norm=look.norm, shading="nearest", rasterized=True
    )
    smooth = look.kind in ("sequential", "diverging") and not look.constant and not look.empty
    if smooth:
        _draw_contours(axes, x, y, shown, look)
    if look.kind == "categories":
        handles += category_handles(look)
    elif not look.empty:
        _draw_colour_bar(axes, image, look)
    axes.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    if 0.5 <= (x[-1] - x[0]) / (y[-1] - y[0]) <= 2:
        axes.set_aspect("equal")
    return handles


def _draw_missing(axes, x, y, missing, hatch):
    axes.pcolormesh(
        x,
        y,
        np.ma.masked_where(~missing, np.ones(missing.shape)),
        cmap=ListedColormap([NOT_FINITE]),
        shading="nearest",
        rasterized=True,
    )
    # Hatching is the axes' own background seen through a transparent patch over each missing cell.
    axes.contourf(*_cell_corners(x, y, missing), levels=[0.5, 1.5], colors="none", hatches=[hatch])


def missing_handle(why, hatch, missing):
    """The legend entry of values that are not drawn, with their count."""
    return Patch(
        facecolor=NOT_FINITE,
        hatch=hatch,
        edgecolor="black",
        linewidth=0,
        label=missing_words(why, missing),
    )


def missing_words(why, missing):
    return f"{why}: {int(missing.sum())} of {missing.size} points"


def _cell_corners(x, y, missing):
    """The cells as a finer image whose contour runs along their edges."""

    def fine(values):
        edges = np.concatenate(([values[0]], (values[1:] + values[:-1]) / 2, [values[-1]]))
        step = 1e-6 * (edges[-1] - edges[0])
        return np.stack([edges[:-1] + step, edges[1:] - step], axis=1).ravel()

    return fine(x), fine(y), np.repeat(np.repeat(missing.astype(float), 2, 0), 2, 1)


def _draw_contours(axes, x, y, shown, look):
    norm = look.norm
    diverging = look.kind == "diverging"
    if look.log:
        shown = np.ma.maximum(shown, norm.vmin / 2)  # zero has no logarithm, but a lowest colour
    levels = _fill_levels(norm)
    # Not extend="both": on a logarithmic scale that ends at 1e±250.
    inside = np.ma.clip(shown, levels[0], levels[-1])
    axes.contourf(x, y, inside, levels=levels, cmap=look.cmap, norm=norm)
    lines = _line_levels(norm)
    if diverging:  # zero has a line of its own, and those beside it would hide it
        lines = lines[np.abs(lines) > 2 * getattr(norm, "linthresh", 0)]
    colour = (0, 0, 0, 0.45) if diverging else (1, 1, 1, 0.8)
    drawn = axes.contour(
        x, y, shown, levels=lines, colors=[colour], linewidths=0.8, linestyles="solid"
    )
    _drop_specks(drawn, 0.06 * np.hypot(x[-1] - x[0], y[-1] - y[0]))
    colour, edge = ("black", (1, 1, 1, 0.7)) if diverging else ("white", (0, 0, 0, 0.5))
    for label in axes.clabel(drawn, fmt=_number, fontsize=8, inline_spacing=4):
        label.set(color=colour, path_effects=[withStroke(linewidth=1.6, foreground=edge)])
    if diverging and (shown < 0).any() and (shown > 0).any():
        axes.contour(x, y, shown, levels=[0], colors="black", linewidths=2.2)


def _drop_specks(drawn, shortest):
    """Leaves out pieces of contour lines that noise makes: too short to follow or to label."""
    paths = []
    for path in drawn.get_paths():
        pieces = [
            piece
            for piece in path._iter_connected_components()
            if len(piece.vertices) and np.hypot(*np.ptp(piece.vertices, axis=0)) >= shortest
        ]
        paths.append(Path.make_compound_path(*pieces) if pieces else Path(np.empty((0, 2))))
    drawn.set_paths(paths)


def _number(value):
    """Short, with a power of ten written as one."""
    if value == 0 or 1e-2 <= abs(value) < 1e4:
        return f"{value:.4g}"
    mantissa, exponent = f"{value:.1e}".split("e")
    mantissa = mantissa.removesuffix(".0")
    front = {"1": "", "-1": "-"}.get(mantissa, mantissa + r"\cdot ")
    return f"${front}10^{{{int(exponent)}}}$"


def _fill_levels(norm, count=48):
    return np.asarray(norm.inverse(np.linspace(0, 1, count + 1)))


def _line_levels(norm):
    if isinstance(norm, LogNorm):
        decades = np.log10(norm.vmax / norm.vmin)
        subs = (1.0,) if decades > 4 else (1.0, 3.0)
        with np.errstate(over="ignore"):  # it looks one beyond the scale, where no number may be
            levels = LogLocator(subs=subs, numticks=12).tick_values(norm.vmin, norm.vmax)
    elif isinstance(norm, SymLogNorm):
        locator = SymmetricalLogLocator(base=10, linthresh=norm.linthresh)
        levels = np.asarray(locator.tick_values(norm.vmin, norm.vmax))
    else:
        levels = MaxNLocator(8, steps=[1, 2, 5, 10]).tick_values(norm.vmin, norm.vmax)
    return levels[(levels > norm.vmin) & (levels < norm.vmax)]


def category_handles(look):
    """The legend of categories with their shares; of many, those that occur."""
    values = look.values
    total = max(1, np.isfinite(values).sum())
    few = len(look.categories) <= 3
    return [
        Patch(
            facecolor=colour,
            label=f"{name}: {100 * (values == flag).sum() / total:.1f} %",
        )
        for flag, (name, colour) in look.categories.items()
        if few or (values == flag).any()
    ]


def _draw_colour_bar(axes, image, look):
    bar = axes.figure.colorbar(image, cax=axes.inset_axes((1.03, 0, 0.045, 1)))
    bar.set_label(textwrap.fill(look.label, 42), fontsize=9)
    bar.outline.set_linewidth(0.6)
    if look.constant:
        bar.set_ticks([look.values[np.isfinite(look.values)][0]])
    elif isinstance(look.norm, BoundaryNorm):
        bounds = np.asarray(look.norm.boundaries)
        bar.set_ticks((bounds[1:] + bounds[:-1]) / 2)
        bar.ax.yaxis.set_minor_locator(NullLocator())
    elif isinstance(look.norm, SymLogNorm):
        bar.ax.yaxis.set_major_locator(FixedLocator(_symmetric_ticks(look.norm)))
        bar.ax.yaxis.set_minor_locator(NullLocator())
    elif isinstance(look.norm, LogNorm) and look.norm.vmax > 1e200:
        bar.set_ticks(_line_levels(look.norm))  # a locator's own go beyond
        bar.ax.yaxis.set_minor_locator(NullLocator())


def _symmetric_ticks(norm, most=4):
    """Zero and some powers of ten on either side."""
    first = np.ceil(np.log10(norm.linthresh))
    last = np.floor(np.log10(norm.vmax))
    powers = np.arange(first, last + 1)
    powers = powers[:: -max(1, -(-len(powers) // most))]
    return np.concatenate([-(10.0**powers), [0.0], 10.0 ** powers[::-1]])
