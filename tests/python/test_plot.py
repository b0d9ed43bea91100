# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Pictures: what they show, and what happens when they cannot be drawn."""

import os
import re
import shlex
import subprocess
import sys
import warnings

import convexscan
import matplotlib.collections
import numpy as np
import pytest
import scenes
from convexscan.contour import draw_map
from convexscan.look import look
from convexscan.plot import main, plot
from convexscan.result import maps
from matplotlib.image import imread


@pytest.fixture
def scan(tmp_path):
    path = tmp_path / "scan.nc"
    scenes.rosenbrock(21, 17).to_netcdf(path)
    return path


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


def failure(capsys, *arguments):
    """The exit code and the one line that the command fails with."""
    try:
        code = main([str(argument) for argument in arguments])
    except SystemExit as exit_:
        code = exit_.code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1, captured.err
    assert captured.err.startswith("convexscan-plot: ")
    return code, captured.err


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


@pytest.mark.parametrize("extension", ["png", "pdf", "svg", "html"])
def test_every_format_is_written_whole(tmp_path, scan, capsys, extension):
    output = tmp_path / f"picture.{extension}"
    assert main([str(scan), "-o", str(output)]) == 0
    assert capsys.readouterr().out == f"{output}\n"
    heads = {
        "png": b"\x89PNG",
        "pdf": b"%PDF",
        "svg": b"<?xml",
        "html": b"<!DOCTYPE html>",
    }
    assert output.read_bytes().startswith(heads[extension])
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["scan.nc", output.name])


def test_the_picture_goes_beside_the_result_without_an_output(tmp_path, scan, capsys):
    assert main([str(scan)]) == 0
    assert (tmp_path / "scan.png").exists()


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


def test_a_missing_file_is_one_line(tmp_path, capsys):
    code, line = failure(capsys, tmp_path / "none.nc")
    assert code == 1 and "no such file" in line


@pytest.mark.parametrize("content", [b"", b"x,y,loss\n1,2,3\n", b"\x89HDF\r\n\x1a\n" + b"\0" * 99])
def test_what_is_not_netcdf_is_one_line(tmp_path, capsys, content):
    (tmp_path / "scan.nc").write_bytes(content)
    code, line = failure(capsys, tmp_path / "scan.nc")
    assert code == 1 and "not a netCDF file" in line


def test_a_truncated_result_is_one_line(scan, capsys):
    scan.write_bytes(scan.read_bytes()[:-2000])
    assert failure(capsys, scan)[0] == 1


def test_another_netcdf_file_is_one_line(tmp_path, capsys):
    scenes.xr.Dataset({"t": ("time", [1.0])}).to_netcdf(tmp_path / "other.nc")
    code, line = failure(capsys, tmp_path / "other.nc")
    assert code == 1 and "not a grid" in line


def test_a_vector_at_every_point_is_no_map(tmp_path, capsys):
    scene = scenes.rosenbrock(5, 4)
    names = list(maps(scene))
    scene["min_eigenvector"] = (("y", "x", "parameter"), np.ones((4, 5, 3)))
    assert list(maps(scene)) == names
    scene.to_netcdf(tmp_path / "vectors.nc")
    code, line = failure(capsys, tmp_path / "vectors.nc", "--quantity", "min_eigenvector")
    assert code == 1 and "min_eigenvector: is a vector at every point" in line


def test_a_misspelt_quantity_is_met_with_the_near_miss(scan, capsys):
    code, line = failure(capsys, scan, "--quantity", "min_eigenvalu")
    assert code == 1 and 'did you mean "min_eigenvalue"?' in line


def test_an_existing_picture_is_replaced_only_when_asked(tmp_path, scan, capsys):
    picture = tmp_path / "picture.png"
    picture.write_text("precious")
    code, line = failure(capsys, scan, "-o", picture)
    assert code == 1 and "--overwrite" in line
    assert picture.read_text() == "precious"
    assert main([str(scan), "-o", str(picture), "--overwrite"]) == 0


