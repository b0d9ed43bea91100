# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Pictures: what they show."""

import re
import warnings

import convexscan
import matplotlib.collections
import numpy as np
import pytest
import scenes
from convexscan.contour import draw_map
from convexscan.look import look
from convexscan.page import make_page
from convexscan.plot import main, plot
from convexscan.result import ResultError, maps
from matplotlib.image import imread


def mesh_of(axes):
    """The coloured cells of a map: the last mesh, since those that are missing come first."""
    meshes = [c for c in axes.collections if isinstance(c, matplotlib.collections.QuadMesh)]
    return meshes[-1]


def legend_texts(figure):
    return [
        text.get_text()
        for legend in [*(axes.get_legend() for axes in figure.axes), *figure.legends]
        if legend
        for text in legend.get_texts()
    ]


def test_axes_are_not_transposed():
    values = np.zeros((3, 5))
    values[2, 1] = 9.0  # third row is y = 30, second column is x = 1
    figure = plot(scenes.dataset(np.arange(5.0), np.array([10.0, 20, 30]), loss=values))
    mesh = mesh_of(figure.axes[0])
    row, column = np.unravel_index(np.argmax(mesh.get_array()), (3, 5))
    cell = mesh.get_coordinates()[row : row + 2, column : column + 2].reshape(-1, 2).mean(axis=0)
    assert tuple(cell) == (1.0, 30.0)
    assert figure.axes[0].get_xlim() == (0, 4)
    assert figure.axes[0].get_ylim() == (10, 30)


def test_a_stored_variable_with_transposed_dimensions_is_drawn_the_same():
    scene = scenes.plane_with_hole()
    turned = scene.transpose("x", "y", ...)
    np.testing.assert_array_equal(maps(turned)["loss"].values, scene["loss"].values)


def test_without_options_the_telling_quantities_are_panels_in_a_row():
    figure = plot(scenes.rosenbrock())
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles == ["Loss", "Min eigenvalue", "Verdict"]
    assert figure.get_suptitle() == "landscape"


def test_a_wide_range_gets_a_logarithmic_scale_unless_told_otherwise():
    bowl = scenes.noisy_bowl()
    assert look("loss", bowl["loss"]).log
    assert not look("loss", bowl["loss"], log="off").log
    narrow = scenes.dataset([0.0, 1], [0.0, 1], loss=[[1, 2], [3, 4]])
    assert not look("loss", narrow["loss"]).log
    assert look("loss", narrow["loss"], log="on").log


def test_values_below_zero_keep_the_scale_linear_even_when_it_is_forced():
    scene = scenes.dataset([0.0, 1], [0.0, 1], loss=[[-1, -2], [-3, -400]])
    assert not look("loss", scene["loss"], log="on").log
    plot(scene, log="on").savefig("/dev/null", format="png")


def test_eigenvalues_have_zero_in_the_middle_of_the_colours():
    drawn = look("min_eigenvalue", scenes.rosenbrock()["min_eigenvalue"])
    assert float(drawn.norm(0.0)) == pytest.approx(0.5)
    drawn = look("min_eigenvalue", scenes.rosenbrock()["min_eigenvalue"], log="on")
    assert float(drawn.norm(0.0)) == pytest.approx(0.5)


def test_an_eigenvalue_within_its_error_bound_is_drawn_as_zero():
    noise = 1e-16 * np.random.default_rng(0).normal(size=(9, 9))
    scene = scenes.dataset(np.arange(9.0), np.arange(9.0), min_eigenvalue=noise)
    scene["min_eigenvalue_error"] = (("y", "x"), np.full((9, 9), 1e-12))
    figure = plot(scene, "min_eigenvalue")
    assert not mesh_of(figure.axes[0]).get_array().any()


def with_errors(values, errors):
    values, errors = np.atleast_2d(values), np.atleast_2d(errors)
    x, y = np.arange(values.shape[1]) * 1.0, np.arange(values.shape[0]) * 1.0
    scene = scenes.dataset(x, y, min_eigenvalue=values)
    scene["min_eigenvalue_error"] = (("y", "x"), errors)
    return scene


@pytest.mark.parametrize("error", [np.inf, np.nan, 3.0])
def test_an_eigenvalue_within_a_large_error_is_not_drawn_as_zero(error):
    values = np.array([[5.0, -0.1, 2.0], [1e-4, -3.0, 1.0]])
    errors = np.array([[0.1, error, 0.1], [2e-3, 0.1, 0.1]])
    scene = with_errors(values, errors)
    for kind in ("contour", "surface"):
        assert "sign not known: 1 of 6 points" in legend_texts(plot(scene, kind=kind))
    drawn = mesh_of(plot(scene).axes[0]).get_array().filled(np.nan)
    np.testing.assert_array_equal(drawn, [[5.0, np.nan, 2.0], [0.0, -3.0, 1.0]])
    assert "sign not known: 1 of 6 points" in make_page(scene)


