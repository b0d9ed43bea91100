# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""What a map looks like: its colours, its scale and its words."""

import textwrap
from dataclasses import dataclass

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import (
    BoundaryNorm,
    ListedColormap,
    LogNorm,
    Normalize,
    SymLogNorm,
    TwoSlopeNorm,
)

# Okabe and Ito's colours, told apart by everyone.
BLUE, ORANGE, YELLOW, BLACK = "#0072B2", "#D55E00", "#F0E442", "#000000"
GREEN, AMBER = "#009E73", "#E69F00"
NOT_FINITE = "#BDBDBD"

VERDICTS = {0: ("undecided", YELLOW), 1: ("locally convex", BLUE), 2: ("not convex", ORANGE)}
# What a verdict rests on: the library's `settled_by`.
STAGES = {
    0: ("nothing", BLACK),
    1: ("plane", "#56B4E9"),
    2: ("eigenvector", BLUE),
    3: ("diagonal", GREEN),
    4: ("Lanczos", YELLOW),
    5: ("Cholesky", "#CC79A7"),
    6: ("eigenvalue", ORANGE),
    7: ("kink", "#882255"),
}
_CATEGORIES = {"verdict": VERDICTS, "settled_by": STAGES}
_DIVERGING = ("min_eigenvalue", "max_eigenvalue", "trace", "layer_min_eigenvalue", "plane_hessian")
_SEQUENTIAL = {"accuracy": "cividis", "negative_count": "cividis", "required_l2": "magma_r"}
_SEQUENTIAL |= {"convexity_gap": "magma_r", "eigenvalue_ratio": "magma_r", "kink_mass": "magma"}


def wrapped(heading, width):
    """Each line of a heading in lines of at most so many letters."""
    return "\n".join(textwrap.fill(line, width) for line in heading.splitlines())


@dataclass
class Look:
    name: str
    values: np.ndarray  # (y, x); whatever is not finite, or not known, is NaN
    label: str
    cmap: object
    norm: object
    kind: str  # "sequential", "cells", "diverging", "categories" or "counts"
    categories: dict | None = None  # number: (name, colour)
    uncertain: np.ndarray | None = None  # where a finite value's sign is not known
    unit: float = 1.0  # what the values are multiples of

    @property
    def missing(self):
        """(why, hatching, where) of what is not drawn, for each reason that occurs."""
        absent = ~np.isfinite(self.values)
        uncertain = np.zeros_like(absent) if self.uncertain is None else self.uncertain
        reasons = [
            ("not finite", "////", absent & ~uncertain),
            ("sign not known", "....", uncertain),
        ]
        return [reason for reason in reasons if reason[2].any()]

    @property
    def log(self):
        return isinstance(self.norm, LogNorm)

    @property
    def title(self):
        words = self.name.replace("_", " ")
        return words[0].upper() + words[1:]

    @property
    def empty(self):
        return not np.isfinite(self.values).any()

    @property
    def constant(self):
        finite = self.values[np.isfinite(self.values)]
        return finite.size > 0 and finite.min() == finite.max()


def look(name, array, error=None, log="auto"):
    """How to draw one map. error is the bound within which an eigenvalue counts as zero, or, where
    the bound is not small, as not known."""
    values = np.array(array.values, dtype=float)
    values[~np.isfinite(values)] = np.nan
    label = label_of(name, array)
    if name in _CATEGORIES:
        categories = _CATEGORIES[name]
        cmap = ListedColormap([colour for _, colour in categories.values()])
        norm = BoundaryNorm(np.arange(len(categories) + 1) - 0.5, len(categories))
        return Look(name, values, label, cmap, norm, "categories", categories)
    if name.startswith(_DIVERGING) and "_error" not in name:
        uncertain = None if error is None else settle_signs(values, error)
        values, norm, unit = scaled(values, lambda values: centred(values, log))
        drawn = Look(name, values, with_unit(label, unit), colormaps["RdBu"], norm, "diverging")
        drawn.uncertain, drawn.unit = uncertain, unit
        return drawn
    if name == "convexity_gap":
        values[values <= array.attrs.get("least_real", 0)] = 0.0
        # Linear unless asked: a small gap is near nothing, not decades from a large one.
        log = "off" if log == "auto" else log
        if not (values > 0).any():
            return Look(name, values, label, colormaps["magma_r"], Normalize(0, 1), "sequential")
    cmap = colormaps[_SEQUENTIAL.get(name, "viridis")]
    if name == "negative_count" and np.nanmax(values) <= 20:
        top = max(int(np.nanmax(values)), 1)
        shades = colormaps["Oranges"](np.linspace(0.35, 0.95, top))
        cmap = ListedColormap([BLUE, *shades])  # as in the verdict: no negative direction is blue
        bounds = np.arange(-0.5, top + 1)
        return Look(name, values, label, cmap, BoundaryNorm(bounds, top + 1), "counts")
    # Kinks are where they are: there is nothing between one cell and the next to draw a line in.
    kind = "cells" if name == "kink_mass" else "sequential"
    values, norm, unit = scaled(values, lambda values: sequential(values, log))
    return Look(name, values, with_unit(label, unit), cmap, norm, kind, unit=unit)


