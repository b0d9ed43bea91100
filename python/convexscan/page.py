# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""One self-contained HTML page: every map as a surface to turn and a contour map beside it."""

import html

import numpy as np
import plotly.graph_objects as go
from matplotlib.colors import to_hex
from plotly.subplots import make_subplots

from convexscan.contour import missing_words
from convexscan.figure import ground_for, looks, title_of
from convexscan.isolated import isolated
from convexscan.look import BLUE, NOT_FINITE, ORANGE, with_unit
from convexscan.markers import split
from convexscan.result import ResultError, holds_convexify, holds_segments
from convexscan.segments import MOST, curves, witness
from convexscan.surface import height

_SHOWN = ("model", "objective", "penalty", "parameters_subset", "directions", "command_line")
_SHOWN += ("created", "version", "device", "precision", "seed", "elapsed_seconds", "model_hash")
_SHOWN += ("data_hash", "not_finite_points")


def make_page(dataset, quantities=(), log="auto", title=None):
    """The page as text; nothing in it is fetched from elsewhere."""
    heading = title if title is not None else title_of(dataset) or "Loss landscape"
    figure = _picture(dataset, quantities, log)
    figure.update_layout(
        font={"family": "system-ui, sans-serif", "size": 13},
        margin={"t": 40, "b": 40, "l": 40, "r": 40},
    )
    picture = figure.to_html(full_html=False, include_plotlyjs=True, config={"displaylogo": False})
    rows = "".join(
        f"<tr><th>{html.escape(key.replace('_', ' '))}</th>"
        f"<td>{html.escape(str(dataset.attrs[key]))}</td></tr>"
        for key in _SHOWN
        if str(dataset.attrs.get(key, "")) != ""
    )
    return _PAGE.format(title=html.escape(heading), picture=picture, rows=rows)


def _picture(dataset, quantities, log):
    if holds_segments(dataset):
        return _segments(dataset, quantities)
    if holds_convexify(dataset):
        raise ResultError("convexify's result is drawn as .png, .pdf or .svg, not as a page")
    x, y = dataset["x"].values.astype(float), dataset["y"].values.astype(float)
    panels = looks(dataset, quantities, log)
    if min(len(x), len(y)) < 2:
        return _lines(x, y, panels)
    return _maps(dataset, x, y, panels, log)


def _segments(dataset, quantities):
    t, loss, telling = curves(dataset, quantities)
    figure = go.Figure()
    order = [index for index in range(len(loss)) if index != telling][:MOST] + [telling]
    for index in order:
        line = (
            {"color": BLUE, "width": 3} if index == telling else {"color": NOT_FINITE, "width": 1}
        )
        mode = "lines+markers" if isolated(loss[index]).any() else "lines"
        figure.add_scatter(x=t, y=loss[index], line=line, name=f"segment {index}", mode=mode)
    places = witness(dataset, telling)
    if places is not None:
        heights = np.interp(places, t, loss[telling])
        line = {"color": ORANGE, "dash": "dash"}
        figure.add_scatter(x=places[[0, 2]], y=heights[[0, 2]], line=line, name="chord")
    figure.update_layout(height=560, showlegend=False, plot_bgcolor="white")
    figure.update_xaxes(title="t", gridcolor="#dddddd")
    figure.update_yaxes(title="loss", gridcolor="#dddddd")
    return figure


