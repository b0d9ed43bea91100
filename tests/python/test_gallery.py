# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""The gallery: its rows, its files, and that anyone can make those again."""

import csv
import math
import re
import shlex
import subprocess
import time

import numpy as np
import pytest
import xarray
from conftest import REPOSITORY


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
