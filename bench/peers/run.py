# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Runs convexscan and other programs in turn on the same workloads; prints ratios of their times.

Every contender is warm: compiled, loaded and run once, with its answers compared to convexscan's
before anybody is timed. A round lets each run once, one after the other. A ratio is the other's
time for a point over ours in the same round: above 1 we are faster. A contender that would take
too long for all points runs as many as fit into --budget, and the table says so.
"""

import argparse
import contextlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from contender import ROUNDING

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PEERS = {"jax": "jax_peer.py", "torch": "torch_peer.py", "loop": "loop_peer.py",
         "qhull": "qhull_peer.py"}  # fmt: skip
NEEDS = {"jax": "jax", "torch": "torch", "loop": "torch", "qhull": "scipy"}


class Contender:
    """A program that runs once for each line it is sent.

    Its methods raise RuntimeError, with the program's last words, when it ends or takes too long.
    """

    def __init__(self, command, run_within):
        self.run_within = run_within  # seconds
        self.said = tempfile.TemporaryFile("w+")  # a pipe that nobody reads could fill up
        self.process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.said, text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        self.facts = {}

    def read(self, what, within):
        """The next line, which says that it is what it is waited for, in so many seconds."""
        late = threading.Event()

        def give_up():
            late.set()
            self.process.kill()

        too_late = threading.Timer(within, give_up)
        too_late.start()
        try:
            line = self.process.stdout.readline()
        finally:
            too_late.cancel()
            too_late.join()
        if late.is_set():  # also where the line came at the same moment: the program is gone
            self.process.wait()
            raise RuntimeError(f"not {what} within {within:g} s")
        if not line:
            code = self.process.wait()
            self.said.seek(0)
            words = self.said.read().strip().splitlines()
            if words and code > 0:
                raise RuntimeError(words[-1])
            raise RuntimeError(f"ended by signal {-code}" if code < 0 else "ended without a word")
        try:
            return json.loads(line)
        except ValueError:
            self.process.kill()
            raise RuntimeError(f"said {line.strip()!r}") from None

    def send_line(self):
        # One that ended while it was idle has nobody at the other end; read says how it ended.
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write("\n")
            self.process.stdin.flush()

    def seconds(self):
        self.send_line()
        return self.read("done", self.run_within)["seconds"]

    def end(self):
        self.process.communicate()


def python_with(*modules):
    """A Python that has the modules: this one, or Debian's own. To import them may take seconds."""
    find = f"import importlib.util as u, sys; sys.exit(None in map(u.find_spec, {modules}))"
    for python in (sys.executable, "/usr/bin/python3"):
        with contextlib.suppress(FileNotFoundError):
            if subprocess.run([python, "-c", find], capture_output=True).returncode == 0:
                return python
    return None


def patience(options):
    """Seconds that a contender may take to get ready: less near the end of the time limit."""
    return max(0.0, min(options.patience, options.end - time.monotonic()))


def compare_verdicts(verdict, theirs):
    """How many verdicts are undecided; raises ValueError when some are wrong or too many open.

    theirs has the smallest eigenvalues of the same points, or Ritz values with their residuals,
    and ‖H‖₂. A Ritz value is never below the smallest eigenvalue, and taken to be as near to it as
    its residual says.
    """
    smallest, residual = theirs["answers"], theirs["errors"]
    rounding = ROUNDING["float64"] * theirs["norms"]
    if not np.all(np.isfinite(smallest) & np.isfinite(residual) & np.isfinite(rounding)):
        raise ValueError("an eigenvalue is not a number")
    if not np.all(np.isin(verdict, (0, 1, 2))):
        raise ValueError("a verdict is none of 0, 1, 2")
    wrong = (verdict == 1) & (smallest < -rounding)
    wrong |= (verdict == 2) & (smallest - residual > rounding)
    if np.any(wrong):
        raise ValueError(f"{np.sum(wrong)} verdicts contradict the eigenvalues")
    # Our bounds are below that rounding: what is a thousand times as far from 0 must be decided.
    # Without a matrix only negative curvature can be, by Lanczos from another start, which may see
    # less of it, but not more often than not.
    clear = np.abs(smallest) > 1e3 * (residual + rounding)
    most = 0.0
    if np.any(residual > 0):
        clear &= smallest < 0
        most = 0.5
    undecided = np.sum(clear & (verdict == 0))
    if undecided > most * np.sum(clear):
        raise ValueError(f"{undecided} of {np.sum(clear)} verdicts far from 0 are left undecided")
    return f"{np.sum(verdict == 0)} undecided"


