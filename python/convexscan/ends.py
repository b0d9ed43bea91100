# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Where many minimisations ended: the final loss against the width of the network."""

import os
import zipfile

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from convexscan.look import BLACK, BLUE, ORANGE, YELLOW
from convexscan.result import ResultError, require_file

KEYS = {"width", "loss", "negative_count"}


def holds_ends(path):
    """Whether this is an .npz of ends with their widths."""
    if not path.endswith(".npz") or not os.path.isfile(path) or not zipfile.is_zipfile(path):
        return False
    try:
        with np.load(path) as archive:
            return set(archive.files) >= KEYS
    except (OSError, ValueError, zipfile.BadZipFile):
        return False


def open_ends(path):
    """Columns of one length: width, loss, negative_count."""
    require_file(path)
    if not holds_ends(path):
        raise ResultError(
            f"{path}: of .npz files only those with the columns width, loss and negative_count are "
            "drawn; for scans give the .nc file"
        )
    try:
        with np.load(path) as archive:
            ends = {key: archive[key] for key in KEYS}
    except Exception:  # zip, zlib and numpy each have their own for what is damaged
        raise ResultError(f"{path}: is damaged") from None
    require_columns(path, ends)
    return ends


def require_columns(path, ends):
    """Refuses what is no table of ends, or has none to draw."""
    columns = ends.values()
    shapes = {column.shape for column in columns}
    if len(shapes) > 1 or any(column.ndim != 1 for column in columns):
        raise ResultError(f"{path}: width, loss and negative_count are not columns of one length")
    if any(column.dtype.kind not in "biuf" for column in columns):
        raise ResultError(f"{path}: width, loss and negative_count are not all numbers")
    if not np.isfinite(ends["width"]).all():
        raise ResultError(f"{path}: a width is not finite")
    if not np.isfinite(ends["loss"]).any():
        raise ResultError(f"{path}: no loss is finite: there is nothing to draw")


def make_ends_figure(ends, title=None):
    """Each end beside its width, coloured by its negative directions, and the band they span."""
    widths = np.unique(ends["width"])
    finite = np.isfinite(ends["loss"])
    figure = Figure(figsize=(6.4, 4.8), layout="constrained")
    axes = figure.subplots()
    for place, width in enumerate(widths):
        here = (ends["width"] == width) & finite
        if not here.any():
            continue
        order = np.argsort(ends["loss"][here])
        loss, negative = ends["loss"][here][order], ends["negative_count"][here][order]
        # Side by side in the order of their losses, so that none hides another.
        x = place + np.linspace(-0.32, 0.32, loss.size)
        axes.vlines(place - 0.4, loss[0], loss[-1], color=BLACK, linewidth=2)
        for chosen, colour, marker in _kinds(negative):
            axes.plot(x[chosen], loss[chosen], marker, color=colour, markeredgecolor=BLACK, ms=6)
    axes.set_xticks(range(widths.size), [f"{width:g}" for width in widths])
    axes.set(xlabel="hidden neurons", ylabel="final loss")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25, axis="y")
    marks = [(BLUE, "o", "no negative direction"), (YELLOW, "s", "one"), (ORANGE, "^", "more")]
    handles = [
        Line2D(
            [], [], color=colour, marker=marker, linestyle="", markeredgecolor=BLACK, label=label
        )
        for colour, marker, label in marks
    ]
    handles.append(Line2D([], [], color=BLACK, linewidth=2, label="from the best to the worst"))
    if not finite.all():
        words = f"loss not finite: {np.count_nonzero(~finite)} of {finite.size} starts"
        handles.append(Line2D([], [], linestyle="", label=words))
    axes.legend(handles=handles, frameon=False, fontsize=9)
    count = np.count_nonzero(ends["width"] == widths[0])
    axes.set_title(title or f"Where {count} starts of each width ended", fontsize=12)
    return figure


def _kinds(negative):
    return (
        (negative == 0, BLUE, "o"),
        (negative == 1, YELLOW, "s"),
        (negative > 1, ORANGE, "^"),
    )
