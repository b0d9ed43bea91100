# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""A workload as files that every contender reads: data, weights, directions."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass
class Problem:
    """One workload with its arrays; theta and directions in PyTorch's parameter order."""

    name: str
    widths: list[int]
    activation: str
    loss: str
    quantities: str
    x: np.ndarray  # (N, features)
    y: np.ndarray  # (N,) labels or (N, outputs) targets
    theta: np.ndarray  # (P,)
    directions: np.ndarray  # (2, P)
    grid_x: np.ndarray
    grid_y: np.ndarray
    precision: str = "float64"

    @property
    def coordinates(self):
        """(points, 2), x fastest."""
        return np.stack([a.ravel() for a in np.meshgrid(self.grid_x, self.grid_y)], axis=1)

    def write(self, folder: Path):
        np.savez(folder / "data.npz", x=self.x, y=self.y)
        np.savez(folder / "weights.npz", theta=self.theta)
        np.savez(folder / "directions.npz", x=self.directions[0], y=self.directions[1])

    def arguments(self, folder: Path):
        """The same workload as a convexscan command line."""
        x, y = self.grid_x, self.grid_y
        return [
            "grid", "--mlp", "-".join(map(str, self.widths)), "--activation", self.activation,
            "--loss", self.loss, "--data", str(folder / "data.npz"),
            "--weights", str(folder / "weights.npz"),
            "--directions", f"file:{folder / 'directions.npz'}",
            "--x", f"{x[0]}:{x[-1]}:{len(x)}", "--y", f"{y[0]}:{y[-1]}:{len(y)}",
            "--quantities", self.quantities, "--precision", self.precision,
            "--quiet", "--overwrite",
        ]  # fmt: skip


def make(workload: dict) -> Problem:
    """Random data, Xavier weights and unit-scale directions, the same for everybody."""
    random = np.random.default_rng(2026)
    widths = [int(w) for w in workload["mlp"].split("-")]
    samples = workload["samples"]
    x = random.normal(size=(samples, widths[0]))
    if workload["loss"] == "cross-entropy":
        y = random.integers(0, widths[-1], samples)
    else:
        y = random.normal(size=(samples, widths[-1]))
    parts = []
    for fan_in, fan_out in zip(widths[:-1], widths[1:], strict=True):
        scale = np.sqrt(2.0 / (fan_in + fan_out))
        parts += [
            scale * random.normal(size=fan_in * fan_out),
            0.1 * random.normal(size=fan_out),
        ]
    theta = np.concatenate(parts)
    directions = random.normal(size=(2, theta.size))
    directions *= np.linalg.norm(theta) / np.linalg.norm(directions, axis=1, keepdims=True)
    return Problem(
        workload["name"], widths, workload["activation"], workload["loss"],
        workload["quantities"], x, y, theta, directions,
        np.linspace(-1, 1, workload["x"]), np.linspace(-1, 1, workload["y"]),
        workload.get("precision", "float64"),
    )  # fmt: skip