@pytest.mark.parametrize("error", [np.inf, 2e300])
def test_cuts_whose_errors_hide_every_sign_have_no_line_at_zero(error):
    scene = with_errors([-1e300, 0.0, 1.0], [error, error, error])
    figure = plot(scene)
    assert "sign not known: 3 points" in legend_texts(figure)
    for line in figure.axes[0].lines:
        assert not np.isfinite(line.get_ydata()).any() or line.get_xdata()[0] == line.get_xdata()[1]
    with pytest.raises(ResultError, match="no certain min_eigenvalue"):
        plot(with_errors(np.ones((2, 2)), np.full((2, 2), error)), kind="surface")


def test_what_is_not_finite_has_a_legend_entry_with_its_count():
    scene = scenes.plane_with_hole()
    bad = int((~np.isfinite(scene["loss"])).sum())
    assert f"not finite: {bad} of {41 * 31} points" in legend_texts(plot(scene))
    assert "not finite" not in "".join(legend_texts(plot(scenes.noisy_bowl())))


def test_verdicts_are_named_with_their_share():
    texts = " ".join(legend_texts(plot(scenes.rosenbrock(), "verdict")))
    assert re.search(r"locally convex: [\d.]+ %", texts)
    assert "not convex" in texts and "undecided" in texts


def test_points_are_labelled_and_a_trajectory_is_a_line():
    axes = plot(scenes.plane_with_hole()).axes[0]
    assert {text.get_text() for text in axes.texts} >= {"a", "b", "c"}
    assert "trajectory" in legend_texts(plot(scenes.noisy_bowl()))


def test_the_eigenvalue_ratio_is_there_when_both_eigenvalues_are():
    found = maps(scenes.rosenbrock())
    expected = abs(found["min_eigenvalue"] / found["max_eigenvalue"])
    np.testing.assert_allclose(found["eigenvalue_ratio"], expected)


def test_components_are_maps_of_their_own_and_the_variable_means_all():
    scene = scenes.rosenbrock(5, 4)
    scene["layer_min_eigenvalue"] = (("layer", "y", "x"), np.random.rand(2, 4, 5))
    scene["plane_hessian"] = (("y", "x", "plane_component"), np.random.rand(4, 5, 3))
    scene["plane_hessian"].attrs["components"] = "xx xy yy"
    found = maps(scene)
    np.testing.assert_array_equal(
        found["plane_hessian_xy"], scene["plane_hessian"].isel(plane_component=1)
    )
    figure = plot(scene, ["layer_min_eigenvalue"])
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles == ["Layer min eigenvalue 1", "Layer min eigenvalue 2"]


@pytest.mark.parametrize("kind", ["contour", "surface", "lines"])
@pytest.mark.parametrize("name", ["rosenbrock", "noisy_bowl", "plane_with_hole"])
def test_every_kind_of_picture_can_be_made(tmp_path, kind, name):
    plot(getattr(scenes, name)(), kind=kind).savefig(tmp_path / "picture.png")


@pytest.mark.parametrize("kind", ["contour", "surface", "lines"])
@pytest.mark.parametrize("constant", [0.0, -3.0, 1e300])
def test_constant_data_still_draw(tmp_path, kind, constant):
    flat = scenes.dataset(np.arange(4.0), np.arange(3.0), loss=np.full((3, 4), constant))
    plot(flat, kind=kind).savefig(tmp_path / "picture.png")


def test_a_single_row_or_column_is_drawn_as_a_line(tmp_path):
    for scene in (
        scenes.dataset(np.arange(4.0), [0.0], loss=[[1, 2, np.nan, 4]]),
        scenes.dataset([0.0], np.arange(4.0), loss=[[1], [2], [3], [4]]),
        scenes.dataset([0.0], [0.0], loss=[[1]]),
    ):
        figure = plot(scene)
        assert len(figure.axes[0].lines) >= 1
        figure.savefig(tmp_path / "picture.png")


