# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""What is written appears whole or not at all, and nothing is lost."""

import os
import re
import shlex
import shutil
import signal
import subprocess
from pathlib import Path

import numpy as np
import xarray
from conftest import NETWORK, REPOSITORY, complaint

ENDINGS = ("npz", "csv", "vtk", "h5")


def test_an_existing_result_stays(run, data):
    (data / "scan.nc").write_text("precious")
    assert "--overwrite" in complaint(run("grid", "--landscape", "xy"), 1)
    assert (data / "scan.nc").read_text() == "precious"
    assert run("grid", "--landscape", "xy", "--overwrite").returncode == 0
    assert xarray.open_dataset(data / "scan.nc").loss.dims == ("y", "x")


def test_an_output_that_cannot_be_written_is_found_before_the_scan(run, data):
    assert "no-folder" in complaint(
        run("grid", "--landscape", "xy", "--output", "no-folder/a.nc"), 1
    )
    (data / "full.nc").symlink_to("/dev/full")
    assert "full.nc: is a device" in complaint(
        run("grid", "--landscape", "xy", "--output", "full.nc", "--overwrite"), 1
    )
    (data / "folder.nc").mkdir()
    assert "is a folder" in complaint(run("grid", "--landscape", "xy", "--output", "folder.nc"), 1)


def test_a_name_may_be_as_long_as_a_name_can_be(run, data):
    longest, longer = "n" * 252 + ".nc", "n" * 253 + ".nc"
    assert run("grid", *NETWORK, "--x", "-1:1:3", "--output", longest).returncode == 0
    result = run("grid", *NETWORK, "--x", "-1:1:3", "--output", longer)
    assert "the name is too long; choose a shorter one" in complaint(result, 1)
    assert sorted(path.name for path in data.glob("*n*.nc")) == [longest]


def test_a_folder_that_is_not_writable_is_found_before_the_scan(run, data):
    folder = data / "readonly"
    folder.mkdir(mode=0o555)
    if os.geteuid() == 0:  # whom no permission stops
        folder = Path("/proc")
    line = complaint(run("grid", "--landscape", "xy", "--output", folder / "a.nc"), 1)
    assert f"{folder}/a.nc: cannot write here" in line and "choose another folder" in line


def test_a_full_stdout_is_a_failure(program, data):
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            [program, "grid", "--landscape", "xy"],
            cwd=data,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert result.returncode == 1 and "stdout" in result.stderr


def test_a_link_stays_and_what_it_leads_to_is_written(run, data):
    (data / "store").mkdir()
    (data / "scan.nc").symlink_to("store/real.nc")
    assert run("grid", "--landscape", "xy", "--x", "0:1:3").returncode == 0
    assert (data / "scan.nc").is_symlink() and (data / "store" / "real.nc").is_file()
    complaint(run("grid", "--landscape", "xy", "--x", "0:1:3"), 1)
    assert run("grid", "--landscape", "xy", "--x", "0:1:3", "--overwrite").returncode == 0
    assert (data / "scan.nc").is_symlink()
    assert dict(xarray.open_dataset(data / "store" / "real.nc").loss.sizes) == {"y": 3, "x": 3}


def test_a_file_that_is_read_is_never_the_output(run, data):
    np.savez(data / "w.npz", theta=np.zeros(26))
    (data / "link.npz").symlink_to("w.npz")
    before = (data / "w.npz").read_bytes()
    train = ["train", *NETWORK, "--overwrite"]
    for arguments in (
        ["--weights", "w.npz", "--output", "w.npz"],
        ["--weights", "w.npz", "--output", "./link.npz"],
        ["--output", "data.npz"],
        ["--penalty", "l2=1", "--penalty-center", "w.npz", "--output", "w.npz"],
    ):
        assert "is read as" in complaint(run(*train, *arguments), 2)
    ends = ["w.npz", "link.npz", "--align", "--aligned", "link.npz", "--overwrite"]
    assert "--aligned link.npz: is read as" in complaint(run("segments", *NETWORK, *ends), 2)
    assert (data / "w.npz").read_bytes() == before
    assert run("grid", *NETWORK, "--x", "0:1:2", "--output", "grid.nc").returncode == 0
    chords = ["--through", "grid.nc", "--output", "grid.nc", "--overwrite"]
    assert "is read as grid.nc" in complaint(run("segments", *NETWORK, *chords), 2)


