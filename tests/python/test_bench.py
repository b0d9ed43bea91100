# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""convexscan-bench and the tables of its records, as a user runs them."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import REPOSITORY


def test_lists_what_a_filter_chooses(bench):
    done = bench("--list", "--filter", "^(G1r?|H3-sign)-cpu$")
    assert done.stdout.split() == ["G1-cpu", "G1r-cpu", "H3-sign-cpu"]
    by_default = bench("--list").stdout.splitlines()
    assert "G1-cpu" in by_default and "G1" not in by_default
    assert "scaling-points-cpu side=81" in by_default


def test_the_assembly_alone_is_held_against_its_own_work(bench, tmp_path):
    assert bench("--list", "--filter", "assembly-cpu").stdout.split() == [
        "H3-assembly-cpu",
        "H5-assembly-cpu",
    ]
    assert bench("--list", "--filter", "^H[35]-assembly$").stdout.split() == [
        "H3-assembly",
        "H5-assembly",
    ]
    done = bench("--filter", "^H3-assembly-cpu$", "--budget", "0", "--json", "b.json")
    assert done.returncode == 0, done.stdout + done.stderr
    (row,) = json.loads((tmp_path / "b.json").read_text())["benchmarks"]
    assert row["checked"] == "trace at 2 points by gradient differences"
    # N P^2 for every point, and nothing for eigenvalues.
    assert row["flop"] == 33**2 * 256 * 369**2
    assert row["bytes"] == 33**2 * 8 * 369**2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--filter", "nothing-like-it"], "no benchmark has such a name"),
        (["--filter", "("], "no regular expression"),
        (["--pace", "folder"], "--pace is for one benchmark"),
        (["--device", "gpu"], "unknown --device"),
        (["--budget", "-1"], "--budget"),
        (["--budget", "nan"], "--budget"),
        (["--noise", "nan"], "--noise"),
    ],
)
def test_bad_usage_is_one_line_and_code_2(bench, arguments, words):
    done = bench(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("convexscan-bench: ") and words in done.stderr


def test_json_holds_what_it_takes_to_judge_a_number(bench, tmp_path):
    run = ["--filter", "^scaling-points-cpu side=11$", "--noise", "1000", "--budget", "60"]
    run += ["--json", "b.json"]
    assert bench(*run).returncode == 0
    record = json.loads((tmp_path / "b.json").read_text())
    for key in ("command", "created", "version", "commit", "device", "versions"):
        assert record[key]
    assert record["load"] >= 0
    (row,) = record["benchmarks"]
    assert row["status"] == "done" and row["items"] == 121
    assert row["checked"].startswith("loss at 3 points")
    times = row["seconds"]
    assert times["low"] <= times["median"] <= times["high"] and len(times["runs"]) == 5
    assert len(row["cold_seconds"]["runs"]) == len(times["runs"])
    # The share of the ceiling is what its own numbers say.
    rate = record["ceilings"][row["ceiling"]]["median"]
    work = {"B/s": "bytes", "FLOP/s": "flop", "values/s": "activations"}
    amount = row[work[record["ceilings"][row["ceiling"]]["unit"]]]
    assert row["ceiling_seconds"] == pytest.approx(amount / rate)
    assert row["ceiling_share"] == pytest.approx(row["ceiling_seconds"] / times["median"])
    # And a file that is there stays there.
    again = bench(*run)
    assert again.returncode == 1 and "--overwrite" in again.stderr
    told = table(tmp_path / "b.json")
    assert told.returncode == 0, told.stderr
    row = "| scaling-points-cpu side=11 | 64-32-10 tanh, N = 1797, P = 2410 | 121 |"
    assert row in told.stdout and "; load average before " in told.stdout


def table(*files):
    return subprocess.run(
        [sys.executable, REPOSITORY / "bench/table.py", *files], capture_output=True, text=True
    )


def test_growth_with_points_samples_width_and_parameters_is_drawn(bench, tmp_path):
    chosen = ("points-cpu side=(11|21)", "samples-cpu samples=(112|225)", "width-cpu width=(8|16)",
              "parameters-cpu width=(3|6)", "segments-cpu segments=50")  # fmt: skip
    run = ["--filter", f"^scaling-({'|'.join(chosen)})$", "--budget", "0", "--json", "growth.json"]
    assert bench(*run).returncode == 0
    record = json.loads((tmp_path / "growth.json").read_text())
    assert record["command"].startswith("convexscan-bench ") and record["commit"]
    done = table(tmp_path / "growth.json")
    assert done.returncode == 0, done.stderr
    for lines in (
        "| scaling-points-cpu: side | 11 | 21 |\n| --- | --- | --- |\n| points | 121 | 441 |\n"
        "| P | 2410 | 2410 |\n| time |",
        "| scaling-samples-cpu: samples | 112 | 225 |\n| --- | --- | --- |\n"
        "| points | 1681 | 1681 |",
        "| scaling-width-cpu: width | 8 | 16 |",
        "| scaling-segments-cpu: segments | 50 |\n| --- | --- |\n| points | 6400 |",
        "| scaling-parameters-cpu: width | 3 | 6 |\n| --- | --- | --- |\n| points | 16 | 16 |\n"
        "| P | 31 | 79 |",
    ):
        assert lines in done.stdout
    # The time of a point is the whole's over the points.
    rows = {row["name"]: row for row in record["benchmarks"]}
    for name, items in (("side=11", 121), ("side=21", 441)):
        row = rows[f"scaling-points-cpu {name}"]
        each = 1e6 * row["seconds"]["median"] / items
        assert re.search(rf"^\| a point \|.*\b{re.escape(f'{each:.3g}')} µs", done.stdout, re.M)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", "is not what today's convexscan-bench"),
        ("[{}]", "is not what today's convexscan-bench"),
        ("3", "is not what today's convexscan-bench"),
        ("null", "is not what today's convexscan-bench"),
        ('{"rows": []}', "--json: no 'device'"),
        ('{"races": [3], "command": ""}', "is not what today's convexscan-bench"),
        ('{"races": {}}', "--json: no 'command'"),
        ("{", "is no JSON"),
        ("\xff", "is no JSON"),
    ],
)
def test_a_table_of_something_else_is_refused_in_one_line(tmp_path, text, words):
    file = tmp_path / "other.json"
    file.write_text(text, encoding="latin-1")
    done = table(file)
    assert done.returncode == 1 and done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(f"bench/table.py: {file} ") and words in done.stderr


