# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""convexscan-bench and the race with its peers, as a user runs them."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import REPOSITORY, built


@pytest.fixture
def bench(program, tmp_path):
    path = Path(program).with_name("convexscan-bench")
    if not path.exists():
        pytest.skip(f"{path} is not built")

    def call(*arguments, **options):
        device = [] if "--device" in arguments else ["--device", "cpu"]
        return subprocess.run(
            [path, *device, *map(str, arguments)], cwd=tmp_path, capture_output=True,
            text=True, timeout=120, env=os.environ | {"OMP_NUM_THREADS": "1"}, **options,
        )  # fmt: skip

    return call


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
        (["--device", "gpu"], "unknown device"),
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


def test_json_replaces_no_file_of_another_kind(bench, tmp_path):
    (tmp_path / "data.npz").write_text("precious")
    done = bench("--quick", "--filter", "^G1-cpu$", "--json", "data.npz", "--overwrite")
    assert done.returncode == 2
    assert done.stderr == "convexscan-bench: --json data.npz: give a name that ends in .json\n"
    assert (tmp_path / "data.npz").read_text() == "precious"


def test_a_time_limit_names_what_was_not_measured(bench, tmp_path):
    done = bench("--filter", "^E1-cpu$|^spectra-cpu part=all parameters=32$", "--budget", "0",
                 "--time-limit", "1e-9", "--json", "b.json")  # fmt: skip
    assert done.returncode == 0
    rows = json.loads((tmp_path / "b.json").read_text())["benchmarks"]
    assert [row["status"] for row in rows] == ["done", "not measured"]


def test_a_paced_run_answers_each_line_with_its_time(bench, tmp_path):
    done = bench("--quick", "--filter", "^G1-cpu$", "--pace", "race", input="\n\n\n")
    assert done.returncode == 0, done.stderr
    ready, *runs = map(json.loads, done.stdout.splitlines())
    assert ready["ready"] == "convexscan" and ready["items"] == 9
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


