#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Random segments through convexscan and JAX in turn: 2-16-16-1 tanh, 512 samples, mse.

JAX computes the losses alone, at the same places of the same segments, with the best of several
ways to batch them and without its compile time. convexscan's time is its elapsed_seconds, which
holds the drawing of the segments, envelopes, rounding bounds and derivatives besides.
"""

import argparse
import functools
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import xarray

sys.path.insert(0, str(Path(__file__).parent))
from problem import make

ROOT = Path(__file__).resolve().parents[2]


def ours(program, problem, folder, count, points):
    output = folder / "segments.nc"
    subprocess.run(
        [
            program, "segments", "--mlp", "2-16-16-1", "--activation", "tanh", "--loss", "mse",
            "--data", folder / "data.npz", "--weights", folder / "weights.npz", "--region", "box:1",
            "--count", str(count), "--points", str(points), "--device", "cpu", "--output", output,
            "--quiet", "--overwrite",
        ],
        check=True,
    )  # fmt: skip
    with xarray.open_dataset(output) as data:
        return (
            data.loss.values,
            data.ends.values,
            data.t.values,
            data.attrs["elapsed_seconds"],
        )


def peers(problem, ends, t):
    """Compiled programs that give the losses (segments, t), by chunks of points or of segments."""
    import jax
    import jax.numpy as jnp
    from jax_peer import loss_of

    loss = loss_of(problem, jnp.float64)
    ends, t = jnp.asarray(ends), jnp.asarray(t)

    def at(segment, place):
        return loss(segment[0] + place * (segment[1] - segment[0]))

    def line(segment):
        return jax.vmap(functools.partial(at, segment))(t)

    for chunk in (1, 4, 16):
        call = jax.jit(lambda e, chunk=chunk: jax.lax.map(line, e, batch_size=chunk))
        yield f"{chunk} segments at once", call.lower(ends).compile(), ends
    for chunk in (1, 4, 16):

        def points(e, chunk=chunk):
            return jax.lax.map(
                lambda s: jax.lax.map(functools.partial(at, s), t, batch_size=chunk), e
            )

        yield f"{chunk} points at once", jax.jit(points).lower(ends).compile(), ends


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=ROOT / "build/release/convexscan")
    parser.add_argument("--count", type=int, default=10000)
    parser.add_argument("--points", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    os.environ["JAX_PLATFORMS"] = "cpu"
    import jax  # noqa: F401

    workload = {
        "name": "segments", "mlp": "2-16-16-1", "activation": "tanh", "loss": "mse", "samples": 512,
        "x": 2, "y": 2, "quantities": "loss",
    }  # fmt: skip
    problem = make(workload)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        problem.write(folder)
        some = min(options.count, 100)  # the ways to batch are compared on these
        found, ends, t, _ = ours(options.program, problem, folder, some, options.points)
        best = None
        for way, call, argument in peers(problem, ends, t):
            expected = np.asarray(call(argument))
            worst = np.max(np.abs(found - expected)) / np.max(np.abs(expected))
            if not worst <= 1e-9:
                raise SystemExit(f"losses differ by {worst:.1e}")
            start = time.perf_counter()
            call(argument).block_until_ready()
            seconds = time.perf_counter() - start
            if best is None or seconds < best[0]:
                best = (seconds, way)
        _, ends, t, _ = ours(options.program, problem, folder, options.count, options.points)
        call, argument = next((c, e) for way, c, e in peers(problem, ends, t) if way == best[1])
        rows = []
        for _ in range(options.rounds):
            *_, mine = ours(options.program, problem, folder, options.count, options.points)
            start = time.perf_counter()
            call(argument).block_until_ready()
            rows.append((mine, time.perf_counter() - start))
    mine, theirs = np.median(rows, axis=0)
    ratios = sorted(b / a for a, b in rows)
    print(
        f"{options.count} segments x {options.points} points: convexscan {mine:.2f} s, "
        f"JAX {theirs:.2f} s ({best[1]}), ratio {np.median(ratios):.2f} "
        f"({ratios[0]:.2f} to {ratios[-1]:.2f})"
    )


if __name__ == "__main__":
    main()
