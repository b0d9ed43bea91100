# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""bench/on_gpu, without a GPU: what it would start is there and sees what it should."""

import os
import re
import subprocess

from conftest import REPOSITORY, built


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


def test_a_rehearsal_on_gpu_needs_its_archive(tmp_path):
    done = subprocess.run(
        [REPOSITORY / "bench/on_gpu", "--rehearse", tmp_path / "none.tar.gz", tmp_path],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
