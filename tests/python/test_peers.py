# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""The race of convexscan-bench with its peers, as a user runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import REPOSITORY


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
        assert r["versions"]["compiler"] and r["processor"]
        assert peer["platform"] == peer["device"] == "cpu"
        assert set(peer["versions"]) == {"jax", "jaxlib", "numpy", "python"}


def test_chunks_of_segments_are_of_points_and_so_are_the_items(program, tmp_path):
    """One budget of next to nothing: as many points as a chunk holds, not as many segments."""
    file = tmp_path / "race.json"
    done = race(program, "--filter", "^S1-cpu$", "--budget", "1e-9", "--json", file,
                "--peers", "jax,torch")  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    (one,) = json.loads(file.read_text())["races"]
    assert one["items"] == 8 * 17
    rows = json.loads((REPOSITORY / "bench/workloads.json").read_text())
    chunks = next(row["chunks"] for row in rows if row["name"] == "S1-cpu")
    assert min(chunks) < 8  # fewer points than a segment has
    for peer in one["peers"]:
        assert peer["chunk"] in chunks and peer["items"] == peer["chunk"]
        assert float(peer["agreement"]) < 1e-12


def paced(program, folder, name):
    """A problem for a peer, with our own answers."""
    bench = Path(program).with_name("convexscan-bench")
    subprocess.run([bench, "--quick", "--device", "cpu", "--filter", name, "--pace", folder],
                   input="", text=True, check=True, capture_output=True)  # fmt: skip


