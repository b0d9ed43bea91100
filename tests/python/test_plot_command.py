# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""convexscan-plot: what it writes, and what happens when nothing can be drawn."""

import os
import shlex
import shutil
import signal
import subprocess
import sys

import convexscan
import numpy as np
import pytest
import scenes
from convexscan.ends import make_ends_figure
from convexscan.plot import main
from convexscan.result import choose, maps


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
        # A shell's background jobs, and what they start, ignore interrupts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


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


def test_a_name_as_long_as_a_name_can_be_is_drawn_beside(tmp_path, scan, capsys):
    long = tmp_path / ("a" * 251 + ".nc")
    shutil.copyfile(scan, long)
    assert main([str(long)]) == 0
    assert sorted(tmp_path.glob("a*")) == [long, long.with_suffix(".png")]


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


def test_layers_that_were_not_scanned_are_left_out(tmp_path, capsys):
    scene = scenes.rosenbrock(5, 4)
    values = np.full((3, 4, 5), np.nan)
    values[1] = np.arange(20).reshape(4, 5)
    scene["layer_min_eigenvalue"] = (("layer", "y", "x"), values)
    scene["layer_min_eigenvalue_error"] = abs(scene["layer_min_eigenvalue"])
    assert choose(scene, ["layer_min_eigenvalue", "loss"]) == ["layer_min_eigenvalue_2", "loss"]
    scene.to_netcdf(tmp_path / "layers.nc")
    call = [tmp_path / "layers.nc", "--overwrite", "--quantity"]
    for extension in ("png", "html"):
        picture = ["-o", str(tmp_path / f"layers.{extension}")]
        assert main([*map(str, call), "layer_min_eigenvalue", *picture]) == 0
        assert capsys.readouterr().err == ""
    code, line = failure(capsys, *call, "layer_min_eigenvalue_3")
    assert code == 1 and "layer_min_eigenvalue_3: no value is finite" in line
    scene["layer_min_eigenvalue"] = scene["layer_min_eigenvalue"] * np.nan
    scene.to_netcdf(tmp_path / "layers.nc")
    code, line = failure(capsys, *call, "layer_min_eigenvalue")
    assert code == 1 and "layer_min_eigenvalue: no value is finite" in line


def test_a_misspelt_quantity_is_met_with_the_near_miss(scan, capsys):
    code, line = failure(capsys, scan, "--quantity", "min_eigenvalu")
    assert code == 1 and 'did you mean "min_eigenvalue"?' in line


def test_what_cannot_be_drawn_is_not_suggested(scan, capsys):
    scene = convexscan.open(scan)
    scene["gap_witness_x"] = ("gap_witness", np.zeros(3))
    scene.to_netcdf(scan)
    for name in ("gap_witness_x", "gap_witness_y"):
        code, line = failure(capsys, scan, "-q", name)
        assert code == 1 and "did you mean" not in line and "there is loss" in line


@pytest.mark.parametrize("x", [[0.0, np.nan, 2], [1.0, 1, 1], [0.0, 2, 1], ["a", "b", "c"]])
def test_coordinates_that_are_no_axis_are_one_line(tmp_path, capsys, x):
    scenes.dataset(x, [0.0, 1], loss=np.ones((2, 3))).to_netcdf(tmp_path / "scan.nc")
    code, line = failure(capsys, tmp_path / "scan.nc")
    assert code == 1 and "the coordinates x" in line


@pytest.mark.parametrize(
    ("width", "loss", "words"),
    [
        ([], [], "no loss is finite"),
        ([2, 2], [np.nan, np.inf], "no loss is finite"),
        ([2, 2], [1.0], "columns of one length"),
        ([[2]], [[1.0]], "columns of one length"),
        ([2, 2], ["a", "b"], "not all numbers"),
        ([2, 2], np.array([1, None]), "is damaged"),
        ([2, np.nan], [1.0, 2.0], "a width is not finite"),
    ],
)
def test_ends_that_are_no_table_are_one_line(tmp_path, capsys, width, loss, words):
    np.savez(tmp_path / "e.npz", width=width, loss=loss, negative_count=np.zeros_like(width))
    code, line = failure(capsys, tmp_path / "e.npz")
    assert code == 1 and words in line


def test_ends_without_a_finite_loss_are_counted():
    ends = {"width": [2, 2, 3], "loss": [1.0, np.inf, np.nan], "negative_count": [0, 0, 0]}
    figure = make_ends_figure({key: np.array(column) for key, column in ends.items()})
    texts = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert "loss not finite: 2 of 3 starts" in texts


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
    code, line = failure(capsys, tmp_path / "a\x9bb.nc")  # as ESC [
    assert code == 1 and "a?b.nc" in line


def test_a_file_in_the_place_of_a_folder_is_called_one(scan, capsys):
    code, line = failure(capsys, scan, "-o", scan / "picture.png")
    assert code == 1 and "is a file, not a folder" in line


def test_a_missing_folder_is_one_line(tmp_path, scan, capsys):
    code, line = failure(capsys, scan, "-o", tmp_path / "nowhere" / "picture.png")
    assert code == 1 and "does not exist" in line


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


@pytest.mark.parametrize("arguments", [["--quantity", "trace"], ["--kind", "contour"]])
def test_what_segments_do_not_have_is_one_line(tmp_path, capsys, arguments):
    scenes.segments().to_netcdf(tmp_path / "segments.nc")
    code, line = failure(capsys, tmp_path / "segments.nc", *arguments)
    assert code == 1 and "segments" in line


def test_the_module_runs_like_the_program_and_without_a_warning():
    command = [sys.executable, "-W", "error", "-m", "convexscan.plot", "--help"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.startswith("usage: convexscan-plot")


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


@pytest.mark.parametrize("module", ["numpy", "xarray", "matplotlib"])
def test_an_interrupt_while_libraries_load_leaves_no_traceback(tmp_path, scan, module):
    slow = "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(9)\n"
    (tmp_path / f"{module}.py").write_text(slow)
    source = os.path.dirname(os.path.dirname(convexscan.__file__))
    stopped = plot_program([scan], PYTHONPATH=f"{tmp_path}:{source}")
    assert stopped.returncode in (-2, 130)
    assert stopped.stdout == stopped.stderr == ""


def test_libraries_say_nothing_to_the_user(tmp_path, capsys):
    scene = scenes.dataset([0.0, 1, 2], [0.0, 1], loss=[[1e308, 1, -1e308], [np.inf, 1.7e308, 2]])
    scene.to_netcdf(tmp_path / "scan.nc")
    drawn = plot_program(
        [tmp_path / "scan.nc", "--title", "\u6f22\u5b57"],
        MPLBACKEND="nonsense",
        MPLCONFIGDIR="/proc/nowhere",
    )
    assert (drawn.returncode, drawn.stderr) == (0, "")


def test_the_library_loads_nothing_before_it_is_used():
    loaded = (
        "import sys, convexscan.plot; print({'numpy', 'xarray', 'matplotlib'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True)
    assert done.stdout == "set()\n", done.stderr
