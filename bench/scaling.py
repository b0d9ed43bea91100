#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""How the time of a loss map grows with points, samples and width, and what memory it takes.

Prints seconds, microseconds per point, and peak resident memory of the whole program; medians of
several runs. The digits example, 64-32-10 tanh, float64, is the base of every series.
"""

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BASE = {"side": 41, "samples": 1797, "width": 32}
SERIES = {
    "side": [11, 21, 41, 81, 101],
    "samples": [112, 225, 450, 900, 1797],
    "width": [8, 16, 32, 64, 128],
}


def run_once(program, device, side, samples, width, folder):
    """Seconds of the scan and peak memory in MiB."""
    output = Path(folder) / "scan.nc"
    arguments = [
        program, "grid", "--mlp", f"64-{width}-10", "--data", ROOT / "examples/digits.npz",
        "--samples", samples, "--x", f"-1:1:{side}", "--quantities", "loss", "--device", device,
        "--output", output, "--overwrite", "--quiet",
    ]  # fmt: skip
    process = subprocess.Popen([str(a) for a in arguments])
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit("convexscan failed")
    known = subprocess.run([program, "info", output], check=True, capture_output=True, text=True)
    time = next(line for line in known.stdout.splitlines() if line.startswith("time: "))
    return float(time.split()[1]), usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=ROOT / "build/release/convexscan")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", help="file for the numbers")
    options = parser.parse_args()
    rows = []
    print(f"{'series':8} {'value':>6} {'points':>7} {'seconds':>9} {'us/point':>9} {'MiB':>6}")
    with tempfile.TemporaryDirectory() as folder:
        for series, values in SERIES.items():
            for value in values:
                case = BASE | {series: value}
                runs = sorted(
                    run_once(options.program, options.device, folder=folder, **case)
                    for _ in range(options.runs)
                )
                seconds, points = runs[len(runs) // 2][0], case["side"] ** 2
                memory = max(mib for _, mib in runs)
                rows.append({"series": series, **case, "seconds": seconds, "peak_mib": memory})
                print(
                    f"{series:8} {value:6} {points:7} {seconds:9.4f} "
                    f"{1e6 * seconds / points:9.1f} {memory:6.0f}",
                    flush=True,
                )
    if options.json:
        Path(options.json).write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