def test_no_command_replaces_any_file_that_it_reads(run, data):
    np.savez(data / "w.npz", theta=np.ones(26))
    (data / "w.npz").rename(data / "w.nc")
    (data / "images").write_bytes(bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, *range(6)]))
    (data / "labels.nc").write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 2, 0, 1]))
    idx = ["--mlp", "3-4-2", "--data", "images,labels.nc"]
    centre = [*NETWORK, "--penalty", "l2=1", "--penalty-center", "w.nc"]
    before = {path.name: path.read_bytes() for path in data.iterdir()}
    for network, name in (
        ([*NETWORK, "--weights", "w.nc"], "w.nc"),
        (centre, "w.nc"),
        (idx, "labels.nc"),
    ):
        for command in (["grid"], ["segments", "--twin", "permute"], ["convexify"]):
            arguments = [*command, *network, "--output", name, "--overwrite"]
            assert f"--output {name}: is read as" in complaint(run(*arguments), 2)
    (data / "c.npz").symlink_to("w.nc")
    (data / "l.npz").symlink_to("labels.nc")
    aligned = ["data.npz", "data.npz", "--align", "--overwrite", "--aligned"]
    for network, name in ((centre, "c.npz"), (idx, "l.npz")):
        line = complaint(run("segments", *network, *aligned, name), 2)
        assert f"--aligned {name}: is read as" in line
    assert before == {name: (data / name).read_bytes() for name in before}


def test_the_files_of_directions_and_external_weights_are_never_the_output(run, data):
    theta = np.random.default_rng(1).normal(size=(4, 26))
    (data / "steps").mkdir()
    for name, values in zip(("a", "steps/1", "steps/2", "steps/3"), theta, strict=True):
        np.savez(data / f"{name}.npz", theta=values)
    np.savez(data / "d.npz", x=theta[0], y=theta[1])
    for name in ("a", "d"):
        (data / f"{name}.npz").rename(data / f"{name}.nc")
    (data / "step.nc").symlink_to("steps/2.npz")
    model = REPOSITORY / "tests" / "data" / "dynamo-external"
    shutil.copy(f"{model}.onnx", data / "net.onnx")
    shutil.copy(f"{model}.onnx.data", data)
    (data / "tensors.nc").symlink_to(f"{model.name}.onnx.data")
    onnx = ["--model", "net.onnx", "--data", f"{model}.npz"]
    before = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    for network, directions, name in (
        (NETWORK, "points:a.nc,steps/1.npz,steps/2.npz", "a.nc"),
        (NETWORK, "points:a.nc,steps/1.npz,steps/2.npz", "step.nc"),
        (NETWORK, "file:d.nc", "d.nc"),
        (NETWORK, "trajectory:steps", "step.nc"),
        (onnx, "random", "tensors.nc"),
    ):
        call = [*network, "--directions", directions, "--output", name, "--overwrite"]
        for command in (["grid"], ["convexify", "--region", "plane"]):
            assert f"--output {name}: is read as" in complaint(run(*command, *call), 2)
    (data / "tensors.npz").symlink_to(f"{model.name}.onnx.data")
    train = ["train", *onnx, "--output", "tensors.npz", "--overwrite"]
    assert "--output tensors.npz: is read as" in complaint(run(*train), 2)
    assert before == {path: path.read_bytes() for path in before}


def test_an_export_does_not_replace_its_result(run, data):
    assert run("grid", "--landscape", "xy", "--x", "0:1:3").returncode == 0
    (data / "scan.nc").rename(data / "g.h5")
    before = (data / "g.h5").read_bytes()
    (data / "link.h5").symlink_to("g.h5")
    for name in ("g.h5", "link.h5"):
        line = complaint(run("export", "g.h5", "--output", name, "--overwrite"), 2)
        assert f"--output {name}: is read as g.h5" in line
    assert (data / "g.h5").read_bytes() == before


