# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""A whole figure: panels, title and legends."""

from matplotlib.figure import Figure

from convexscan.contour import draw_map
from convexscan.convexify import make_convexify_figure
from convexscan.gap import draw_gap
from convexscan.kinks import draw_drops
from convexscan.lines import draw_lines
from convexscan.look import look, wrapped
from convexscan.markers import draw_markers
from convexscan.result import ResultError, choose, holds_convexify, holds_segments, maps
from convexscan.segments import make_segments_figure
from convexscan.surface import draw_surface


def looks(dataset, quantities, log):
    """How each chosen map is to be drawn."""
    found = maps(dataset)
    result = []
    for name in choose(dataset, quantities):
        error = None
        if name == "min_eigenvalue" and "min_eigenvalue_error" in found:
            error = found["min_eigenvalue_error"].values
        result.append(look(name, found[name], error, log))
    return result


def kind_for(dataset, kind):
    flat = min(dataset.sizes["x"], dataset.sizes["y"]) < 2
    if kind == "auto":
        return "lines" if flat else "contour"
    if flat and kind != "lines":
        raise ResultError(f"a {kind} picture needs more than one x and one y; use --kind lines")
    return kind


def ground_for(dataset, panel, log):
    """The map whose values are the heights: a verdict is painted on the loss."""
    found = maps(dataset)
    painted = panel.kind in ("categories", "counts") and "loss" in found
    return look("loss", found["loss"], log=log) if painted else panel


def require_heights(grounds):
    """Refuses surfaces of which none has a point."""
    if all(ground.empty for ground in grounds):
        why = "finite" if grounds[0].uncertain is None else "certain"
        name = grounds[0].name
        raise ResultError(f"no {why} {name} to draw; a surface needs heights: use --kind contour")


def title_of(dataset):
    # The objective names the network and the penalty as well; a comment says what is to be seen.
    objective = str(dataset.attrs.get("objective", "")) or str(dataset.attrs.get("model", ""))
    return "\n".join(text for text in (str(dataset.attrs.get("comment", "")), objective) if text)


def make_figure(dataset, quantities=(), kind="auto", log="auto", title=None):
    heading = title if title is not None else title_of(dataset)
    if holds_segments(dataset):
        return make_segments_figure(dataset, quantities, kind, heading)
    if holds_convexify(dataset):
        return make_convexify_figure(dataset, quantities, kind, heading)
    kind = kind_for(dataset, kind)
    panels = looks(dataset, quantities, log)
    if kind == "surface":
        require_heights([ground_for(dataset, panel, log) for panel in panels])
    columns = len(panels) if len(panels) <= 3 else -(-len(panels) // 2)
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(4.9 * columns + 0.3, 4.6 * rows + 0.4), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.08, h_pad=0.1)
    x, y = dataset["x"].values.astype(float), dataset["y"].values.astype(float)
    for index, panel in enumerate(panels):
        projection = "3d" if kind == "surface" else None
        axes = figure.add_subplot(rows, columns, index + 1, projection=projection)
        axes.set_title(panel.title, fontsize=12)
        handles = []
        if kind == "surface":
            handles = draw_surface(axes, x, y, panel, ground_for(dataset, panel, log))
        elif kind == "lines":
            handles = draw_lines(axes, x, y, panel)
        else:
            handles = draw_map(axes, x, y, panel) + draw_markers(axes, dataset)
            if panel.name == "verdict":
                handles += draw_drops(axes, dataset, x, y, panel.values)
            if panel.name == "convexity_gap":
                handles += draw_gap(axes, dataset, x, y, panel.values)
        if kind != "lines":
            axes.set(xlabel="x", ylabel="y")
        if handles:
            axes.legend(
                handles=handles,
                loc="upper center",
                bbox_to_anchor=(0.5, -0.13),
                ncols=2 if len(handles) > 1 else 1,
                frameon=False,
                fontsize=9,
            )
    figure.suptitle(wrapped(heading, 46 * columns), fontsize=13)
    return figure
