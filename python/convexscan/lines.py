# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Cuts through a map along x and along y."""

import textwrap

import numpy as np
from matplotlib.ticker import NullLocator

from convexscan.isolated import draw_isolated
from convexscan.look import BLUE, NOT_FINITE, ORANGE, unit_of, with_unit

SKIPPED = {"not finite": "-", "sign not known": ":"}  # line styles of the places left out


def draw_lines(axes, x, y, look):
    """Draws the cuts through the centre; a line for each axis that has more than one value."""
    row, column = centre(y), centre(x)
    cuts = []
    if len(x) > 1 or len(y) == 1:
        cuts.append(("x", x, np.s_[row, :], f"along x, y = {y[row]:.3g}", BLUE, "-"))
    if len(y) > 1:
        cuts.append(("y", y, np.s_[:, column], f"along y, x = {x[column]:.3g}", ORANGE, "--"))
    drawn = np.concatenate([look.values[cut] for _, _, cut, *_ in cuts])
    log = look.log and (drawn > 0).any()
    unit = 1.0 if log or look.kind == "categories" else unit_of(drawn)
    for _, places, cut, label, colour, style in cuts:
        style = {"linestyle": style, "color": colour, "markersize": 3}
        style["marker"] = "o" if len(places) < 40 else None
        heights = look.values[cut] / unit
        if look.kind == "categories":
            axes.step(places, heights, where="mid", label=label, **style)
        else:
            axes.plot(places, heights, label=label, **style)
        if style["marker"] is None:
            draw_isolated(axes, places, heights, colour)
    skipped = draw_skipped(axes, look, [(places, cut) for _, places, cut, *_ in cuts])
    if look.kind == "diverging" and np.isfinite(drawn).any():  # else it would pass for values
        axes.axhline(0, color="black", linewidth=0.8, zorder=0)
    if look.kind == "categories":
        axes.set_yticks(list(look.categories), [name for name, _ in look.categories.values()])
    else:
        axes.set_ylabel(textwrap.fill(with_unit(look.label, unit), 42), fontsize=9)
        if log:
            set_log_scale(axes, drawn[drawn > 0])
    axes.set_xlabel(" or ".join(axis for axis, *_ in cuts))
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    return axes.get_legend_handles_labels()[0] if len(cuts) > 1 or skipped else []


def draw_skipped(axes, look, cuts):
    """An upright line at every place without a value; returns whether there is one."""
    skipped = False
    for why, _, missing in look.missing:
        gaps = np.concatenate([places[missing[cut]] for places, cut in cuts])
        for place in gaps:
            axes.axvline(place, color=NOT_FINITE, linestyle=SKIPPED[why], linewidth=1, zorder=0)
        if gaps.size:
            words = f"{why}: {gaps.size} points"
            axes.plot([], [], color=NOT_FINITE, linestyle=SKIPPED[why], label=words)
            skipped = True
    return skipped


def set_log_scale(axes, positive):
    low, high = positive.min(), positive.max()
    # A locator's next tick is at most as far away as the values are from each other.
    next_is_a_number = 2 * np.log10(high) - np.log10(low) < 300 and np.log10(high) < 290
    if not next_is_a_number:
        axes.set_ylim(low if low < high else low / 10, high)
    axes.set_yscale("log")
    if not next_is_a_number:
        axes.set_yticks(*ticks_between(low, high))
        axes.yaxis.set_minor_locator(NullLocator())


def ticks_between(low, high):
    """Up to five powers of ten from low to high, or these themselves where there are less than two;
    and their labels."""
    decades = np.arange(np.ceil(np.log10(low)), np.floor(np.log10(high)) + 1)
    if decades.size < 2:
        ends = np.unique([low, high])
        return ends, [f"{end:.3g}" for end in ends]
    chosen = decades[np.linspace(0, decades.size - 1, min(5, decades.size)).round().astype(int)]
    return 10.0**chosen, [f"$10^{{{power:.0f}}}$" for power in chosen]


def centre(values):
    """The index of zero where zero is among the values' range, else of the middle."""
    if values.min() <= 0 <= values.max():
        return int(np.argmin(np.abs(values)))
    return len(values) // 2