def settle_signs(values, error):
    """Values within their error become zero where the error is at most a thousandth of the largest
    value beyond its own; where there is none, of one, as the colours then go from -1 to 1. Others
    become NaN: to call them zero would be false. Returns where these are."""
    with np.errstate(invalid="ignore"):
        hidden = np.isfinite(values) & ~(np.abs(values) > error)
        scale = np.abs(values[np.isfinite(values) & ~hidden]).max(initial=0) or 1.0
        uncertain = hidden & ~(error <= 1e-3 * scale)
    values[hidden] = 0.0
    values[uncertain] = np.nan
    return uncertain


def label_of(name, array):
    label = str(array.attrs.get("long_name") or name.replace("_", " "))
    units = str(array.attrs.get("units", "1"))
    return label if units in ("1", "") else f"{label} / {units}"


def with_unit(label, unit):
    return label if unit == 1 else f"{label} / {unit:.0e}"


def unit_of(values):
    """A power of ten where limits and ticks, beside the values, may be no numbers; else 1."""
    largest = np.abs(values[np.isfinite(values)]).max(initial=0)
    if 1e-280 < largest <= 1e300 or largest == 0:
        return 1.0
    return 10.0 ** max(np.floor(np.log10(largest)), -307)


def scaled(values, norm_of):
    """(values, norm, unit): in multiples of a unit on a linear scale, which needs differences."""
    with np.errstate(over="ignore"):
        norm = norm_of(values)
    unit = unit_of(values)
    if unit == 1 or isinstance(norm, LogNorm | SymLogNorm):
        return values, norm, 1.0
    return values / unit, norm_of(values / unit), unit


def spans_decades(low, high):
    """Whether positive numbers are so far apart that a logarithmic scale shows more of them."""
    return np.log10(high) - np.log10(low) > 1.5


def sequential(values, log):
    """Logarithmic where the values are not negative and span more than one and a half decades."""
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return Normalize(0, 1)
    low, high = finite.min(), finite.max()
    positive = finite[finite > 0]
    if positive.size and log != "off":
        # One point that happens to lie in the minimum must not use up the colours.
        floor = max(positive.min(), np.percentile(positive, 1) / 100)
        wide = spans_decades(floor, high)
        if floor < high and (log == "on" or (wide and low >= 0)):
            return LogNorm(floor, high)
    if low == high:
        margin = 0.5 * abs(low) or 0.5
        return Normalize(low - margin, high + margin)
    return Normalize(low, high)


def centred(values, log):
    """Zero in the middle; logarithmic beyond a linear middle where magnitudes span decades. Each
    sign has its own scale, so that a small one shows, yet at least a fifth of the other's."""
    finite = values[np.isfinite(values)]
    magnitudes = np.abs(finite[finite != 0])
    if magnitudes.size == 0:
        return Normalize(-1, 1)
    high = magnitudes.max()
    middle = np.percentile(magnitudes, 10)
    if log == "on" or (log == "auto" and spans_decades(middle, high)):
        return SymLogNorm(linthresh=max(middle, high * 1e-4), vmin=-high, vmax=high)
    return TwoSlopeNorm(0, min(finite.min(), -high / 5), max(finite.max(), high / 5))
