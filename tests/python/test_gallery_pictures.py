# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Pictures of the gallery: of every result, by convexscan-plot or not at all."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import convexscan
import numpy as np
import pytest
from convexscan.ends import make_ends_figure, open_ends
from convexscan.plot import main as plot_main


def test_draws_a_picture_of_each_result_of_a_folder(run, tmp_path, capsys):
    assert run("gallery", "--only", "2", "--output", "g", "--no-pictures").returncode == 0
    assert plot_main([str(tmp_path / "g")]) == 0
    results = sorted((tmp_path / "g").glob("*.nc"))
    pictures = [str(path.with_suffix(".png")) for path in results]
    assert capsys.readouterr().out.split() == pictures
    assert plot_main([str(tmp_path / "g")]) == 1  # they are there already
    assert "already exists" in capsys.readouterr().err
    assert plot_main([*map(str, results), "--overwrite"]) == 0
    with pytest.raises(SystemExit) as stopped:
        plot_main([str(tmp_path / "g"), "-o", "one.png"])
    assert stopped.value.code == 2
    (tmp_path / "empty").mkdir()
    assert plot_main([str(tmp_path / "empty")]) == 1
    assert "there is no result" in capsys.readouterr().err


@pytest.fixture
def plotter(tmp_path):
    """A folder with a convexscan-plot, which runs this Python."""
    folder = tmp_path / "programs"
    folder.mkdir()
    script = folder / "convexscan-plot"
    source = Path(convexscan.__file__).parents[1]
    script.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(source)!r})\n"
        "from convexscan.plot import main\nsys.exit(main())\n"
    )
    script.chmod(0o755)
    return script


def without_plotter(**more):
    """An environment in which no convexscan-plot is found."""
    return {**os.environ, "PATH": "/usr/bin:/bin", "CONVEXSCAN_PLOT": "", **more}


def pictures(folder):
    return sorted(path.stem for path in folder.glob("*.png"))


@pytest.mark.parametrize("where", ["named", "path", "beside"])
def test_each_result_gets_a_picture(run, program, plotter, tmp_path, where):
    arguments = ["gallery", "--only", "2", "--output", "g"]
    env = without_plotter(CONVEXSCAN_PLOT=str(plotter))
    if where != "named":
        del env["CONVEXSCAN_PLOT"]
    if where == "path":
        env["PATH"] = f"{plotter.parent}:{env['PATH']}"
    if where == "beside":
        copy = shutil.copy(program, plotter.parent)
        result = subprocess.run(
            [copy, *arguments], cwd=tmp_path, capture_output=True, text=True, env=env, timeout=120
        )
    else:
        result = run(*arguments, env=env)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    assert result.stdout.splitlines()[-1].endswith("are in g, with a picture of each")
    folder = tmp_path / "g"
    assert pictures(folder) == sorted(path.stem for path in folder.glob("*.nc"))
    assert all(path.stat().st_size > 10_000 for path in folder.glob("*.png"))


def test_draws_what_was_run_alone_and_replaces_when_told(run, plotter, tmp_path):
    env = without_plotter(CONVEXSCAN_PLOT=str(plotter))
    arguments = ["gallery", "--output", "g", "--count", "100"]
    assert run(*arguments, "--only", "12", "--no-pictures").returncode == 0
    assert pictures(tmp_path / "g") == []
    for _ in range(2):
        result = run(*arguments, "--only", "2", "--overwrite", "--quiet", env=env)
        assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert {name[:2] for name in pictures(tmp_path / "g")} == {"02"}


def test_draws_ends_against_width(tmp_path, capsys):
    ends = {
        "width": [2.0, 2, 16, 16],
        "loss": [0.6, 0.5, 0.31, 0.3],
        "negative_count": [0, 1, 2, 0],
    }
    np.savez(tmp_path / "15-widths.npz", **ends)
    np.savez(tmp_path / "other.npz", theta=np.zeros(3))
    assert plot_main([str(tmp_path)]) == 0
    assert capsys.readouterr().out.split() == [str(tmp_path / "15-widths.png")]
    (axes,) = make_ends_figure(open_ends(str(tmp_path / "15-widths.npz"))).axes
    assert [text.get_text() for text in axes.get_xticklabels()] == ["2", "16"]
    drawn = {(line.get_marker(), value) for line in axes.get_lines() for value in line.get_ydata()}
    assert drawn == {("o", 0.6), ("s", 0.5), ("^", 0.31), ("o", 0.3)}
    assert plot_main([str(tmp_path / "other.npz")]) == 1
    assert "only those with the columns width, loss and negative_count" in capsys.readouterr().err


def test_says_what_draws_where_nothing_is_found(run, tmp_path):
    result = run("gallery", "--only", "2", "--output", "g", env=without_plotter())
    assert result.returncode == 0
    assert result.stdout.splitlines()[-1].endswith("are in g: convexscan-plot g draws them")
    assert pictures(tmp_path / "g") == []


def test_results_stand_when_drawing_fails(run, plotter, tmp_path):
    plotter.write_text("#!/bin/sh\necho cannot draw >&2; exit 1\n")
    env = without_plotter(CONVEXSCAN_PLOT=str(plotter))
    result = run("gallery", "--only", "2", "--output", "g", env=env)
    assert result.returncode == 0
    assert "cannot draw" in result.stderr
    assert f"note: {plotter} did not draw all pictures" in result.stderr
    assert result.stdout.splitlines()[-1].endswith("the witnesses are in g")
    assert (tmp_path / "g" / "gallery.csv").is_file()