def test_a_stderr_that_cannot_be_written_changes_no_exit_code(program, data):
    for arguments, code in (
        (["grid", "--mlp", "x"], 2),
        (["grid", "--no-such-option"], 2),
        (["info", "missing.nc"], 1),
        (["grid", "--landscape", "xy", "--precision", "float32", "--quantities", "verdict"], 0),
    ):
        with open("/dev/full", "w") as full:
            result = subprocess.run(
                [program, *arguments], cwd=data, stdout=subprocess.DEVNULL, stderr=full
            )
        assert result.returncode == code, arguments


def test_help_on_a_full_stdout_is_a_failure(program):
    for arguments in (["--help"], ["--version"], ["grid", "--help"]):
        with open("/dev/full", "w") as full:
            result = subprocess.run(
                [program, *arguments], stdout=full, stderr=subprocess.PIPE, text=True
            )
        assert result.returncode == 1
        assert result.stderr == "convexscan: stdout cannot be written\n"


def test_a_newline_in_a_name_makes_no_second_line(run, data):
    assert "a?b?.nc" in complaint(run("info", "a\nb\x1b.nc"), 1)
    assert "c?d" in complaint(run("grid", *NETWORK, "--quantities", "c\nd"), 2)
    clean = run("grid", "--landscape", "xy", "--x", "0:1:3", "--output", "clean.nc").stdout
    told = run("grid", "--landscape", "xy", "--x", "0:1:3", "--output", "a\nb\x1b.nc").stdout
    assert told.splitlines()[-1] == "result in a?b?.nc"
    assert len(told.splitlines()) == len(clean.splitlines())
    shown = [run("info", "a\nb\x1b.nc").stdout]
    for output in ("a\nb.npz", "a\nb.csv"):
        shown.append(run("export", "clean.nc", "--output", output).stdout)
        assert shown[-1] == output.replace("\n", "?") + "\n"
    train = run("train", *NETWORK, "--output", "w\n.npz", "--checkpoints", "s\nt")
    assert "weights in w?.npz\ncheckpoints in s?t\n" in train.stdout
    ends = run("segments", *NETWORK, "w\n.npz", "s\nt/step-00000.npz", "--output", "e\n.nc").stdout
    assert "from w?.npz to s?t/step-00000.npz\n" in ends and ends.endswith("result in e?.nc\n")
    assert "\x1b" not in "".join([told, *shown, train.stdout, ends])


def test_a_file_in_the_place_of_a_folder_is_called_one(run, data):
    for name in ("data.npz/a.nc", "data.npz/folder/a.nc"):
        line = complaint(run("grid", "--landscape", "xy", "--output", name), 1)
        assert "data.npz is a file, not a folder" in line


def test_aligned_weights_are_written_with_the_result_or_not_at_all(run, data):
    def limit_files():
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))

    for name, seed in (("a", 1), ("b", 2)):
        np.savez(data / f"{name}.npz", theta=np.random.default_rng(seed).normal(size=26))
    call = ["segments", *NETWORK, "a.npz", "b.npz", "--align", "--aligned", "c.npz"]
    line = complaint(run(*call, preexec_fn=limit_files), 1)
    assert "segments.nc: could not be written whole" in line
    assert sorted(os.listdir(data)) == ["a.npz", "b.npz", "data.npz"]
    assert run(*call).returncode == 0
    assert (data / "c.npz").exists() and (data / "segments.nc").exists()


def test_a_gallery_on_a_full_disk_says_what_stays(run, data):
    def limit_files():
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (30000, 30000))

    call = ["gallery", "--device", "cpu", "--output", "other", "--quiet"]
    line = complaint(run(*call, preexec_fn=limit_files), 1)
    assert "what was at that name is unchanged; the files before it are in other" in line
    assert any((data / "other").iterdir())


def test_a_full_disk_loses_nothing(run, data):
    def limit_files():
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))

    (data / "scan.nc").write_text("precious")
    result = run(
        "grid", "--landscape", "xy", "--x", "0:1:200", "--overwrite", preexec_fn=limit_files
    )
    assert "scan.nc" in complaint(result, 1)
    assert (data / "scan.nc").read_text() == "precious"
    assert sorted(p.name for p in data.iterdir()) == ["data.npz", "scan.nc"]