def compare(row, ours, theirs):
    """How closely the answers agree, in words; raises ValueError when they do not.

    ours and theirs are what the answers' files hold; theirs may be of the first points only.
    Counts of eigenvalues below zero must be theirs, but for those that are zero up to rounding.
    """
    answers = theirs["answers"]
    n = len(answers)
    if "verdict" in row.get("quantities", ""):
        return compare_verdicts(ours["verdict"].ravel()[:n], theirs)
    key = {"envelope": "convexity_gap"}.get(row.get("kind"), row.get("quantities", "loss"))
    mine = ours[key.split(",")[0]].ravel()[:n]
    scale = np.max(np.abs(answers))
    apart = np.abs(mine - answers)
    allowed = ROUNDING[row.get("precision", "float64")] * scale
    if row.get("eigensolver") == "lanczos":
        # Ritz values from other starts: each is within its residual of an eigenvalue (Weinstein).
        allowed = allowed + ours["min_eigenvalue_error"].ravel()[:n] + theirs["errors"]
    worst = np.max(apart) / scale
    if not np.all(apart <= allowed):
        raise ValueError(f"answers differ by {worst:.1e} of the largest")
    if "negative_count" in row.get("quantities", ""):
        counted = ours["negative_count"].ravel()[:n]
        wrong = ~((theirs["least"] <= counted) & (counted <= theirs["most"]))
        if np.any(wrong):
            raise ValueError(f"{np.sum(wrong)} of {n} counts of negative eigenvalues differ")
    return f"{worst:.0e}"


def require_device(facts, row, device):
    """Raises ValueError when a peer computed elsewhere than on the device that was asked for.

    Envelopes are always the processor's, ours too.
    """
    asked = "cpu" if row.get("kind") == "envelope" else device.split(":")[0]
    if facts["platform"] != asked:
        raise ValueError(f"ran on {facts['platform']} ({facts['device']}), not on {asked}")


def race(ours, theirs, rounds):
    """Our seconds (rounds), theirs by name, and why those ended that did not finish.

    Raises RuntimeError when ours ends.
    """
    mine, times, ended = [], {name: [] for name in theirs}, {}
    for turn in range(1, rounds + 1):
        mine.append(ours.seconds())
        for name in [name for name in theirs if name not in ended]:
            try:
                times[name].append(theirs[name].seconds())
            except RuntimeError as error:
                ended[name] = f"in round {turn}: {error}"
                del times[name]
    return np.array(mine), {name: np.array(one) for name, one in times.items()}, ended


def peers_of(names, options, folder):
    """Peers that import what they need, while we get ready, and wait for a line."""
    return {
        name: Contender(
            [options.pythons[name], HERE / PEERS[name], folder, "--device", options.device,
             "--budget", options.budget],
            options.patience,
        )
        for name in names
    }  # fmt: skip


def entered(peers, options, folder, row):
    """Names of the peers that got ready and agree with us, and rows for those that did not."""
    begun, ready, failed = [], [], []
    with np.load(folder / "answers.npz") as archive:
        answers = dict(archive)
    for name, peer in peers.items():
        try:
            peer.read("begun", patience(options))
            begun.append(name)
        except RuntimeError as error:
            failed.append({"peer": name, "reason": str(error)})
    # None imports any more while another tries its chunk sizes.
    for name in begun:
        peer = peers[name]
        try:
            peer.send_line()
            peer.facts = peer.read("ready", patience(options))
            require_device(peer.facts, row, options.device)
            with np.load(folder / f"{peer.facts['ready'].split()[0]}.npz") as archive:
                peer.facts["agreement"] = compare(row, answers, dict(archive))
            ready.append(name)
        except ValueError as error:
            failed.append({"peer": peer.facts["ready"], "wrong": str(error)})
        except RuntimeError as error:
            failed.append({"peer": name, "reason": str(error)})
    return ready, failed


def measure(workload, names, options):
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as ends:
        folder = Path(folder)
        peers = peers_of(names, options, folder)
        ours = Contender(
            [options.program, "--device", options.device, "--filter", f"^{workload}$",
             *(["--quick"] if options.quick else []), "--pace", folder],
            options.patience,
        )  # fmt: skip
        for contender in (ours, *peers.values()):
            ends.callback(contender.end)
        ours.facts = ours.read("ready", patience(options))
        row = json.loads((folder / "workload.json").read_text())
        names, failed = entered(peers, options, folder, row)
        mine, times, ended = race(ours, {name: peers[name] for name in names}, options.rounds)
    record = {
        "name": workload,
        "what": ours.facts["what"],
        **ours.facts["provenance"],
        "items": ours.facts["items"],
        "seconds": mine.tolist(),
        "peers": failed + [{"peer": peers[name].facts["ready"], "reason": why}
                           for name, why in ended.items()],
    }  # fmt: skip
    for name, seconds in times.items():
        facts = peers[name].facts
        ratios = (seconds / facts["items"]) / (mine / ours.facts["items"])
        record["peers"].append(
            {"peer": facts.pop("ready"), **facts, "seconds": seconds.tolist(),
             "ratio": float(np.median(ratios)), "ratio_low": float(ratios.min()),
             "ratio_high": float(ratios.max())}
        )  # fmt: skip
    return record