def test_a_table_of_a_file_that_is_not_there_is_refused_in_one_line(tmp_path):
    done = table(tmp_path / "none.json")
    assert done.returncode == 1
    assert done.stderr == f"bench/table.py: {tmp_path / 'none.json'}: No such file or directory\n"


def test_every_record_can_be_read_and_says_where_it_comes_from():
    folder = REPOSITORY / "bench/results"
    documented = (folder / "README.md").read_text()
    for file in folder.glob("*.json"):
        assert table(file).returncode == 0, file
        assert f"({file.name})" in documented
        record = json.loads(file.read_text())
        assert record["command"]
        for one in record.get("races", [record]):
            assert one["device"] and re.fullmatch(r"[0-9a-f]{7,40}", one["commit"])
            # Races before peers said so lack them.
            if "benchmarks" in one or "versions" in one:
                assert one["versions"]["compiler"]
                for peer in one.get("peers", []):
                    assert "ratio" not in peer or (peer["device"] and peer["versions"])


def test_the_table_of_a_race_says_where_each_ran_and_with_what(tmp_path):
    peer = {
        "peer": "JAX 0.9",
        "device": "NVIDIA H200",
        "versions": {"jax": "0.9", "jaxlib": "0.8"},
        "items": 4,
        "seconds": [2.0],
        "ratio": 2.0,
        "ratio_low": 2.0,
        "ratio_high": 2.0,
    }
    race = {
        "name": "G1",
        "device": "cuda:0",
        "commit": "1a2b3c4",
        "driver": "NVRM 570",
        "versions": {"cublas": "12", "compiler": "12.2"},
        "items": 4,
        "seconds": [1.0],
        "peers": [peer, {"peer": "loop", "reason": "out of memory"}],
    }
    (tmp_path / "race.json").write_text(json.dumps({"command": "run", "races": [race]}))
    done = table(tmp_path / "race.json")
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().splitlines()[-2:] == [
        "* convexscan on cuda:0: cublas 12, compiler 12.2, driver NVRM 570",
        "* JAX 0.9 on NVIDIA H200: jax 0.9, jaxlib 0.8",
    ]


