# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""What every peer does around its own computation: read the problem, race when told to.

A contender is a program that is given a folder. It imports what it needs, prints a line and waits
for one, upon which the folder has workload.json and problem.npz. It gets ready, writes answers,
prints one line of JSON, and then runs once for each line on its standard input, answering with the
seconds that took. So all are warm, and none runs while another is timed.
"""

import argparse
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

# Sums of N terms in another order, beside the largest number, in 2⁻⁵³ or 2⁻²⁴: in a difference
# that cancels they leave more than N such roundings, but not thousands of times as much.
ROUNDING = {"float64": 1e-9, "float32": 1e-3}


@dataclass
class Problem:
    """One workload with its arrays; parameters in PyTorch's order."""

    folder: Path
    device: str  # "cpu" or "cuda"
    budget: float  # seconds that one run may take
    row: dict
    arrays: dict

    def __getattr__(self, name):
        if name in self.arrays:
            return self.arrays[name]
        raise AttributeError(name)

    @property
    def kind(self):
        return self.row.get("kind", "grid")

    @property
    def widths(self):
        return [int(width) for width in self.row["mlp"].split("-")]

    @property
    def activation(self):
        return self.row.get("activation", "tanh")

    @property
    def loss(self):
        return self.row.get("loss", "mse")

    @property
    def precision(self):
        return self.row.get("precision", "float64")

    @property
    def wants(self):
        """ "loss", "trace" of the whole matrix, "eigenvalue" of it, or "lanczos"."""
        if self.row.get("quantities", "loss") in ("loss", "trace"):
            return self.row.get("quantities", "loss")
        dense = self.row.get("eigensolver") != "lanczos" and self.theta.size <= 2000
        return "eigenvalue" if dense else "lanczos"

    @property
    def counts(self):
        """Whether eigenvalues below zero are to be counted."""
        return "negative_count" in self.row.get("quantities", "")

    @property
    def items(self):
        """What a chunk counts: points, those of a segment one after the other."""
        if self.kind == "segments":
            return len(self.ends) * len(self.t)
        return len(self.coordinates)


def read_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--budget", type=float, default=10.0)
    return parser.parse_args()


def read_problem():
    """To be called after all imports: waits until there is a problem."""
    options = read_options()
    print(json.dumps({}), flush=True)
    if not sys.stdin.readline():
        raise SystemExit(0)  # there will be none
    with np.load(options.folder / "problem.npz") as archive:
        arrays = {key: archive[key] for key in archive.files}
    row = json.loads((options.folder / "workload.json").read_text())
    if row.get("loss") == "cross-entropy":
        arrays["y"] = arrays["y"].astype(np.int64)
    return Problem(options.folder, options.device, options.budget, row, arrays)


def seconds_of(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def warm_seconds(problem, call):
    """Of a second run; of the first where that is over the budget: a second says nothing new."""
    first = seconds_of(call)
    return first if first > problem.budget else seconds_of(call)


def best_chunk(problem, make, failures):
    """The fastest of the workload's chunk sizes, by runs of as many items of each.

    As many for all, since what it takes to start a call would tell against small chunks: four of
    the largest, or fewer where the smallest chunk says that those exceed the budget.
    make(chunk, items) gives a call that computes that many items. Returns the chunk and how many
    items one run of the race can hold within the budget.
    """
    best = None
    sizes = [min(chunk, problem.items) for chunk in problem.row["chunks"]]
    items = min(problem.items, 4 * max(sizes))
    for chunk in sizes:
        try:
            if best is None:
                few = min(items, 4 * chunk)
                each = warm_seconds(problem, make(chunk, few)) / few
                items = min(items, max(max(sizes), int(problem.budget / each)))
            each = warm_seconds(problem, make(chunk, items)) / items
        except failures as error:  # out of memory, mostly
            why = str(error).strip().splitlines()
            print(f"chunk {chunk}: {why[0] if why else type(error).__name__}", file=sys.stderr)
            continue
        if best is None or each < best[0]:
            best = (each, chunk)
    if best is None:
        raise SystemExit(1)
    each, chunk = best
    most = max(1, int(problem.budget / each))
    items = problem.items if most >= problem.items else max(chunk, most - most % chunk)
    return chunk, items


def race(problem, name, call, items, *, platform, device, versions, answer=None, **facts):
    """Writes the answers that answer, or else call, gives; then runs call for each line read.

    items counts points: what the answers hold. Of spectra they are rows of the smallest
    eigenvalue, what is known of its error (a Ritz value's residual, else 0), the largest
    eigenvalue in size and, where they are counted, how many are below zero by more than rounding,
    and by rounding at most. platform, cpu or cuda, and device, its name, are where the answers
    were computed; versions are those of the libraries that did.
    """
    answers = np.asarray((answer or call)(), dtype=np.float64)
    given = {"answers": answers.ravel()}
    if problem.kind == "grid" and problem.wants in ("eigenvalue", "lanczos"):
        counts = ("least", "most") if answers.shape[1] == 5 else ()
        given = dict(zip(("answers", "errors", "norms", *counts), answers.T, strict=True))
    np.savez(problem.folder / f"{name.split()[0]}.npz", **given)
    versions |= {"numpy": np.__version__, "python": sys.version.split()[0]}
    facts |= {"platform": platform, "device": device, "versions": versions}
    print(json.dumps({"ready": name, "items": items, **facts}), flush=True)
    for _ in sys.stdin:
        print(json.dumps({"seconds": seconds_of(call)}), flush=True)