@pytest.mark.parametrize(
    ("cut", "ticks"),
    [
        ([0.0, 0, 0], None),
        ([np.nan, np.nan, np.nan], None),
        ([2e300, 3e300, 5e300], [2e300, 5e300]),
        ([1.2e308, 1.5e308, 1.7e308], [1.2e308, 1.7e308]),
        ([1.5e308, 1.5e308, 1.5e308], [1.5e308]),
        ([np.nan, 2e300, np.nan], [2e300]),
        ([3e299, 5e299, 8e300], [3e299, 8e300]),
        ([2e299, 1e301, 3e302], [1e300, 1e301, 1e302]),
        ([2e-301, 1.0, 1.7e308], [1e-300, 1e-148, 1e4, 1e156, 1e308]),
        ([1.0, 1e100, 3e271], [1e0, 1e68, 1e136, 1e203, 1e271]),
    ],
)
def test_huge_cuts_have_ticks_that_are_numbers(tmp_path, cut, ticks):
    loss = np.array([[1.0, 10, 1e308], cut, [1, 10, 1e308]])
    loss[:, 1] = cut[1]
    axis = np.array([-1.0, 0, 1])
    figure = plot(scenes.dataset(axis, axis, loss=loss), kind="lines", log="on")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.savefig(tmp_path / "picture.png")
    if ticks is None:
        return
    axis = figure.axes[0].yaxis
    np.testing.assert_allclose(axis.get_ticklocs(), ticks, rtol=1e-10)
    labels = [label.get_text() for label in axis.get_ticklabels()]
    powers = [label[5:-2] for label in labels if label.startswith("$")]
    numbers = [f"1e{power}" for power in powers] or labels
    np.testing.assert_allclose([float(number) for number in numbers], ticks, rtol=5e-3)


