# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""bench/on_gpu, without a GPU: what it would start is there and sees what it should."""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time

import pytest
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
    races = re.findall(r"\b(?:jax|other)_races=\(([\w -]+)\)", text)
    assert len(races) == 4
    names = sorted({name for one in races for name in one.split()} | {"M1", "H5", "M3"})
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


def library(path, code, *options):
    path.parent.mkdir(parents=True, exist_ok=True)
    gcc = ["gcc", "-x", "c", "-", "-x", "none", "-o", path, *options]
    subprocess.run(gcc, input=code, text=True, check=True)


@pytest.fixture
def wheels(tmp_path):
    """An unpacked archive whose program needs two libraries that only wheels of a Python have.

    The one needs the other, and looks for it beside itself, as NVIDIA's do.
    """
    root, lib = tmp_path / "convexscan-1", tmp_path / "site-packages/nvidia/cu99/lib"
    library(lib / "libscanned_below.so.3", "int below(void) { return 42; }",
            "-shared", "-Wl,-soname,libscanned_below.so.3")  # fmt: skip
    library(lib / "libscanned.so.7", "int below(void); int above(void) { return below(); }",
            "-shared", "-Wl,-soname,libscanned.so.7", lib / "libscanned_below.so.3",
            "-Wl,-rpath,$ORIGIN,--enable-new-dtags")  # fmt: skip
    library(root / "bin/convexscan", "int above(void); int main(void) { return above(); }",
            lib / "libscanned.so.7", f"-Wl,-rpath-link,{lib}",
            "-Wl,-rpath,$ORIGIN/../lib,--disable-new-dtags")  # fmt: skip
    return root, lib


def link_libraries(root, lib, device="cuda", **environment):
    return subprocess.run(
        [REPOSITORY / "bench/link_libraries", root, sys.executable, device],
        capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": str(lib.parents[2])} | environment,
    )  # fmt: skip


def test_libraries_that_only_wheels_have_are_linked_into_the_archive(wheels):
    root, lib = wheels
    assert subprocess.run([root / "bin/convexscan"], capture_output=True).returncode == 127
    done = link_libraries(root, lib)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        f"{name} is taken from {lib}" for name in ("libscanned.so.7", "libscanned_below.so.3")
    ]
    assert subprocess.run([root / "bin/convexscan"]).returncode == 42
    again = link_libraries(root, lib)
    assert (again.returncode, again.stdout) == (0, "")


def test_libraries_that_a_program_loads_when_it_needs_them_are_linked_too(wheels):
    root, lib = wheels
    for path in (lib / "libscanned.so.7", root / "bin/convexscan"):
        path.unlink()
    library(lib / "libcusolver.so.77", "int below(void); int above(void) { return below(); }",
            "-shared", lib / "libscanned_below.so.3")  # fmt: skip
    library(root / "bin/convexscan",
            '''#include <dlfcn.h>
            int main(void) {
              void *library = dlopen("libcusolver.so.77", RTLD_NOW);
              return library ? ((int (*)(void))dlsym(library, "above"))() : 1;
            }''',
            "-Wl,-rpath,$ORIGIN/../lib,--disable-new-dtags")  # fmt: skip
    assert subprocess.run([root / "bin/convexscan"]).returncode == 1
    done = link_libraries(root, lib)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        f"{name} is taken from {lib}" for name in ("libcusolver.so.77", "libscanned_below.so.3")
    ]
    assert subprocess.run([root / "bin/convexscan"]).returncode == 42
    assert link_libraries(root, lib).stdout == ""
    shutil.rmtree(root / "lib")
    # Where the dynamic linker finds them, there is nothing to link.
    found = link_libraries(root, lib, LD_LIBRARY_PATH=str(lib))
    assert (found.returncode, found.stdout) == (0, "") and not (root / "lib").exists()
    (lib / "libcusolver.so.77").unlink()
    done = link_libraries(root, lib)
    assert done.returncode == 2 and "libcusolver.so.77;" in done.stderr
    assert link_libraries(root, lib, "cpu").returncode == 0


