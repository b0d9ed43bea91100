# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""The gallery's command: its rows, its options, and what it does not overwrite."""

import pytest

ROWS = range(1, 17)


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


def test_a_folder_with_the_longest_name_is_filled(run, tmp_path):
    name = "g" * 255
    result = run("gallery", "--only", "2", "--output", name, "--no-pictures")
    assert result.returncode == 0, result.stderr
    assert (tmp_path / name / "gallery.csv").is_file()
    result = run("gallery", "--only", "2", "--output", name + "g", "--no-pictures")
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1 and "too long" in result.stderr


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