def race(program, *arguments, env=os.environ):
    return subprocess.run(
        [REPOSITORY / "bench/peers/run", "--quick", "--rounds", "1", "--budget", "1", "--program",
         Path(program).with_name("convexscan-bench"), *arguments],
        capture_output=True, text=True, timeout=300, env=env | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip


def test_peers_compute_the_same_numbers(program, tmp_path):
    file = tmp_path / "race.json"
    names = ["G2-cpu", "H1-cpu", "M1-sign-cpu"]
    done = race(program, "--filter", f"^({'|'.join(names)})$", "--peers", "jax", "--json", file)
    assert done.returncode == 0, done.stdout + done.stderr
    races = json.loads(file.read_text())["races"]
    assert {r["name"] for r in races} == set(names)
    again = race(program, "--filter", "^G2-cpu$", "--json", file)
    assert again.returncode == 2 and "--overwrite" in again.stderr
    for r in races:
        (peer,) = r["peers"]
        assert peer["peer"].startswith("JAX")
        if r["name"] == "M1-sign-cpu":
            assert peer["agreement"] == "0 undecided"
        else:
            assert float(peer["agreement"]) < 1e-12
        assert peer["ratio_low"] <= peer["ratio"] <= peer["ratio_high"]


def test_a_peer_with_other_answers_is_not_timed(program, tmp_path):
    # The same race with a peer whose activation is another one.
    folder = tmp_path / "bench/peers"
    folder.mkdir(parents=True)
    for source in (REPOSITORY / "bench/peers").glob("*.py"):
        text = source.read_text().replace('"tanh": jnp.tanh', '"tanh": jnp.arctan')
        (folder / source.name).write_text(text)
    done = subprocess.run(
        [sys.executable, folder / "run.py", "--quick", "--rounds", "1", "--peers", "jax",
         "--filter", "^G1-cpu$", "--program", Path(program).with_name("convexscan-bench")],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 1
    assert "WRONG: answers differ" in done.stdout


@pytest.fixture(scope="module")
def peers():
    """bench/peers/run.py as a module."""
    spec = importlib.util.spec_from_file_location("race", REPOSITORY / "bench/peers/run.py")
    run = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(run)
    return run


def test_ritz_values_agree_within_both_residuals_and_no_further(peers):
    row = {"quantities": "min_eigenvalue", "eigensolver": "lanczos"}
    ours = {"min_eigenvalue": np.array([-1.0, -2.0, -3.0]),
            "min_eigenvalue_error": np.array([1e-3, 1e-4, 0.5])}  # fmt: skip
    theirs = {"answers": np.array([-1.0019, -2.0]), "errors": np.array([1e-3, 0.0])}
    assert float(peers.compare(row, ours, theirs)) < 1e-2
    # A point's own residuals count, not the worst ones.
    for other in ([-1.0021, -2.0], [-1.0, -2.0002]):
        with pytest.raises(ValueError, match="differ"):
            peers.compare(row, ours, theirs | {"answers": np.array(other)})


def eigenvalues(values, errors=0.0, norms=8.0):
    """What a peer hands over for a map of verdicts."""
    values = np.array(values, dtype=float)
    return {"answers": values, "errors": np.full(values.shape, errors),
            "norms": np.full(values.shape, norms)}  # fmt: skip


VERDICTS = {"quantities": "verdict"}


@pytest.mark.parametrize(
    ("verdicts", "smallest", "words"),
    [
        ([1, 2, 2], [5.0, -6.0, -1e-3], "0 undecided"),
        # More points than the peer computed.
        ([1, 2, 0, 0], [5.0, -6.0], "0 undecided"),
        # Where the peer's own rounding, 1e-9 of 8, hides the sign, any verdict may be right.
        ([1, 2, 0], [-5e-9, 5e-9, 0.0], "1 undecided"),
        # Further off, but so near that a bound may still hold it.
        ([0, 0, 1], [1e-7, -1e-7, 5.0], "2 undecided"),
    ],
)
def test_right_verdicts_agree(peers, verdicts, smallest, words):
    ours = {"verdict": np.array(verdicts, dtype=float)}
    assert peers.compare(VERDICTS, ours, eigenvalues(smallest)) == words


@pytest.mark.parametrize(
    ("verdicts", "smallest", "words"),
    [
        ([2, 2, 2, 2], [5.0, 6.0, 7.0, 8.0], "4 verdicts contradict"),
        ([1, 1], [-5.0, 6.0], "1 verdicts contradict"),
        ([1, 2], [-1e-8, -1.0], "1 verdicts contradict"),
        ([1, 2], [1.0, 1e-8], "1 verdicts contradict"),
        ([0, 0, 0], [5.0, -6.0, 1e-9], "2 of 2 verdicts far from 0 are left undecided"),
        ([1, 0], [5.0, -6.0], "1 of 2 verdicts far from 0 are left undecided"),
        ([np.nan, 2], [5.0, -6.0], "a verdict is none of"),
        ([3, 2], [5.0, -6.0], "a verdict is none of"),
        ([1, 2], [np.nan, -6.0], "not a number"),
    ],
)
def test_wrong_verdicts_and_undecided_ones_are_refused(peers, verdicts, smallest, words):
    ours = {"verdict": np.array(verdicts, dtype=float)}
    with pytest.raises(ValueError, match=words):
        peers.compare(VERDICTS, ours, eigenvalues(smallest))


def test_verdicts_without_a_matrix_are_judged_by_ritz_values(peers):
    def judge(verdicts, values, errors):
        return peers.compare(VERDICTS, {"verdict": np.array(verdicts)}, eigenvalues(values, errors))

    # A Ritz value above zero does not say that there is none below; its residual may hide one.
    assert judge([2, 0, 0], [0.5, 0.5, -6.0], 1.0) == "2 undecided"
    assert judge([0, 2, 2], [-5.0, -5.0, -5.0], 1e-3) == "1 undecided"
    for verdicts, values, errors, words in (
        ([2], [5.0], 1e-3, "contradict"),
        # One below zero proves negative curvature, whatever its residual.
        ([1], [-0.5], 1.0, "contradict"),
        ([0, 0, 2], [-5.0, -5.0, -5.0], 1e-3, "2 of 3 verdicts far from 0"),
        ([2], [-5.0], np.nan, "not a number"),
    ):
        with pytest.raises(ValueError, match=words):
            judge(verdicts, values, errors)


def test_a_peer_that_does_not_get_ready_is_named(program):
    done = race(program, "--filter", "^G1-cpu$", "--peers", "jax", "--patience", "0.01")
    assert "not available: not ready within 0.01 s" in done.stdout


def pretender(peers, runs, end=""):
    """A contender that answers so many runs and then ends."""
    program = f"""
import sys
print('{{"ready": "pretender", "items": 1}}', flush=True)
for _ in range({runs}):
    sys.stdin.readline()
    print('{{"seconds": 1.0}}', flush=True)
{end}
"""
    contender = peers.Contender([sys.executable, "-c", program], 2.0)
    contender.facts = contender.read("ready", 30.0)
    return contender


def test_a_contender_that_ended_while_idle_says_how(peers):
    for end, words in (
        ("sys.exit('out of memory')", "^out of memory$"),
        ("import os; os.kill(os.getpid(), 9)", "^ended by signal 9$"),
        ("", "^ended without a word$"),
        ("print('Compiling.', flush=True); sys.stdin.read()", "said 'Compiling.'"),
        ("import time; time.sleep(60)", "^not done within 2 s$"),
    ):
        contender = pretender(peers, 0, end)
        if "sleep" not in end and "read" not in end:
            contender.process.wait(30)
        with pytest.raises(RuntimeError, match=words):
            contender.seconds()
        contender.end()


def test_a_peer_that_ends_in_a_race_takes_no_numbers_with_it(peers):
    ours, one, other = (pretender(peers, runs, "sys.exit('out of memory')") for runs in (3, 1, 3))
    mine, times, ended = peers.race(ours, {"one": one, "other": other}, 3)
    assert mine.tolist() == [1.0] * 3 and list(times) == ["other"]
    assert times["other"].tolist() == [1.0] * 3
    assert ended == {"one": "in round 2: out of memory"}
    for contender in (ours, one, other):
        contender.end()


def test_a_peer_that_dies_idle_loses_no_later_workload(program, tmp_path):
    folder = tmp_path / "bench/peers"
    folder.mkdir(parents=True)
    for source in (REPOSITORY / "bench/peers").glob("*.py"):
        waits = "    for _ in sys.stdin:"
        ends = '    if problem.loss == "mse":\n        sys.exit("out of memory")\n'
        (folder / source.name).write_text(source.read_text().replace(waits, ends + waits))
    done = subprocess.run(
        [sys.executable, folder / "run.py", "--quick", "--rounds", "1", "--peers", "jax",
         "--filter", "^G[12]-cpu$", "--program", Path(program).with_name("convexscan-bench"),
         "--json", tmp_path / "race.json"],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    first, second = json.loads((tmp_path / "race.json").read_text())["races"]
    (dead,), (alive,) = first["peers"], second["peers"]
    assert dead["peer"].startswith("JAX") and dead["reason"] == "in round 1: out of memory"
    assert len(first["seconds"]) == 1 and alive["ratio"] > 0


def test_the_sanitizer_sees_every_kernel(tmp_path):
    """The tests that bench/on_gpu sanitizes start, on the emulated device, all there are."""
    tests, emulation = built("convexscan-tests"), built("convexscan-emulation-tests")
    lines = (REPOSITORY / "bench/on_gpu").read_text()
    chosen = "".join(re.findall(r"^sanitized\+?='(.*)'$", lines, re.MULTILINE))
    # Each chooses something of what runs on a GPU.
    for pattern in chosen.split(":"):
        listed = subprocess.run(
            [tests, "--gtest_list_tests", f"--gtest_filter={pattern}"], capture_output=True,
            text=True,
        )  # fmt: skip
        assert "/cuda" in listed.stdout, pattern
    done = subprocess.run(
        [emulation, f"--gtest_filter={chosen}", "--gtest_brief=1"], capture_output=True, text=True,
        env=os.environ | {"CONVEXSCAN_LAUNCHED": str(tmp_path / "names"), "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    sources = "".join(path.read_text() for path in (REPOSITORY / "kernels").glob("*.cu"))
    kernels = re.findall(r"__global__[^;{]*?\bvoid\s+(\w+)_kernel\(", sources)
    assert len(kernels) == sources.count("__global__") > 50
    assert set(kernels) <= set((tmp_path / "names").read_text().split())


def test_the_parts_of_a_gpu_machine_are_what_the_help_says():
    script = REPOSITORY / "bench/on_gpu"
    told = subprocess.run([script, "--help"], capture_output=True, text=True, check=True).stdout
    weights = dict(re.findall(r"\[([\w-]+)\]=(\d+)", script.read_text()))
    assert sum(map(int, weights.values())) == 530  # seconds, of nine minutes
    for name, weight in weights.items():
        assert re.search(rf"\b{name} {weight}\b", told), name


def test_the_races_of_a_gpu_machine_and_of_its_rehearsal_exist(bench):
    text = (REPOSITORY / "bench/on_gpu").read_text()
    races = re.findall(r"\b(?:jax|other)_races='?([\w|-]+)", text)
    assert len(races) == 4
    names = sorted({name for one in races for name in one.split("|")} | {"M1", "H5"})
    for suffix in ("", "-cpu"):
        done = bench("--list", "--filter", f"^({'|'.join(names)}){suffix}$")
        assert sorted(done.stdout.split()) == [name + suffix for name in names]


def test_a_race_without_peers_says_what_is_missing(program, tmp_path):
    hide = "import sys; sys.modules |= dict.fromkeys(('jax', 'torch'))"
    (tmp_path / "sitecustomize.py").write_text(hide)
    env = os.environ | {"PYTHONPATH": str(tmp_path)}
    bare = ["--filter", "^G1-cpu$", "--json", tmp_path / "race.json"]
    done = race(program, *bare, "--peers", "jax,torch,loop", env=env)
    assert done.returncode == 1
    missing = "bench/peers/run: no Python with jax, torch; see script/bootstrap --bench\n"
    assert done.stderr == missing and not (tmp_path / "race.json").exists()


def test_a_rehearsal_on_gpu_needs_its_archive(tmp_path):
    done = subprocess.run(
        [REPOSITORY / "bench/on_gpu", "--rehearse", tmp_path / "none.tar.gz", tmp_path],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