def test_a_library_that_is_nowhere_is_named_in_one_line(wheels):
    root, lib = wheels
    (lib / "libscanned_below.so.3").unlink()
    done = link_libraries(root, lib)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "libscanned_below.so.3;" in done.stderr


def on_gpu(folder, *parts, options=(), environment=(), **programs):
    """What bench/on_gpu says and logs of an archive whose programs are these shell scripts."""
    inherited = {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"}
    root = folder / "convexscan-1"
    for name in ("convexscan", "convexscan-bench", "convexscan-tests"):
        program = root / "bin" / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text("#!/bin/bash\n" + programs.get(name.replace("-", "_"), "echo 1"))
        program.chmod(0o755)
    with tarfile.open(folder / "archive.tar.gz", "w:gz") as archive:
        archive.add(root, root.name)
    done = subprocess.run(
        [REPOSITORY / "bench/on_gpu", *options, folder / "archive.tar.gz", folder / "results",
         *parts],
        capture_output=True, text=True,
        env=inherited | dict(environment),
    )  # fmt: skip
    return done, (folder / "results/log.txt").read_text()


# Says what googletest does. After the second test fails there is no device for others, the fourth
# ends the program; alone all but the second pass.
CRASHES = r"""
echo "libraries: ${LD_LIBRARY_PATH-as they are}"
filter=${*: -1}
case $filter$* in
  *--gtest_list_tests*)
    printf '%s\n' 'Running main() from ./gtest_main.cc' 'All/CudaScan.' \
      '  First/cuda  # GetParam() = "cuda"' '  Second/cuda  # GetParam() = "cuda"' OnCuda. \
      '  Third' '  Fourth' '  Fifth' ;;
  *filter=-*) echo "[  PASSED  ] 9 tests." ;;
  *Second/cuda*)
    echo "[  FAILED  ] All/CudaScan.Second/cuda, where GetParam() = x (1 ms)"
    exit 1 ;;
  *filter=OnCuda.*) echo "[       OK ] ${filter#*=} (1 ms)" ;;
  *)
    echo "[       OK ] All/CudaScan.First/cuda (2 ms)"
    echo "[  FAILED  ] All/CudaScan.Second/cuda, where GetParam() = x (1 ms)"
    echo "[  FAILED  ] OnCuda.Third (1 ms)"
    echo "[ RUN      ] OnCuda.Fourth"
    kill -SEGV $$ ;;
esac
"""


def test_gpu_tests_that_did_not_pass_run_again_alone(tmp_path):
    done, log = on_gpu(tmp_path, "tests", convexscan_tests=CRASHES)
    assert done.returncode == 1
    alone = re.findall(r"^--- alone: (\S+)", log, re.MULTILINE)
    assert alone == ["All/CudaScan.Second/cuda", "OnCuda.Third", "OnCuda.Fourth", "OnCuda.Fifth"]
    assert "9 tests" in log  # the others are not lost
    said = (
        "GPU tests: exit code 139 of all 5 in one process, where 4 did not pass; of these, "
        "each alone, 1 failed, 0 had no time: All/CudaScan.Second/cuda"
    )
    summary = (tmp_path / "results/summary.txt").read_text()
    assert re.search(rf"^tests: exit code 1 after \d+ s: {said}$", summary, re.MULTILINE), summary
    # JAX and PyTorch would see libraries that are not theirs.
    assert set(re.findall("^libraries: (.*)", log, re.MULTILINE)) == {"as they are"}


def test_gpu_tests_that_all_pass_run_once(tmp_path):
    passes = CRASHES.replace("exit 1", "exit 0").replace("FAILED  ]", "     OK ]")
    passes = passes.replace(
        "kill -SEGV $$", "printf '[       OK ] OnCuda.%s (1 ms)\\n' Fourth Fifth"
    )
    done, log = on_gpu(tmp_path, "tests", convexscan_tests=passes)
    assert done.returncode == 0, log
    assert "alone: " not in log


def test_an_archive_without_gpu_tests_fails(tmp_path):
    done, log = on_gpu(tmp_path, "tests")
    assert done.returncode == 1
    assert "all 0 in one process" in log


def test_what_a_machine_lacks_stops_only_the_parts_that_need_it(tmp_path):
    """No folder for temporary files, tar, compute-sanitizer or nvidia-smi; a bare Python."""
    programs = tmp_path / "programs"
    programs.mkdir()
    needed = (
        "awk bash cat date df dirname env grep head ldd mkdir mktemp nproc readlink rm sed sort "
        "tail tee timeout uname"
    )
    for name in needed.split():
        (programs / name).symlink_to(shutil.which(name))
    (programs / "python3").write_text(f'#!/bin/bash\nexec {sys.executable} -S "$@"\n')
    (programs / "python3").chmod(0o755)
    environment = {"PATH": str(programs), "TMPDIR": str(tmp_path / "none")}
    parts = ("tests", "bench", "peers", "memcheck")
    done, log = on_gpu(tmp_path, *parts, environment=environment, convexscan_tests=CRASHES)
    summary = (tmp_path / "results/summary.txt").read_text()
    assert done.returncode == 3, summary
    assert "nvidia-smi is not on this machine" in summary
    assert re.search("^tests: exit code 1 .*: GPU tests: ", summary, re.MULTILINE)
    assert re.search("^bench: exit code 0 ", summary, re.MULTILINE)
    assert re.search("^peers: exit code 1 .* No module named 'numpy'", summary, re.MULTILINE)
    assert re.search(
        "^memcheck: exit code 127 .*: compute-sanitizer is not on", summary, re.MULTILINE
    )


def test_it_ends_in_time_whatever_its_programs_do(tmp_path):
    """Parts that never end are ended, or, with too little time left, not begun."""
    start = time.monotonic()
    done, _ = on_gpu(
        tmp_path, "H5", "E", options=["--seconds", "9"],
        convexscan_bench="[[ $* == --version ]] || exec sleep 300",
    )  # fmt: skip
    assert 5 <= time.monotonic() - start < 9 + 6  # it asks the clock for whole seconds
    assert done.returncode == 2, done.stdout
    ends = r"H5: exit code (124|no time left) .*\nE: exit code (124|no time left) "
    assert re.match(ends, done.stdout) and "124" in done.stdout


@pytest.mark.parametrize(
    "option, says",
    [
        (["--seconds"], "give a whole number from 1 to 99999"),
        (["--seconds", "soon"], "--seconds soon: give a whole number from 1 to 99999"),
        (["--seconds", "100000"], "--seconds 100000: give a whole number from 1 to 99999"),
        (["--second", "9"], "unknown option --second"),
    ],
)
def test_an_option_that_is_not_understood_is_one_line(tmp_path, option, says):
    done = subprocess.run(
        [REPOSITORY / "bench/on_gpu", *option, tmp_path, tmp_path], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and option[0] in done.stderr
    assert says in done.stderr


def test_a_part_that_there_is_not_is_one_line_and_leaves_no_folder(tmp_path):
    (tmp_path / "archive").touch()
    done = subprocess.run(
        [REPOSITORY / "bench/on_gpu", tmp_path / "archive", tmp_path / "results", "bench", "pears"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and "unknown part pears" in done.stderr
    assert not (tmp_path / "results").exists()


def test_joined_races_keep_their_order_and_name_those_not_measured(tmp_path):
    for name in ("G1", "H3-sign"):
        (tmp_path / f"{name}.json").write_text(
            json.dumps({"command": f"run {name}", "load": 1, "races": [{"name": name, "items": 3}]})
        )
    files = [tmp_path / f"{name}.json" for name in ("H3-sign", "M1-sign", "G1")]
    join = REPOSITORY / "bench/join_races.py"
    subprocess.run([sys.executable, join, tmp_path / "all.json", *files], check=True)
    record = json.loads((tmp_path / "all.json").read_text())
    assert [race["name"] for race in record["races"]] == ["H3-sign", "M1-sign", "G1"]
    assert record["races"][1]["reason"] == "not measured"
    assert record["load"] == 1 and record["command"].startswith("run H3-sign")
