# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""The gallery: its rows, its files, and that anyone can make those again."""

import csv
import math
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import convexscan
import numpy as np
import pytest
import xarray
from conftest import REPOSITORY
from convexscan.ends import make_ends_figure, open_ends
from convexscan.plot import main as plot_main

ROWS = range(1, 17)


@pytest.fixture(scope="module")
def gallery(program, tmp_path_factory):
    """The whole gallery: (stdout, folder, seconds)."""
    folder = tmp_path_factory.mktemp("gallery")
    start = time.monotonic()
    result = subprocess.run(
        [program, "gallery", "--device", "cpu", "--output", "gallery", "--no-pictures"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout, folder / "gallery", time.monotonic() - start


@pytest.fixture(scope="module")
def table(gallery):
    with open(gallery[1] / "gallery.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_row_is_decided_in_under_a_minute(gallery, table):
    _, _, seconds = gallery
    assert seconds < 60
    assert {row["verdict"] for row in table} == {"true", "true in part", "false"}
    assert {row["answer"] for row in table} == {"yes", "no"}


def test_the_table_names_every_statement_finding_and_witness(gallery, table):
    stdout, folder, _ = gallery
    for row in table:
        assert row["claim"] in stdout
        shown = f"{row['measure']} {float(row['number']):.6g}"
        assert shown in stdout
        bounds = re.findall(re.escape(shown) + rf" \+- ({NUMBER})", stdout)
        # No less than the bound that is meant, and no more than two digits make it.
        bound = float(row["bound"])
        assert bound == 0 or any(bound <= float(b) <= 1.1 * bound for b in bounds)
        assert (folder / row["file"]).is_file()
    lines = stdout.splitlines()
    for number, verdict in {(row["row"], row["verdict"]) for row in table}:
        assert any(line.startswith(f"{number:>2}  {verdict}") for line in lines)
    assert max(map(len, lines)) <= 120


NUMBER = r"-?\d+(?:\.\d+)?(?:e[-+]\d+)?"


def is_near(one, other):
    """Whether two positive numbers agree to half a decade."""
    return one == other or (min(one, other) > 0 and abs(math.log10(one / other)) <= 0.5)


def same_number(one, other):
    """Whether two printed numbers differ by no more than rounding on another processor can do.

    A bound is made of what a training left of the gradient or of what rounding was: it keeps its
    size. So does a loss near zero, where the last step decides how far below its limit the gradient
    falls. Else a number keeps five of its six digits, at an end of a training those that a gradient
    of 1e-6 leaves it; and of four digits the last may go up or down by one.
    """
    if re.fullmatch(r"-?\d+", one) and re.fullmatch(r"-?\d+", other):
        return one == other
    a, b = float(one), float(other)
    largest = max(abs(a), abs(b))
    if largest < 1e-5:
        return is_near(a, b)
    digits = len(one.split("e")[0].lstrip("-0.").replace(".", ""))
    unit = 10.0 ** (math.floor(math.log10(largest)) - max(digits, 4) + 1)
    return abs(a - b) <= max(1e-5 * largest, 1.01 * unit)  # 0.6819 - 0.6818 is a little more


def differences(document, printed):
    """Lines (document's, printed) that say something else, or whose numbers differ too much."""
    found = []
    for lines in zip(document, printed, strict=True):
        one, other = (" ".join(line.split()) for line in lines)
        # m +- e: each lies within its bound of the same number.
        bounded = rf"({NUMBER}) \+- ({NUMBER})"
        pairs = list(zip(*(re.findall(bounded, line) for line in (one, other)), strict=False))
        right = all(
            abs(float(m) - float(n)) <= float(d) + float(e) + 1e-5 * abs(float(m))
            and is_near(float(d), float(e))
            for (m, d), (n, e) in pairs
        )
        one, other = (re.sub(bounded, "bounded", line) for line in (one, other))
        # Where an end's smallest eigenvalue is next to 0, rounding decides its sign.
        ends = r"without a negative direction (\d+); of (\d+)"
        for (m, of), (n, _) in zip(
            *(re.findall(ends, line) for line in (one, other)), strict=False
        ):
            right &= abs(int(m) - int(n)) <= int(of) / 10
        one, other = (re.sub(ends, r"some of \2", line) for line in (one, other))
        right &= re.sub(NUMBER, "#", one) == re.sub(NUMBER, "#", other)
        right &= all(map(same_number, re.findall(NUMBER, one), re.findall(NUMBER, other)))
        if not right:
            found.append(lines)
    return found


def documented():
    """The lines of docs/gallery.md's table."""
    text = (REPOSITORY / "docs/gallery.md").read_text(encoding="utf-8")
    return re.search(r"```console\n\$ convexscan gallery\n(.*?)```", text, re.DOTALL)[
        1
    ].splitlines()


def test_the_document_shows_what_is_printed(gallery):
    *printed, last = gallery[0].strip("\n").splitlines()
    *document, summary = documented()
    assert len(document) == len(printed) > 300
    assert differences(document, printed) == []
    # Its time is the machine's, and here there are no pictures.
    assert last.startswith("16 rows in ") and summary.startswith("16 rows in ")


@pytest.mark.parametrize(
    ("document", "printed", "same"),
    [
        ("eigenvalue 3.6e-16 +- 3.6e-16", "eigenvalue 4.1e-16 +- 4.1e-16", True),
        ("eigenvalue -0.42 +- 3e-9", "eigenvalue 0.42 +- 3e-9", False),
        ("gap 0.110083 +- 1.9e-12", "gap 0.110084 +- 1.9e-12", True),
        ("gap 0.110083 +- 1.9e-12", "gap 0.110183 +- 1.9e-12", False),
        ("gap 0 +- 4e-13", "gap 2e-13 +- 4e-13", True),
        ("gap 0 +- 4e-13", "gap 0 +- 4e-12", False),
        ("its loss 0.681853; 0.6819 and 4.2e-07", "its loss 0.681854; 0.6818 and 3.2e-07", True),
        ("its loss 0.681853; 0.6819 and 1.763e-06", "its loss 0.681854; 0.6819 and 3.2e-07", False),
        ("losses 0.3066 to 0.3114", "losses 0.3066 to 0.3134", False),
        ("698 of 1000 segments", "697 of 1000 segments", False),
        ("without a negative direction 22; of 24", "without a negative direction 23; of 24", True),
        ("without a negative direction 22; of 24", "without a negative direction 12; of 24", False),
        ("  yes  one", "  no   one", False),
        ("accuracy 1", "accuracy 1 +- 2e-3", False),
    ],
)
def test_numbers_of_the_document_may_differ_by_rounding_alone(document, printed, same):
    assert (differences([document], [printed]) == []) == same


def test_the_readme_shows_one_row_of_the_document():
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    row = re.search(r"## The gallery of claims.*?```\n(.*?)```", text, re.DOTALL)[1]
    assert row in "\n".join([*documented(), ""])


def test_every_result_is_made_again_by_the_command_it_names(gallery, program):
    _, folder, _ = gallery
    results = sorted(folder.glob("*.nc"))
    assert results
    for path in results:
        with xarray.open_dataset(path) as dataset:
            expected = dataset.load()
        words = shlex.split(expected.attrs["command_line"])
        assert words[0] == "convexscan" and words[-2:] == ["--output", path.name]
        again = folder.parent / "again.nc"
        command = [program, *words[1:-1], again, "--overwrite", "--quiet", "--device", "cpu"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"{path.name}: {done.stderr}"
        with xarray.open_dataset(again) as dataset:
            found = dataset.load()
        for name, variable in expected.data_vars.items():
            if name.startswith("marker"):
                continue  # names of the same places
            np.testing.assert_array_equal(
                found[name].values, variable.values, f"{path.name}: {name}"
            )
        assert found.attrs["objective"] == expected.attrs["objective"]
        assert found.attrs["data_hash" if "data_hash" in found.attrs else "model"]


def test_captions_say_what_is_to_be_seen(gallery):
    for path in gallery[1].glob("*.nc"):
        with xarray.open_dataset(path) as dataset:
            assert dataset.attrs["comment"].startswith(f"{int(path.name[:2])}. ")


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


def test_only_runs_the_rows_that_are_named(run, tmp_path):
    result = run("gallery", "--only", "12,2", "--output", "some", "--count", "100")
    assert result.returncode == 0, result.stderr
    assert {path.name[:2] for path in (tmp_path / "some").iterdir()} == {"02", "12", "ga"}
    assert result.stdout.index("\n 2  ") < result.stdout.index("\n12  ")
    assert "2 rows in" in result.stdout


def test_list_shows_every_statement_and_checks_none(run, tmp_path):
    result = run("gallery", "--list")
    assert result.returncode == 0
    numbers = [line[:2].strip() for line in result.stdout.splitlines() if line[:2].strip()]
    assert numbers == [str(number) for number in ROWS]
    assert not (tmp_path / "gallery").exists()
    assert run("gallery", "--list", "--only", "7").stdout.startswith(" 7  ")


def test_the_same_numbers_again(run, tmp_path):
    for name in ("a", "b"):
        assert run("gallery", "--only", "4", "--output", name, "--quiet").returncode == 0
    read = [(tmp_path / name / "gallery.csv").read_text(encoding="utf-8") for name in "ab"]
    assert read[0] == read[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--only", "17"], "there is no row 17"),
        (["--only", "x"], "--only"),
        (["--only", "1,,2"], "--only"),
        (["--count", "0"], "--count"),
        (["--count", "99"], '--count: "99" is not a whole number of at least 100'),
        (["--device", "gpu"], 'unknown --device "gpu"'),
        (["--output", ""], "--output"),
        (["--ouput", "x"], 'did you mean "--output"?'),
    ],
)
def test_wrong_use_gets_one_line(run, arguments, words):
    result = run("gallery", *arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert words in result.stderr


def test_a_failure_before_the_first_file_leaves_no_folder(run, tmp_path):
    fails = ["gallery", "--device", "cuda:99"]
    assert run(*fails).returncode == 1
    assert run("gallery", "--device", "gpu").returncode == 2
    assert not (tmp_path / "gallery").exists()
    (tmp_path / "gallery").mkdir()
    assert run(*fails).returncode == 1
    assert (tmp_path / "gallery").exists()  # this one is not ours


def test_replaces_nothing_unless_told(run, tmp_path):
    (tmp_path / "gallery").mkdir()
    mine = tmp_path / "gallery" / "notes.txt"
    mine.write_text("mine")
    result = run("gallery", "--only", "2")
    assert result.returncode == 1
    assert "not empty" in result.stderr and "--overwrite" in result.stderr
    assert [path.name for path in (tmp_path / "gallery").iterdir()] == ["notes.txt"]
    assert run("gallery", "--only", "2", "--overwrite", "--quiet").returncode == 0
    assert mine.read_text() == "mine"
    table = tmp_path / "gallery" / "gallery.csv"
    second = table.read_text().splitlines()
    # A row that was not run again keeps its lines.
    assert run("gallery", "--only", "11", "--overwrite", "--quiet").returncode == 0
    both = table.read_text().splitlines()
    assert both[: len(second)] == second
    assert len(both) > len(second) and {line[:3] for line in both[len(second) :]} == {"11,"}
    # Nor does an editor that leaves the last line without its end change it.
    table.write_text(table.read_text().removesuffix("\n"))
    assert run("gallery", "--only", "2", "--overwrite", "--quiet").returncode == 0
    assert table.read_text().splitlines() == both
    table.write_text("\n".join(second))
    assert run("gallery", "--only", "11", "--overwrite", "--quiet").returncode == 0
    assert table.read_text().splitlines() == both
    # Nor one that ends lines as Windows does.
    table.write_bytes(table.read_bytes().replace(b"\n", b"\r\n"))
    assert run("gallery", "--only", "2", "--overwrite", "--quiet").returncode == 0
    assert table.read_text().splitlines() == both
    (tmp_path / "file").write_text("")
    result = run("gallery", "--output", "file")
    assert result.returncode == 1 and "takes a folder" in result.stderr


def test_a_damaged_table_is_not_added_to(run, tmp_path):
    assert run("gallery", "--only", "2,11", "--quiet", "--no-pictures").returncode == 0
    table = tmp_path / "gallery" / "gallery.csv"
    whole = table.read_bytes()
    header, first, *_ = whole.splitlines(keepends=True)
    damaged = {
        whole[:-5]: f"line {len(whole.splitlines())} is none",
        whole[: len(header) + len(first) - 40]: "line 2 is none",
        whole.replace(b"\n2,", b"\n77,", 1): "line 2 is none",
        whole.replace(first, first.replace(b'"', b"", 1), 1): "line 2 is none",
        whole + whole: f"line {len(whole.splitlines()) + 1} is none",
        b"my notes\n": "is no table of this gallery",
        b"": "is no table of this gallery",
    }
    for text, words in damaged.items():
        table.write_bytes(text)
        result = run("gallery", "--only", "2", "--overwrite", "--quiet", "--no-pictures")
        assert result.returncode == 1 and words in result.stderr, text
        assert "move it away or check all rows" in result.stderr
        assert result.stderr.count("\n") == 1 and table.read_bytes() == text