def test_a_picture_does_not_replace_its_result(tmp_path, scan, capsys):
    result = tmp_path / "result.png"
    scan.rename(result)
    before = result.read_bytes()
    (tmp_path / "link.png").symlink_to(result)
    for output in (["-o", result], ["-o", tmp_path / "link.png"], []):
        code, line = failure(capsys, result, *output, "--overwrite")
        assert code == 2 and "is read as" in line
    assert result.read_bytes() == before


def test_a_newline_in_a_name_makes_no_second_line(tmp_path, scan, capsys):
    code, line = failure(capsys, tmp_path / "a\nb.nc")
    assert code == 1 and "a?b.nc" in line
    code, line = failure(capsys, scan, "-o", "a\nb.txt")
    assert code == 2 and "a?b.txt" in line


def test_a_file_in_the_place_of_a_folder_is_called_one(scan, capsys):
    code, line = failure(capsys, scan, "-o", scan / "picture.png")
    assert code == 1 and "is a file, not a folder" in line


def test_a_missing_folder_is_one_line(tmp_path, scan, capsys):
    code, line = failure(capsys, scan, "-o", tmp_path / "nowhere" / "picture.png")
    assert code == 1 and "does not exist" in line


def test_a_loss_that_is_nowhere_finite_is_a_panel_that_says_so(tmp_path):
    scene = scenes.dataset([0.0, 1], [0.0, 1], loss=np.full((2, 2), np.inf))
    for kind in ("contour", "surface", "lines"):
        figure = plot(scene, kind=kind)
        assert [axes.get_title() for axes in figure.axes] == ["Loss"]
        assert any(text.startswith("not finite: ") for text in legend_texts(figure)), kind
    scene.to_netcdf(tmp_path / "scan.nc")
    for arguments in (["-o", tmp_path / "p.html"], ["--kind", "surface"], ["-q", "loss"]):
        arguments = [str(argument) for argument in arguments]
        assert main([str(tmp_path / "scan.nc"), "--overwrite", *arguments]) == 0


def test_anything_else_that_is_nowhere_finite_is_one_line(tmp_path, capsys):
    scene = scenes.dataset([0.0, 1], [0.0, 1], trace=np.full((2, 2), np.nan))
    scene.to_netcdf(tmp_path / "scan.nc")
    for extension in ("png", "html"):
        code, line = failure(capsys, tmp_path / "scan.nc", "-o", tmp_path / f"p.{extension}")
        assert code == 1 and "no value is finite" in line
    assert [path.name for path in tmp_path.iterdir()] == ["scan.nc"]


def test_a_name_that_is_not_utf8_is_one_line(tmp_path, scan):
    """In a process of its own: its stdout and stderr are those of a terminal, not pytest's."""
    bad = os.fsencode(tmp_path) + b"/caf\xe9.nc"
    os.link(scan, bad)
    command = [sys.executable, "-c", "import convexscan.plot as p; raise SystemExit(p.main())"]
    result = subprocess.run([*command, bad], capture_output=True, text=True)
    assert result.returncode == 1 and result.stdout == ""
    assert result.stderr.count("\n") == 1 and "is not UTF-8" in result.stderr
    picture = bad.replace(b".nc", b".png")
    result = subprocess.run([*command, scan, "-o", picture], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "caf\\udce9.png" in result.stdout and os.path.exists(picture)


def test_a_surface_of_a_line_is_one_line(tmp_path, capsys):
    scenes.dataset([0.0, 1], [0.0], loss=[[1, 2]]).to_netcdf(tmp_path / "scan.nc")
    code, line = failure(capsys, tmp_path / "scan.nc", "--kind", "surface")
    assert code == 1 and "--kind lines" in line


@pytest.mark.parametrize(
    "arguments",
    [[], ["--kind", "pie"], ["-o", "picture.bmp"], ["--log", "maybe"], ["--colour"]],
)
def test_bad_usage_is_one_line_and_code_2(scan, capsys, arguments):
    code, line = failure(capsys, *([scan, *arguments] if arguments else []))
    assert code == 2 and "--help" in line


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path, scan, capsys):
    import resource
    import signal

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
        for extension in ("png", "html"):
            output = tmp_path / f"p.{extension}"
            code, line = failure(capsys, scan, "-o", output)
            assert code == 1 and "cannot be written" in line
            assert not output.exists()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert [path.name for path in tmp_path.iterdir()] == ["scan.nc"]


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