@pytest.mark.parametrize("log", ["auto", "off"])
@pytest.mark.parametrize("largest", [1.0, 1e250, 1e299, 1e301, 1.25e308, 1.79e308])
@pytest.mark.parametrize("smallest", [0.3, -1.0])
def test_cuts_on_a_linear_scale_are_drawn_up_to_the_largest_number(
    tmp_path, smallest, largest, log
):
    loss = largest * np.array([[smallest, 0.5, 1.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = plot(scenes.dataset(np.array([-1.0, 0, 1]), [0.0], loss=loss), log=log)
        figure.savefig(tmp_path / "picture.png")
    axes = figure.axes[0]
    unit = float((axes.get_ylabel().rsplit(" / ", 1) + ["1"])[1])
    np.testing.assert_allclose(axes.lines[0].get_ydata() * unit, loss[0], rtol=1e-15)


@pytest.mark.parametrize("low", [1e-300, 1.0])
def test_cuts_on_a_log_scale_are_drawn_up_to_the_largest_number(tmp_path, low):
    for power in range(200, 309, 12):
        loss = [[low, 1.0, 10.0**power]]
        scene = scenes.dataset(np.array([-1.0, 0, 1]), [0.0], loss=loss)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            plot(scene, log="on").savefig(tmp_path / "picture.png")


@pytest.mark.parametrize("unit", [1e-300, 1e308])
@pytest.mark.parametrize("name", ["loss", "trace"])
@pytest.mark.parametrize("kind", ["contour", "surface"])
def test_maps_of_tiny_and_huge_values_are_drawn_in_a_unit(tmp_path, unit, name, kind):
    axis = np.array([-1.0, 0, 1])
    values = unit * np.array([[-1.0, 0.5, 1.5], [1.0, 0.2, -1.5], [0.1, 0.3, 1.2]])
    scene = scenes.dataset(axis, axis, **{name: values})
    drawn = look(name, scene[name])
    np.testing.assert_allclose(drawn.values * unit, values, rtol=1e-14)
    assert drawn.label.endswith(f" / {unit:.0e}")
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        figure = plot(scene, name, kind=kind)
        figure.savefig(tmp_path / "p.png")
    assert kind == "contour" or figure.axes[0].get_zlabel() == f"{name} / {unit:.0e}"


def markers_at(axes, x):
    """The heights at x that have a marker."""
    return [
        height
        for line in axes.lines
        if line.get_marker() == "o"
        for place, height in zip(line.get_xdata(), line.get_ydata(), strict=True)
        if place == x and np.isfinite(height)
    ]


@pytest.mark.parametrize("name", ["loss", "min_eigenvalue", "verdict"])
def test_a_scan_of_one_point_is_a_marker(name):
    scene = scenes.dataset([0.0], [0.0], loss=[[2]], min_eigenvalue=[[2]], verdict=[[2]])
    assert markers_at(plot(scene, name).axes[0], 0.0) == [2]


def test_a_point_between_gaps_is_a_marker():
    loss = np.arange(50.0)
    loss[[0, 20, 22, 48]] = np.nan
    axes = plot(scenes.dataset(np.arange(50.0), [0.0], loss=[loss])).axes[0]
    assert [markers_at(axes, x) for x in (19, 21, 23, 49)] == [[], [21], [], [49]]
    rows = scenes.segments(12)
    rows["loss"][2, [7, 9]] = np.nan
    rows["loss"][3, [0, 2]] = np.inf
    axes = plot(rows).axes[0]
    assert len(markers_at(axes, rows["t"][8])) == 1
    assert markers_at(axes, rows["t"][1]) == [rows["loss"][3, 1]]
    rows = rows.isel(segment=[2, 3]).assign(label=("segment", ["one", "other"]))
    assert len(markers_at(plot(rows).axes[0], rows["t"][8])) == 1


def test_cuts_go_through_the_origin():
    scene = scenes.dataset([-1.0, 0, 1], [-1.0, 0, 1], loss=[[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    along_x, along_y = plot(scene, kind="lines").axes[0].lines[:2]
    np.testing.assert_array_equal(along_x.get_ydata(), [4, 5, 6])
    np.testing.assert_array_equal(along_y.get_ydata(), [2, 5, 8])


def test_library_draws_into_axes_of_the_callers_own():
    from matplotlib.figure import Figure

    scene = scenes.plane_with_hole()
    axes = Figure().add_subplot()
    drawn = look("loss", scene["loss"])
    assert len(draw_map(axes, scene["x"].values, scene["y"].values, drawn)) == 1


def test_the_page_fetches_nothing_and_escapes_what_it_is_told(tmp_path):
    scene = scenes.plane_with_hole()
    scene.attrs["command_line"] = "convexscan grid --title '<script>alert(1)</script>'"
    scene.to_netcdf(tmp_path / "scan.nc")
    assert main([str(tmp_path / "scan.nc"), "-o", str(tmp_path / "page.html")]) == 0
    page = (tmp_path / "page.html").read_text()
    assert not re.search(r"""src\s*=\s*["']?(https?:)?//""", page)
    assert "<link" not in page
    assert "<script>alert(1)" not in page
    assert "surface" in page and "contour" in page


@pytest.mark.parametrize("shape", [(1, 4), (4, 1), (1, 1)])
def test_a_line_makes_a_page_too(tmp_path, shape):
    rows, columns = shape
    scene = scenes.dataset(np.arange(columns) * 1.0, np.arange(rows) * 1.0, loss=np.ones(shape))
    scene.to_netcdf(tmp_path / "scan.nc")
    assert main([str(tmp_path / "scan.nc"), "-o", str(tmp_path / "page.html")]) == 0


def test_a_loss_that_is_nowhere_finite_is_a_panel_that_says_so(tmp_path):
    scene = scenes.dataset([0.0, 1], [0.0, 1], loss=np.full((2, 2), np.inf))
    for kind in ("contour", "lines"):
        figure = plot(scene, kind=kind)
        assert [axes.get_title() for axes in figure.axes] == ["Loss"]
        assert any(text.startswith("not finite: ") for text in legend_texts(figure)), kind
    scene.to_netcdf(tmp_path / "scan.nc")
    with pytest.raises(ResultError, match="no finite loss to draw"):
        plot(scene, kind="surface")
    for arguments in (["-o", tmp_path / "p.html"], ["-q", "loss"]):
        arguments = [str(argument) for argument in arguments]
        assert main([str(tmp_path / "scan.nc"), "--overwrite", *arguments]) == 0


def test_open_gives_the_whole_dataset(scan):
    dataset = convexscan.open(scan)
    assert dataset["loss"].dims == ("y", "x")
    assert dataset.attrs["model"] == "rosenbrock"


def test_a_surface_counts_what_is_not_finite_too():
    texts = legend_texts(plot(scenes.plane_with_hole(), kind="surface"))
    assert any(text.startswith("not finite: ") for text in texts)


def test_segments_are_drawn_with_the_highest_barrier_in_front(tmp_path):
    scenes.segments().to_netcdf(tmp_path / "segments.nc")
    dataset = convexscan.open(tmp_path / "segments.nc")
    labels = legend_texts(plot(dataset))
    assert "segment 3" in labels
    assert "11 other segments" in labels
    assert any("chord" in label for label in labels)
    assert "200 of 249 other segments" in legend_texts(plot(scenes.segments(250)))
    for name in ("p.png", "p.html"):
        assert main([str(tmp_path / "segments.nc"), "-o", str(tmp_path / name)]) == 0


@pytest.mark.parametrize(
    ("landscape", "x"), [("exp-of-square", "-26:26:41"), ("x2y2", "-1e-70:1e-70:11")]
)
@pytest.mark.parametrize("options", [{}, {"log": "off"}, {"kind": "surface"}, {"kind": "lines"}])
def test_losses_at_both_ends_of_the_numbers_are_drawn(run, tmp_path, landscape, x, options):
    # Up to 1e293 and down to 1e-280: a colour scale's ends, or its next tick, may be no numbers.
    quantities = ["--quantities", "loss,min_eigenvalue,verdict"]
    result = run("grid", "--landscape", landscape, f"--x={x}", *quantities)
    assert result.returncode == 0, result.stderr
    scan = convexscan.open(tmp_path / "scan.nc")
    loss = scan["loss"]
    assert loss.max() > 1e290 or 0 < loss.max() < 1e-270
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        plot(scan, **options).savefig(tmp_path / "p.png")
    assert imread(tmp_path / "p.png").std() > 0.05
