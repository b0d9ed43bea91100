# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""script/demo: the main job on real data, from training to pictures."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import xarray
from conftest import REPOSITORY
from matplotlib.image import imread


def test_the_demo_trains_scans_and_draws(program, tmp_path):
    """The script itself, in a copy of the repository whose programs are built already."""
    (tmp_path / "script").mkdir()
    shutil.copy(REPOSITORY / "script" / "demo", tmp_path / "script")
    (tmp_path / "script" / "build").write_text("#!/bin/sh\n")
    (tmp_path / "script" / "build").chmod(0o755)
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "release").symlink_to(Path(program).parent)
    (tmp_path / "examples").symlink_to(REPOSITORY / "examples")
    # The environment that runs this test draws, with this repository's package.
    plot = tmp_path / ".venv" / "bin" / "convexscan-plot"
    plot.parent.mkdir(parents=True)
    plot.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m convexscan.plot "$@"\n')
    plot.chmod(0o755)
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "python")}
    start = time.monotonic()
    result = subprocess.run(
        [tmp_path / "script" / "demo"], env=environment, capture_output=True, text=True, timeout=600
    )
    seconds = time.monotonic() - start
    assert result.returncode == 0, result.stdout + result.stderr
    assert seconds < 120  # two minutes are what a first look may cost, without the build
    out = tmp_path / "out" / "demo"
    scan = xarray.open_dataset(out / "scan.nc")
    assert scan.loss.shape == (101, 101)
    centre = scan.sel(x=0, y=0)
    assert centre.loss == scan.loss.min() and centre.accuracy > 0.99
    assert np.isfinite(scan.plane_hessian).all()
    convexity = xarray.open_dataset(out / "convexity.nc")
    assert {1, 2} <= set(np.unique(convexity.verdict))  # convex around the minimum, not farther off
    assert convexity.sel(x=0, y=0).verdict == 1
    for name in ("scan", "surface", "convexity", "trajectory"):
        picture = imread(out / f"{name}.png")
        assert min(picture.shape[:2]) > 400
        assert len(np.unique(picture.reshape(-1, picture.shape[2]), axis=0)) > 1000
    for name in ("scan.html", "scan.vtk", "scan.h5", "weights.npz"):
        assert (out / name).stat().st_size > 1000