def test_json_replaces_no_file_of_another_kind(bench, tmp_path):
    (tmp_path / "data.npz").write_text("precious")
    done = bench("--quick", "--filter", "^G1-cpu$", "--json", "data.npz", "--overwrite")
    assert done.returncode == 2
    assert done.stderr == "convexscan-bench: --json data.npz: give a name that ends in .json\n"
    assert (tmp_path / "data.npz").read_text() == "precious"


def test_json_stays_where_the_disk_is_full(bench, tmp_path):
    def limit_files():
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

    (tmp_path / "b.json").write_text("precious")
    done = bench(
        "--quick", "--filter", "^G1-cpu$", "--json", "b.json", "--overwrite", preexec_fn=limit_files
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("convexscan-bench: b.json: could not be written whole (File too large)")
    assert (tmp_path / "b.json").read_text() == "precious"
    assert [file.name for file in tmp_path.iterdir()] == ["b.json"]


def test_a_time_limit_names_what_was_not_measured(bench, tmp_path):
    done = bench("--filter", "^E1-cpu$|^spectra-cpu part=all parameters=32$", "--budget", "0",
                 "--time-limit", "1e-9", "--json", "b.json")  # fmt: skip
    assert done.returncode == 0
    rows = json.loads((tmp_path / "b.json").read_text())["benchmarks"]
    assert [row["status"] for row in rows] == ["done", "not measured"]


def test_every_workload_of_a_cpu_runs_in_a_test(bench, program):
    folder = Path(program).parent
    if not (folder / "CTestTestfile.cmake").exists():
        pytest.skip("this is no build folder")
    known = subprocess.run(
        ["ctest", "--test-dir", folder, "--show-only=json-v1", "-R", r"^Benchmarks\.[a-zA-Z]+$"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    commands = [test["command"] for test in json.loads(known.stdout)["tests"]]
    filters = [words[words.index("--filter") + 1] for words in commands if "--filter" in words]
    rows = json.loads((REPOSITORY / "bench/workloads.json").read_text())
    names = [row["name"] for row in rows if row["name"].endswith("-cpu")]
    assert "digits-cpu" in names
    assert [name for name in names if not any(re.search(one, name) for one in filters)] == []


def test_a_paced_run_answers_each_line_with_its_time(bench, tmp_path):
    done = bench("--quick", "--filter", "^G1-cpu$", "--pace", "race", input="\n\n\n")
    assert done.returncode == 0, done.stderr
    ready, *runs = map(json.loads, done.stdout.splitlines())
    assert ready["ready"] == "convexscan" and ready["items"] == 9
    where = ready["provenance"]
    assert where["device"].startswith("cpu") and where["versions"]["compiler"]
    assert where["version"] and where["commit"]
    assert len(runs) == 3 and all(run["seconds"] > 0 for run in runs)
    with (
        np.load(tmp_path / "race/problem.npz") as problem,
        np.load(tmp_path / "race/answers.npz") as answers,
    ):
        theta = problem["theta"] + problem["coordinates"] @ problem["directions"]
        x, y = problem["x"], problem["y"]
        for k in range(9):
            a, begin = x, 0
            for n, m in ((2, 16), (16, 16), (16, 1)):
                w = theta[k, begin : begin + n * m].reshape(m, n)
                b = theta[k, begin + n * m : begin + (n + 1) * m]
                begin += (n + 1) * m
                a = a @ w.T + b
                if m > 1:
                    a = np.tanh(a)
            # Sums of 48 squares: a few roundings.
            assert answers["loss"][k] == pytest.approx(np.mean((a - y) ** 2), rel=1e-13)