def show(record):
    mine = np.median(record["seconds"]) / record["items"]
    for peer in record["peers"]:
        head = f"{record['name']:16} {peer['peer']:22} "
        if "ratio" not in peer:
            print(head + ("WRONG: " + peer["wrong"] if "wrong" in peer else peer["reason"]))
            continue
        theirs = np.median(peer["seconds"]) / peer["items"]
        part = "" if peer["items"] == record["items"] else f", {peer['items']} points of theirs"
        print(
            f"{head}{1e6 * mine:10.2f} {1e6 * theirs:10.2f} {peer['ratio']:8.2f}  "
            f"{peer['ratio_low']:.2f} to {peer['ratio_high']:.2f}  "
            f"agree {peer['agreement']}, chunk {peer.get('chunk', 1)}{part}",
            flush=True,
        )


def workloads(options):
    pattern = options.filter or ("^[GSHME].*-cpu$" if options.device == "cpu" else "^[GSHME][0-9]")
    listed = subprocess.run(
        [options.program, "--list", "--device", options.device, "--filter", pattern],
        capture_output=True, text=True,
    )  # fmt: skip
    if listed.returncode != 0:
        raise SystemExit(f"bench/peers/run: {listed.stderr.strip()}")
    names = listed.stdout.splitlines()
    return names if options.filter or options.device == "cpu" else [
        name for name in names if not name.endswith("-cpu")
    ]  # fmt: skip


def main():
    parser = argparse.ArgumentParser(
        prog="bench/peers/run",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--program", default=ROOT / "build/release/convexscan-bench")
    parser.add_argument("--filter", default="", help="regular expression for workloads' names")
    parser.add_argument("--peers", default=",".join(PEERS), help="which (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--budget", type=float, default=10.0, help="seconds of one run of a peer")
    parser.add_argument(
        "--patience", type=float, default=300.0, help="seconds to get ready in, or to run in"
    )  # fmt: skip
    parser.add_argument(
        "--time-limit", type=float, default=float("inf"),
        help="seconds after which no workload begins and no one is waited for",
    )  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="tiny sizes: do the numbers agree?")
    parser.add_argument("--json", type=Path, help="file for the numbers")
    parser.add_argument("--overwrite", action="store_true", help="replace that file")
    options = parser.parse_args()
    if options.json and options.json.exists() and not options.overwrite:
        parser.error(f"{options.json} exists; give another name or --overwrite")
    names = options.peers.split(",")
    if unknown := [name for name in names if name not in PEERS]:
        parser.error(f"unknown peer {unknown[0]}; there are {', '.join(PEERS)}")
    options.pythons = {name: python_with(NEEDS[name]) for name in names}
    chosen = workloads(options)
    missing = [name for name in names if options.pythons[name] is None]
    names = [name for name in names if name not in missing]
    if not names:
        modules = ", ".join(dict.fromkeys(NEEDS[name] for name in missing))
        print(f"{parser.prog}: no Python with {modules}; see script/bootstrap --bench",
              file=sys.stderr)  # fmt: skip
        return 1
    for name in missing:
        print(f"{name} is left out: no Python with {NEEDS[name]}; see script/bootstrap --bench")
    options.end = time.monotonic() + options.time_limit
    result = {
        "command": " ".join(["bench/peers/run", *sys.argv[1:]]),
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "races": [],
    }
    print(f"{'workload':16} {'peer':22} {'our us':>10} {'their us':>10} {'ratio':>8}  a point")
    wrong = 0
    for workload in chosen:
        if time.monotonic() > options.end:
            result["races"].append({"name": workload, "reason": "not measured: no time left"})
            continue
        suited = [
            name for name in names
            if (name == "qhull") == workload.startswith("E") and
            (name != "loop" or workload.startswith("G"))
        ]  # fmt: skip
        try:
            record = measure(workload, suited, options)
        except RuntimeError as error:
            record = {"name": workload, "reason": str(error)}
            print(f"{workload:16} not available: {error}")
        else:
            show(record)
            wrong += sum("wrong" in peer for peer in record["peers"])
        result["races"].append(record)
        if options.json:
            pending = options.json.with_name(options.json.name + ".pending")
            pending.write_text(json.dumps(result, indent=1) + "\n")
            pending.replace(options.json)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