def _maps(dataset, x, y, panels, log):
    titles = [title for panel in panels for title in (panel.label, _words(panel, panel.title))]
    figure = make_subplots(
        rows=len(panels),
        cols=2,
        specs=[[{"type": "surface"}, {"type": "xy"}]] * len(panels),
        subplot_titles=titles,
        horizontal_spacing=0.06,
        vertical_spacing=0.35 / max(4, len(panels) * 2),
        column_widths=[0.55, 0.45],
    )
    for row, panel in enumerate(panels, start=1):
        common = {
            "x": x,
            "y": y,
            "customdata": panel.values,
            "hovertemplate": "x %{x:.4g}<br>y %{y:.4g}<br>%{customdata:.6g}<extra></extra>",
        }
        # A colour is the place of a value on its scale, so every scale works the same way.
        place = np.ma.filled(np.ma.masked_invalid(_place(panel)), np.nan)
        colours = {"colorscale": _colour_scale(panel), "cmin": 0.0, "cmax": 1.0}
        figure.add_trace(
            go.Surface(
                z=height(ground_for(dataset, panel, log)),
                surfacecolor=place,
                **common,
                **colours,
                showscale=False,
            ),
            row=row,
            col=1,
        )
        bar = {"len": 0.8 / len(panels), "y": 1 - (row - 0.5) / len(panels)}
        bar["tickvals"], bar["ticktext"] = _ticks(panel)
        scale = {"zmin": 0.0, "zmax": 1.0, "colorscale": colours["colorscale"], "colorbar": bar}
        if panel.kind in ("categories", "counts"):
            flat = go.Heatmap(z=place, **common, **scale)
        else:
            flat = go.Contour(z=place, ncontours=24, line={"width": 0.5}, **common, **scale)
        figure.add_trace(flat, row=row, col=2)
        _add_markers(figure, dataset, row)
        figure.update_xaxes(title="x", showgrid=False, range=[x[0], x[-1]], row=row, col=2)
        figure.update_yaxes(title="y", showgrid=False, range=[y[0], y[-1]], row=row, col=2)
        ground = ground_for(dataset, panel, log)
        name = with_unit(ground.name, ground.unit)
        vertical = {"title": {"text": ("log10 " if ground.log else "") + name}}
        figure.update_scenes(zaxis=vertical, aspectratio={"x": 1, "y": 1, "z": 0.7}, row=row, col=1)
    # Whatever is not finite is left open, so the background is its colour.
    figure.update_layout(height=560 * len(panels), showlegend=False, plot_bgcolor=NOT_FINITE)
    return figure


def _words(panel, name):
    """A panel's name, and how much of it is left open and why."""
    return "; ".join([name, *(missing_words(why, where) for why, _, where in panel.missing)])


def _lines(x, y, panels):
    along, name = (x, "x") if len(x) > 1 else (y, "y")
    figure = make_subplots(
        rows=len(panels), cols=1, subplot_titles=[_words(panel, panel.label) for panel in panels]
    )
    for row, panel in enumerate(panels, start=1):
        figure.add_trace(
            go.Scatter(x=along, y=panel.values.ravel(), mode="lines+markers", name=panel.title),
            row=row,
            col=1,
        )
        figure.update_xaxes(title=name, row=row, col=1, gridcolor="#dddddd")
        figure.update_yaxes(
            type="log" if panel.log else "linear", row=row, col=1, gridcolor="#dddddd"
        )
    figure.update_layout(height=420 * len(panels), showlegend=False, plot_bgcolor="white")
    return figure


def _place(panel):
    if panel.kind == "categories":
        return panel.values / (len(panel.categories) - 1)
    if panel.kind == "counts":
        top = len(panel.norm.boundaries) - 2
        return panel.values / max(1, top)
    return np.asarray(panel.norm(np.clip(panel.values, panel.norm.vmin, panel.norm.vmax)))


def _colour_scale(panel):
    if panel.kind == "categories":
        colours = [colour for _, colour in panel.categories.values()]
        count = len(colours)
        return [[(i + j) / count, colours[i]] for i in range(count) for j in (0, 1)]
    return [[t, to_hex(panel.cmap(t))] for t in np.linspace(0, 1, 33)]


def _ticks(panel):
    if panel.kind == "categories":
        places = np.linspace(0, 1, len(panel.categories))
        return list(places), [name for name, _ in panel.categories.values()]
    places = np.linspace(0, 1, 7)
    if panel.kind == "counts":
        return places, [f"{place * (len(panel.norm.boundaries) - 2):.3g}" for place in places]
    return places, [f"{value:.3g}" for value in np.asarray(panel.norm.inverse(places))]


def _add_markers(figure, dataset, row):
    points, trajectory = split(dataset)
    for places, mode in ((trajectory, "lines+markers"), (points, "markers+text")):
        if not places:
            continue
        names, x, y = zip(*places, strict=True)
        figure.add_trace(
            go.Scatter(
                x=x,
                y=y,
                mode=mode,
                text=names,
                textposition="top center",
                marker={"color": "white", "size": 8, "line": {"color": "black", "width": 1.5}},
                line={"color": "black"},
                hovertemplate="%{text}<extra></extra>",
            ),
            row=row,
            col=2,
        )


_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ font-family: system-ui, sans-serif; max-width: 1500px; margin: 1.5rem auto; }}
h1 {{ font-size: 1.4rem; font-weight: 600; }}
table {{ border-collapse: collapse; font-size: 0.85rem; color: #444; }}
th {{ text-align: left; font-weight: 600; padding: 0.1rem 1rem 0.1rem 0; vertical-align: top; }}
td {{ overflow-wrap: anywhere; }}
</style>
</head>
<body>
<h1>{title}</h1>
{picture}
<table>{rows}</table>
</body>
</html>
"""
