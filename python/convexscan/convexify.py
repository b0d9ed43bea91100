# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""What the convexifying penalty leaves of a network, as curves over its strength."""

import textwrap

import numpy as np
from matplotlib.figure import Figure

from convexscan.look import BLACK, BLUE, NOT_FINITE, ORANGE, spans_decades
from convexscan.result import ResultError

MARKERS = "osD^v<>"


def make_convexify_figure(dataset, quantities, kind, title):
    if quantities:
        raise ResultError("this is a result of convexify, drawn whole; leave --quantity out")
    if kind not in ("auto", "lines"):
        raise ResultError(f"a {kind} picture needs a grid; convexify's result is drawn as lines")
    strength = float(dataset.attrs.get("lambda_star", 0.0))
    # Evenly spaced: multiples of λ* may span decades, and 0 is one of them.
    x = np.arange(dataset.sizes["level"], dtype=float)
    multiples = dataset["lambda"].values / (strength or 1.0)
    least = np.flatnonzero(np.isclose(multiples, 1.0))
    panels = [_eigenvalue, _loss, _distance]
    if "accuracy" in dataset:
        panels.insert(2, _accuracy)
    if "distinct_neurons" in dataset:
        panels.append(_width)
    columns = 2 if len(panels) == 4 else 3
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(4.3 * columns + 0.2, 3.8 * rows + 0.9), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.08, h_pad=0.1)
    for index, draw in enumerate(panels):
        axes = figure.add_subplot(rows, columns, index + 1)
        for place in least:
            axes.axvline(place, color=NOT_FINITE, linewidth=1, zorder=0)
        draw(axes, dataset, x)
        axes.set_xlabel("λ / λ*" if strength > 0 else "λ")
        axes.set_xticks(x, [f"{value:.3g}" for value in multiples])
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25, axis="y")
    words = [
        *textwrap.wrap(title, 34 * columns),
        *textwrap.wrap(_limit(dataset, strength), 34 * columns),
    ]
    figure.suptitle("\n".join(words), fontsize=12)
    return figure


def _limit(dataset, strength):
    region = str(dataset.attrs.get("region", "the region"))
    if "unbounded_term" in dataset.attrs:
        term = dataset.attrs["unbounded_term"]
        return f"no finite λ makes {region} convex: the penalty {term} has no least curvature"
    if "slope_drop" in dataset:
        return f"no finite λ makes {region} convex: the slope drops at a kink; λ* = {strength:.4g}"
    if strength == 0:
        return f"no negative curvature beyond rounding was found on {region}"
    return f"λ ≥ λ* = {strength:.4g} is needed on {region}"


def _best(dataset, name):
    """A quantity of the best start at every level."""
    start = dataset["best_start"].values.astype(int)
    values = dataset[name].values
    return np.array([values[level, k] for level, k in enumerate(start)])


def _draw_legend(axes):
    """Below the panel, where it covers nothing."""
    handles, names = axes.get_legend_handles_labels()
    if handles:
        columns = 2 if max(map(len, names)) < 25 else 1
        axes.legend(
            loc="upper center",
            bbox_to_anchor=(0.5, -0.16),
            ncols=columns,
            fontsize=8,
            frameon=False,
        )


def _eigenvalue(axes, dataset, x):
    values = dataset["smallest_eigenvalue"].values
    axes.axhline(0, color=BLACK, linewidth=0.8)
    axes.plot(x, values, color=NOT_FINITE, zorder=1)
    # λ* itself is where the worst point that was found is flat.
    flat = np.abs(values) <= dataset["witness"].attrs.get("eigenvalue_error", 0.0)
    # What no penalty mends is no eigenvalue.
    violated = "slope_drop" in dataset or "unbounded_term" in dataset.attrs
    right = "curves up" if violated else "no violation found"
    for chosen, colour, label in (
        (~flat & (values < 0), ORANGE, "not convex"),
        (flat, BLACK, "zero within its error"),
        (~flat & (values > 0), BLUE, right),
    ):
        if chosen.any():
            axes.plot(x[chosen], values[chosen], "o", color=colour, label=label, zorder=2)
    of = dataset["witness"].attrs.get("eigenvalue_of", "")
    axes.set_title(f"Smallest eigenvalue{of} seen on the region", fontsize=11)
    _draw_legend(axes)


def _loss(axes, dataset, x):
    starts = dataset["loss"].values
    if starts.shape[1] > 1:
        every = np.repeat(x[:, None], starts.shape[1], axis=1)
        axes.plot(every, starts, ".", color=NOT_FINITE, zorder=1)
        axes.plot([], [], ".", color=NOT_FINITE, label="every start, without penalty")
    axes.plot(x, _best(dataset, "loss"), "o-", color=BLUE, label="best start, without penalty")
    axes.plot(
        x, _best(dataset, "penalised_loss"), "s--", color=ORANGE, label="best start, with penalty"
    )
    axes.set_title("Loss at the minimisers", fontsize=11)
    _draw_legend(axes)


def _accuracy(axes, dataset, x):
    starts = dataset["accuracy"].values
    every = np.repeat(x[:, None], starts.shape[1], axis=1)
    axes.plot(every, starts, ".", color=NOT_FINITE, zorder=1)
    axes.plot(x, _best(dataset, "accuracy"), "o-", color=BLUE)
    axes.set_ylim(-0.03, 1.03)
    axes.set_title("Accuracy of the best start", fontsize=11)


def _distance(axes, dataset, x):
    largest, median = dataset["largest_distance"].values, dataset["median_distance"].values
    axes.plot(x, largest, "o-", color=BLUE, label="largest")
    axes.plot(x, median, "s--", color=ORANGE, label="median")
    axes.margins(y=0.1)
    seen = np.concatenate([largest, median])
    above = seen[np.isfinite(seen) & (seen > 0)]
    if not above.size or not spans_decades(above.min(), above.max()):
        axes.set_ylim(bottom=0)
    elif (seen == 0).any():  # minimisers that agree to the bit
        axes.set_yscale("symlog", linthresh=above.min())
        axes.set_ylim(bottom=0)
    else:
        axes.set_yscale("log")
    count = dataset.sizes["start"]
    axes.set_title(f"Distance between minimisers of {count} starts", fontsize=11)
    _draw_legend(axes)


def _width(axes, dataset, x):
    distinct = _best(dataset, "distinct_neurons")
    ratio = _best(dataset, "participation_ratio")
    for layer in range(distinct.shape[1]):
        colour = (BLUE, ORANGE, BLACK, "#009E73", "#CC79A7")[layer % 5]
        marker = MARKERS[layer % len(MARKERS)]
        neurons = int(dataset["neurons"].values[layer])
        name = f"layer {layer + 1} of {neurons} neurons"
        axes.plot(x, distinct[:, layer], marker + "-", color=colour, label=name)
        axes.plot(x, ratio[:, layer], marker + ":", color=colour, markerfacecolor="white")
    axes.plot([], [], ":", color=BLACK, label="participation ratio")
    axes.axhline(1, color=BLACK, linewidth=0.8)
    axes.set_ylim(0, 1.06 * max(1.0, dataset["neurons"].values.max()))
    axes.set_title("Effective width: neurons that differ", fontsize=11)
    _draw_legend(axes)