@pytest.mark.parametrize("arguments", [["--quantity", "trace"], ["--kind", "contour"]])
def test_what_segments_do_not_have_is_one_line(tmp_path, capsys, arguments):
    scenes.segments().to_netcdf(tmp_path / "segments.nc")
    code, line = failure(capsys, tmp_path / "segments.nc", *arguments)
    assert code == 1 and "segments" in line


@pytest.mark.parametrize(
    ("landscape", "x"), [("exp-of-square", "-26:26:41"), ("x2y2", "-1e-70:1e-70:11")]
)
@pytest.mark.parametrize("options", [[], ["--log", "off"], ["--kind", "surface"]])
def test_losses_at_both_ends_of_the_numbers_are_drawn(run, tmp_path, landscape, x, options):
    # Up to 1e293 and down to 1e-280: a colour scale's ends, or its next tick, may be no numbers.
    quantities = ["--quantities", "loss,min_eigenvalue,verdict"]
    result = run("grid", "--landscape", landscape, f"--x={x}", *quantities)
    assert result.returncode == 0, result.stderr
    loss = convexscan.open(tmp_path / "scan.nc")["loss"]
    assert loss.max() > 1e290 or 0 < loss.max() < 1e-270
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        assert main([str(tmp_path / "scan.nc"), "-o", str(tmp_path / "p.png"), *options]) == 0
    assert imread(tmp_path / "p.png").std() > 0.05


def test_the_module_runs_like_the_program_and_without_a_warning():
    command = [sys.executable, "-W", "error", "-m", "convexscan.plot", "--help"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.startswith("usage: convexscan-plot")


def plot_program(arguments, shell_end="", **more):
    """The program in a process of its own, with what a shell puts behind it."""
    source = os.path.dirname(os.path.dirname(convexscan.__file__))
    command = shlex.join([sys.executable, "-m", "convexscan.plot", *map(str, arguments)])
    return subprocess.run(
        f"{command} {shell_end}",
        shell=True,
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"PYTHONPATH": source} | more,
    )


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("where", ["> /dev/full", ">&-"])
def test_a_stdout_that_cannot_be_written_gets_one_line(scan, where, unbuffered):
    drawn = plot_program([scan], where, PYTHONUNBUFFERED=unbuffered)
    assert drawn.stderr == "convexscan-plot: stdout cannot be written\n"
    assert drawn.returncode == 1
    assert scan.with_suffix(".png").is_file()
    helped = plot_program(["--help"], where, PYTHONUNBUFFERED=unbuffered)
    assert helped.stderr == drawn.stderr and helped.returncode == 1
    wrong = plot_program([scan, "--kind", "no"], where, PYTHONUNBUFFERED=unbuffered)
    assert wrong.returncode == 2 and len(wrong.stderr.splitlines()) == 1


@pytest.mark.parametrize("name", ["pipe.nc", "pipe.npz"])
def test_a_pipe_is_refused_at_once(tmp_path, name):
    os.mkfifo(tmp_path / name)
    refused = plot_program([tmp_path / name])
    assert refused.returncode == 1
    expected = f"{tmp_path / name}: is a device or a pipe; save what it gives in a file"
    assert refused.stderr == f"convexscan-plot: {expected}\n"