def test_every_command_says_that_the_disk_is_full_and_leaves_nothing(run, data):
    def limit_files():
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))

    assert run("grid", "--landscape", "xy", "--output", "done.nc").returncode == 0
    before = sorted(os.listdir(data))
    few = ["--starts", "2", "--points", "4", "--iterations", "5"]
    for arguments, name in (
        (["grid", *NETWORK], "scan.nc"),
        (["segments", *NETWORK, "--twin", "flip"], "segments.nc"),
        (["convexify", *NETWORK, *few], "convexify.nc"),
        (["train", *NETWORK], "weights.npz"),
        (["train", *NETWORK, "--starts", "2"], "weights.npz"),
        *((["export", "done.nc", "--output", f"a.{end}"], f"a.{end}") for end in ENDINGS),
    ):
        line = complaint(run(*arguments, preexec_fn=limit_files), 1)
        assert line.startswith(f"convexscan: {name}: "), line
        assert sorted(os.listdir(data)) == before


def test_an_export_says_that_it_leaves_vectors_out(run, data):
    vectors = ["--quantities", "loss,min_eigenvector"]
    assert run("grid", "--landscape", "xy", "--x", "0:1:3", *vectors).returncode == 0
    for ending, notes in ((".csv", 1), (".vtk", 1), (".npz", 0)):
        result = run("export", "scan.nc", "--output", f"a{ending}")
        assert result.returncode == 0 and result.stdout == f"a{ending}\n"
        assert len(result.stderr.splitlines()) == notes
        assert notes == 0 or "min_eigenvector" in result.stderr
    with np.load(data / "a.npz") as arrays:
        assert arrays["min_eigenvector"].shape == (3, 3, 2)


def test_export_says_at_once_that_it_cannot_write(run, data):
    assert "ends in .npz, .csv, .vtk or .h5" in complaint(
        run("export", "missing.nc", "--output", "a.png"), 2
    )
    (data / "a.npz").write_text("precious")
    assert "--overwrite" in complaint(run("export", "missing.nc", "--output", "a.npz"), 1)
    assert "missing.nc" in complaint(run("export", "missing.nc", "--output", "b.npz"), 1)


def test_a_name_that_is_not_utf8_still_gives_a_file_that_opens(program, data):
    name = os.fsdecode(b"caf\xe9.nc")
    result = subprocess.run(
        [program, "grid", "--landscape", "xy", "--output", name], cwd=data, capture_output=True
    )
    assert result.returncode == 0
    os.rename(data / name, data / "scan.nc")
    assert "caf\\xe9.nc" in xarray.open_dataset(data / "scan.nc").attrs["command_line"]


def test_info_shows_the_other_files_beside_one_that_cannot_be_read(run, data):
    whole = run("info", "data.npz").stdout
    both = run("info", "data.npz", "nope", "x\n.onnx", "data.npz")
    assert both.returncode == 1
    assert both.stdout == whole + whole
    lines = both.stderr.splitlines()
    assert len(lines) == 2 and all(line.startswith("convexscan: ") for line in lines)
    assert "nope: no such file" in lines[0] and "x?.onnx: no such file" in lines[1]


def test_info_describes_a_model_line_by_line(run):
    model = REPOSITORY / "tests/data/torch-tanh-no-bias.onnx"
    lines = run("info", model).stdout.splitlines()
    assert lines[0].startswith(f"{model}: ") and "?" not in lines[0]
    layers = [line for line in lines if line.startswith("  layer ")]
    assert re.fullmatch(rf"\d+ parameters in {len(layers)} layers?", lines[1])
    assert len(layers) > 1


def test_the_command_that_draws_the_gallery_can_be_pasted(run, tmp_path):
    folder = "it's a `folder` {1}"
    env = {**os.environ, "PATH": "/usr/bin:/bin", "CONVEXSCAN_PLOT": ""}
    result = run("gallery", "--only", "2", "--output", folder, env=env)
    assert result.returncode == 0, result.stderr
    told = re.search(r": (convexscan-plot .*) draws them$", result.stdout.splitlines()[-1])[1]
    assert shlex.split(told) == ["convexscan-plot", folder]
    echoed = subprocess.run(
        ["bash", "-c", told.replace("convexscan-plot", "echo")], capture_output=True, text=True
    )
    assert echoed.stdout == folder + "\n"
