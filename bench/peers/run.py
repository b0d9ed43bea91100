#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Runs convexscan and JAX alternately on the same workloads and prints the ratio of their times.

Both compute the same numbers (checked before timing) from the same files. JAX's compile time is
left out and it gets the best of several chunk sizes; convexscan's time is the elapsed_seconds of
its own result file, which is the scan without start-up and file. Medians of alternating rounds.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from problem import make  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]


def ours(program, problem, folder, extra):
    """Values and seconds of one convexscan run."""
    output = folder / "scan.nc"
    subprocess.run([program, *problem.arguments(folder), "--output", output, *extra], check=True)
    values = folder / "scan.npz"
    subprocess.run(
        [program, "export", output, "--output", values, "--overwrite"],
        check=True,
        capture_output=True,
    )
    known = subprocess.run([program, "info", output], check=True, capture_output=True, text=True)
    facts = dict(line.split(": ", 1) for line in known.stdout.splitlines() if ": " in line)
    with np.load(values) as arrays:
        found = arrays[problem.quantities.split(",")[0]].ravel()
    return found, float(facts["time"].split()[0]), facts["device"]


def timed(call):
    start = time.perf_counter()
    value = call()
    return value, time.perf_counter() - start


def check(problem, found, expected):
    """The contenders must agree before anybody is timed."""
    if problem.quantities == "verdict":
        wrong = int(np.sum((found == 1) & (expected < 0)) + np.sum((found == 2) & (expected > 0)))
        undecided = int(np.sum(found == 0))
        if wrong:
            raise SystemExit(f"{problem.name}: {wrong} verdicts contradict the peer's eigenvalues")
        return f"{undecided} undecided"
    worst = np.max(np.abs(found - expected)) / np.max(np.abs(expected))
    # Sums of N terms in another order; float32 has 2⁻²⁴ instead of 2⁻⁵³.
    if not worst <= (1e-9 if problem.precision == "float64" else 1e-3):
        raise SystemExit(f"{problem.name}: results differ by {worst:.1e}")
    return f"{worst:.1e}"


def measure(workload, program, rounds, chunks, extra):
    from jax_peer import JaxPeer

    problem = make(workload)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        problem.write(folder)
        found, _, device = ours(program, problem, folder, extra)
        best, expected = None, None
        for chunk in chunks:
            peer = JaxPeer(problem, chunk)
            expected, seconds = timed(peer.run)
            if best is None or seconds < best[0]:
                best = (seconds, chunk, peer)
        agreement = check(problem, found, expected)
        pairs = []
        for _ in range(rounds):
            _, mine, _ = ours(program, problem, folder, extra)
            _, theirs = timed(best[2].run)
            pairs.append((mine, theirs))
    ratios = sorted(theirs / mine for mine, theirs in pairs)
    return {
        "name": problem.name,
        "network": workload["mlp"] + " " + workload["activation"],
        "samples": workload["samples"],
        "points": len(problem.coordinates),
        "quantities": problem.quantities,
        "device": device,
        "convexscan_seconds": float(np.median([p[0] for p in pairs])),
        "jax_seconds": float(np.median([p[1] for p in pairs])),
        "jax_chunk": best[1],
        "agreement": agreement,
        "ratio": float(np.median(ratios)),
        "ratio_low": ratios[0],
        "ratio_high": ratios[-1],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=ROOT / "build/release/convexscan")
    parser.add_argument("--filter", default="", help="only workloads whose name contains this")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--chunks", help="JAX's chunk sizes, instead of the workload's own")
    parser.add_argument("--set", choices=["cpu", "gpu"], default="cpu", help="sizes to run")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", help="file for the numbers")
    options = parser.parse_args()
    if options.device == "cpu":
        os.environ["JAX_PLATFORMS"] = "cpu"
    import jax

    rows = []
    print(f"{'workload':14} {'points':>7} {'ours s':>9} {'JAX s':>9} {'chunk':>5} {'ratio':>7}")
    for workload in json.loads((ROOT / "bench/workloads.json").read_text()):
        if options.filter not in workload["name"] or workload["set"] != options.set:
            continue
        chunks = workload.get("chunks", [1, 4, 16, 64])
        if options.chunks:
            chunks = [int(c) for c in options.chunks.split(",")]
        row = measure(
            workload,
            options.program,
            options.rounds,
            chunks,
            ["--device", options.device],
        )
        rows.append(row)
        print(
            f"{row['name']:14} {row['points']:7} {row['convexscan_seconds']:9.4f} "
            f"{row['jax_seconds']:9.4f} {row['jax_chunk']:5} {row['ratio']:7.2f}  "
            f"{row['ratio_low']:.2f} to {row['ratio_high']:.2f}  agree {row['agreement']}",
            flush=True,
        )
    if options.json:
        commit = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True
        )
        record = {
            "command": " ".join(["bench/peers/run.py", *sys.argv[1:]]),
            "commit": commit.stdout.strip(),
            "jax": jax.__version__,
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "rows": rows,
        }
        Path(options.json).write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