@pytest.mark.parametrize("peer", ["jax_peer", "torch_peer"])
def test_every_chunk_of_points_gives_the_same_losses(program, peers, tmp_path, peer):
    python = peers.python_with(peers.NEEDS[peer.removesuffix("_peer")])
    if python is None:
        pytest.skip("it is not installed")
    paced(program, tmp_path, "^S1-cpu$")
    with np.load(tmp_path / "answers.npz") as archive:
        expected = archive["loss"].ravel()
    row = json.loads((tmp_path / "workload.json").read_text())
    for chunk in (5, 10**6):  # fewer than a segment has, which they do not divide; all
        (tmp_path / "workload.json").write_text(json.dumps(row | {"chunks": [chunk]}))
        done = subprocess.run(
            [python, REPOSITORY / f"bench/peers/{peer}.py", tmp_path], input="\n",
            text=True, capture_output=True, env=os.environ | {"OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        facts = json.loads(done.stdout.splitlines()[-1])
        assert facts["chunk"] == min(chunk, expected.size) and facts["items"] == expected.size
        with np.load(tmp_path / f"{facts['ready'].split()[0]}.npz") as archive:
            # Means of 48 squares in another order.
            np.testing.assert_allclose(archive["answers"], expected, rtol=1e-13)


def test_jax_does_not_take_the_processor_for_a_gpu(program, tmp_path):
    paced(program, tmp_path, "^G1-cpu$")
    done = subprocess.run(
        [sys.executable, REPOSITORY / "bench/peers/jax_peer.py", tmp_path, "--device", "cuda"],
        input="\n", text=True, capture_output=True,
    )  # fmt: skip
    said = done.stdout.splitlines()[-1]
    if "ready" in said:
        assert json.loads(said)["platform"] == "cuda"
    else:
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1] == "JAX finds no device for cuda"


def test_a_peer_that_ran_elsewhere_is_refused(peers):
    there = {"platform": "cuda", "device": "NVIDIA H200"}
    here = {"platform": "cpu", "device": "cpu"}
    peers.require_device(there, {}, "cuda:1")
    peers.require_device(here, {}, "cpu")
    peers.require_device(here, {"kind": "envelope"}, "cuda")  # ours is the processor's too
    for facts, row, device, words in (
        (here, {}, "cuda", r"ran on cpu \(cpu\), not on cuda"),
        (there, {}, "cpu", r"ran on cuda \(NVIDIA H200\), not on cpu"),
        (there, {"kind": "envelope"}, "cuda", "not on cpu"),
    ):
        with pytest.raises(ValueError, match=words):
            peers.require_device(facts, row, device)


def race_of_altered_peers(program, folder, text, other, *options):
    """A race of JAX whose peers say other where they say text."""
    peers = folder / "bench/peers"
    peers.mkdir(parents=True)
    altered = 0
    for source in (REPOSITORY / "bench/peers").glob("*.py"):
        altered += text in source.read_text()
        (peers / source.name).write_text(source.read_text().replace(text, other))
    assert altered > 0
    return subprocess.run(
        [sys.executable, peers / "run.py", "--quick", "--rounds", "1", "--peers", "jax",
         "--program", Path(program).with_name("convexscan-bench"), *options],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip


def test_a_peer_that_says_it_ran_elsewhere_is_not_timed(program, tmp_path):
    done = race_of_altered_peers(program, tmp_path, '"platform": platform', '"platform": "tpu"',
                                 "--filter", "^G1-cpu$")  # fmt: skip
    assert done.returncode == 1
    assert "WRONG: ran on tpu (cpu), not on cpu" in done.stdout


def test_counts_of_negative_eigenvalues_are_compared(peers):
    row = {"quantities": "min_eigenvalue,negative_count"}
    values = np.array([-1.0, -2.0, 3.0])
    theirs = {"answers": values, "least": np.array([1.0, 2.0, 0.0]),
              "most": np.array([1.0, 4.0, 0.0])}  # fmt: skip
    for counts in ([1, 2, 0], [1, 3, 0], [1, 4, 0]):  # two of the second are zero up to rounding
        peers.compare(row, {"min_eigenvalue": values, "negative_count": np.array(counts)}, theirs)
    for counts in ([2, 2, 0], [1, 1, 0], [1, 5, 0], [1, 2, np.nan]):
        with pytest.raises(ValueError, match="^1 of 3 counts of negative eigenvalues differ$"):
            ours = {"min_eigenvalue": values, "negative_count": np.array(counts)}
            peers.compare(row, ours, theirs)


@pytest.mark.parametrize("peer", ["jax_peer", "torch_peer"])
def test_peers_count_the_eigenvalues_that_are_asked_for(program, peers, tmp_path, peer):
    python = peers.python_with(peers.NEEDS[peer.removesuffix("_peer")])
    if python is None:
        pytest.skip("it is not installed")
    paced(program, tmp_path, "^H1-cpu$")
    with np.load(tmp_path / "answers.npz") as archive:
        expected = archive["negative_count"]
    assert np.ptp(expected) > 0  # or any constant would do
    done = subprocess.run([python, REPOSITORY / f"bench/peers/{peer}.py", tmp_path], input="\n",
                          text=True, capture_output=True)  # fmt: skip
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout.splitlines()[-1])
    with np.load(tmp_path / f"{facts['ready'].split()[0]}.npz") as archive:
        # No eigenvalue of these is zero up to rounding.
        np.testing.assert_array_equal(archive["least"], expected)
        np.testing.assert_array_equal(archive["most"], expected)


def test_a_peer_with_other_answers_is_not_timed(program, tmp_path):
    # The same race with a peer whose activation is another one.
    done = race_of_altered_peers(program, tmp_path, '"tanh": jnp.tanh', '"tanh": jnp.arctan',
                                 "--filter", "^G1-cpu$")  # fmt: skip
    assert done.returncode == 1
    assert "WRONG: answers differ" in done.stdout


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
    done = race(program, "--filter", "^G1-cpu$", "--peers", "jax", "--patience", "0")
    assert "not available: not ready within 0 s" in done.stdout


class LastMoment:
    """A contender's output whose line is there when patience has just ended, and the contender
    with it."""

    def __init__(self, process):
        self.process, self.output = process, process.stdout

    def readline(self):
        line = self.output.readline()
        self.process.wait(30)
        return line


def test_a_line_at_the_last_moment_is_late(peers, monkeypatch):
    contender = pretender(peers, 2)
    contender.send_line()
    with monkeypatch.context() as patch:
        patch.setattr(contender.process, "stdout", LastMoment(contender.process))
        with pytest.raises(RuntimeError, match="^not done within 0.5 s$"):
            contender.read("done", 0.5)
    contender.end()


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
    waits = "    for _ in sys.stdin:"
    ends = '    if problem.loss == "mse":\n        sys.exit("out of memory")\n'
    done = race_of_altered_peers(program, tmp_path, waits, ends + waits, "--filter", "^G[12]-cpu$",
                                 "--json", tmp_path / "race.json")  # fmt: skip
    assert done.returncode == 0, done.stderr
    first, second = json.loads((tmp_path / "race.json").read_text())["races"]
    (dead,), (alive,) = first["peers"], second["peers"]
    assert dead["peer"].startswith("JAX") and dead["reason"] == "in round 1: out of memory"
    assert len(first["seconds"]) == 1 and alive["ratio"] > 0


def test_a_race_without_peers_says_what_is_missing(program, tmp_path):
    hide = "import sys; sys.modules |= dict.fromkeys(('jax', 'torch'))"
    (tmp_path / "sitecustomize.py").write_text(hide)
    env = os.environ | {"PYTHONPATH": str(tmp_path)}
    bare = ["--filter", "^G1-cpu$", "--json", tmp_path / "race.json"]
    done = race(program, *bare, "--peers", "jax,torch,loop", env=env)
    assert done.returncode == 1
    missing = "bench/peers/run: no Python with jax, torch; see script/bootstrap --bench\n"
    assert done.stderr == missing and not (tmp_path / "race.json").exists()
