# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Loss along line segments: the one with the highest barrier first, the others behind it."""

import textwrap

import numpy as np
from matplotlib.figure import Figure

from convexscan.isolated import draw_isolated
from convexscan.look import BLACK, BLUE, GREEN, NOT_FINITE, ORANGE, wrapped
from convexscan.result import ResultError

COLOURS = (ORANGE, BLUE, GREEN)
MOST = 200  # segments that are drawn; more make a grey block


def telling_segment(dataset):
    """The index of the segment with the largest gap beyond rounding, or else with the highest
    barrier."""
    if "worst_ends" in dataset:
        return int(dataset["worst_ends"].attrs["segment"])
    for name in ("barrier", "convexity_gap"):
        if name in dataset:
            values = dataset[name].values.reshape(dataset.sizes["segment"], -1)
            if np.isfinite(values).any():
                return int(np.nanargmax(np.where(np.isfinite(values), values, -np.inf).max(axis=1)))
    return 0


def curves(dataset, quantities=()):
    """(t, losses (segment, t) with NaN for what is not finite, the telling segment)."""
    if any(name != "loss" for name in quantities):
        raise ResultError(
            "these are segments, of which only the loss is drawn; leave --quantity out"
        )
    if "loss" not in dataset:
        raise ResultError("these segments have no loss to draw")
    loss = np.array(dataset["loss"].values, dtype=float)
    loss[~np.isfinite(loss)] = np.nan
    return dataset["t"].values.astype(float), loss, telling_segment(dataset)


def witness(dataset, index):
    """t of the left, middle and right point that prove non-convexity, or nothing."""
    if "witness" not in dataset:
        return None
    places = dataset["witness"].values[index]
    return places if np.isfinite(places).all() else None


def make_segments_figure(dataset, quantities, kind, title):
    if kind not in ("auto", "lines"):
        raise ResultError(f"a {kind} picture needs a grid; these are segments, use --kind lines")
    t, loss, index = curves(dataset, quantities)
    figure = Figure(figsize=(6.4, 4.6), layout="constrained")
    axes = figure.add_subplot()
    names = labels(dataset)
    if names and len(loss) <= len(COLOURS):
        draw_barriers(axes, dataset, t, loss, names)
    else:
        draw_telling_segment(axes, dataset, t, loss, index, names)
    missing = int((~np.isfinite(loss)).sum())
    if missing:
        axes.plot([], [], " ", label=f"not finite: {missing} of {loss.size} points")
    axes.set(xlabel="t", xlim=(t[0], t[-1]) if len(t) > 1 else None)
    words = str(dataset["loss"].attrs.get("long_name", "loss"))
    axes.set_ylabel(textwrap.fill(words, 42), fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    figure.suptitle(wrapped(title, 60), fontsize=13)
    return figure


def labels(dataset):
    """What each segment is, or nothing."""
    return [str(name) for name in dataset["label"].values] if "label" in dataset else []


def draw_barriers(axes, dataset, t, loss, names):
    """A few segments of different kinds: each with the chord of its ends and its barrier."""
    axes.plot([], [], ":", color=BLACK, label="chord of the ends")
    rounding = (
        dataset["least_real_gap"].values if "least_real_gap" in dataset else [0.0] * len(loss)
    )
    for name, values, explained, colour in zip(names, loss, rounding, COLOURS, strict=False):
        chord = (1 - t) * values[0] + t * values[-1]
        rise = np.where(np.isfinite(values - chord), values - chord, -np.inf)
        top = int(np.argmax(rise))
        high = rise[top] if np.isfinite(rise[top]) else np.nan
        axes.plot(
            t, values, color=colour, linewidth=2, label=f"{name}: {barrier_words(high, explained)}"
        )
        draw_isolated(axes, t, values, colour)
        axes.plot(t[[0, -1]], values[[0, -1]], ":", color=colour)
        if high > explained:
            axes.plot(t[[top, top]], [chord[top], values[top]], "_-", color=colour, linewidth=1)


def barrier_words(height, explained):
    """explained is what rounding alone may make of no barrier."""
    if np.isnan(height) or np.isinf(explained):
        return "barrier unknown"
    return "no barrier beyond rounding" if 0 < height <= explained else f"barrier {height:.3g}"


def draw_telling_segment(axes, dataset, t, loss, index, names):
    """The telling segment with its envelope and witness, in front of the others."""
    if len(loss) > 1:
        others = np.delete(loss, index, axis=0)[:MOST].T
        axes.plot(t, others, color=NOT_FINITE, linewidth=0.8, zorder=1)
        draw_isolated(axes, t, others.T, NOT_FINITE, zorder=1)
        drawn, other = others.shape[1], len(loss) - 1
        count = f"{other}" if drawn == other else f"{drawn} of {other}"
        axes.plot([], [], color=NOT_FINITE, label=f"{count} other segments")
    label = f"segment {index}" + (f", {names[index]}" if names else "")
    axes.plot(t, loss[index], color=BLUE, linewidth=2, label=label, zorder=3)
    draw_isolated(axes, t, loss[index], BLUE, zorder=3)
    if "convexity_gap" in dataset:
        envelope = loss[index] - dataset["convexity_gap"].values[index]
        finite = np.isfinite(envelope)
        axes.plot(
            t[finite], envelope[finite], ":", color=BLACK, label="its convex envelope", zorder=3.5
        )
    places = witness(dataset, index)
    if places is not None:
        heights = np.interp(places, t, loss[index])
        label = "chord: the loss between rises above it"
        axes.plot(places[[0, 2]], heights[[0, 2]], "--", color=ORANGE, label=label, zorder=4)
        axes.plot(places, heights, "o", color=ORANGE, zorder=5)
