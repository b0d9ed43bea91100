# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Options that make no sense get one line that says why, and exit code 2."""

import os

import numpy as np
import pytest
from conftest import NETWORK, complaint

MODEL = ["--model", "net.onnx", "--data", "data.npz"]

WIDE = ["grid", "--mlp", "3-200-200-200-2", "--data", "data.npz", "--quantities"]
LANCZOS = ["grid", *NETWORK, "--quantities", "negative_count", "--eigensolver", "lanczos"]
SINGLE = ["grid", *NETWORK, "--precision", "float32", "--quantities", "verdict"]

WRONG_USE = [
    (["gird"], 'did you mean "grid"?'),
    (["grid", "--landscap", "xy"], 'did you mean "--landscape"?'),
    (["grid", "--landscape", "rosenbrok"], 'did you mean "rosenbrock"?'),
    (["grid", "--landscape", "xy", "--x", "1:-1:0"], "--x 1:-1:0"),
    (["grid", "--landscape", "xy", "--x", "0:1"], "min:max:count"),
    (["grid", "--landscape", "xy", "--y", "0:1:x"], "not a whole number"),
    (
        ["grid", "--landscape", "xy", "--device", "gpu"],
        'unknown --device "gpu"; choose auto, cpu, cuda or cuda:K',
    ),
    (["compare", "--landscape", "xy", "--with", "cud"], 'unknown --with "cud"'),
    (["grid", "--landscape", "xy", "--precision", "float16"], 'unknown precision "float16"'),
    (["grid", "--landscape", "xy", "--quantities", "lsos"], 'did you mean "loss"?'),
    (["grid", "--landscape", "xy", "--penalty", "l3=1"], 'unknown penalty "l3"'),
    (["grid", "--landscape", "xy", "--penalty", "l2"], "give its strength"),
    (["grid", "--landscape", "xy", "--penalty", "l2=-1"], "must not be negative"),
    (["grid", "--landscape", "xy", "--data", "data.npz"], "leave --data out"),
    (["grid", "--landscape", "xy", "--parameters", "last"], "has no layers"),
    (
        ["grid", "--landscape", "xy", "--directions", "axis:0,7"],
        "there is no parameter 7; they are 0 to 1",
    ),
    (["grid", "--landscape", "xy", "--directions", "axis:1,1"], "two different parameters"),
    (["grid"], "name an objective"),
    (["grid", "--mlp", "3-4-2", "--landscape", "xy"], "exclude each other"),
    (["grid", "--mlp", "3-4-2"], "a network needs data"),
    (["grid", "--mlp", "3-x-2", "--data", "data.npz"], '--mlp 3-x-2: "x" is not a whole number'),
    (["grid", "--mlp", "3", "--data", "data.npz"], "inputs and outputs"),
    (["grid", *NETWORK, "--activation", "tahn"], 'did you mean "tanh"?'),
    (["grid", *NETWORK, "--loss", "cross-entrpy"], 'did you mean "cross-entropy"?'),
    (["grid", *NETWORK, "--objective", "output:2"], "outputs 0 to 1"),
    (["grid", *NETWORK, "--objective", "outptu"], "unknown --objective"),
    (["grid", *NETWORK, "--parameters", "layer:3"], "layers 1 to 2"),
    (["grid", *NETWORK, "--init", "xaviar"], 'did you mean "xavier"?'),
    (["grid", *NETWORK, "--normalize", "filtre"], 'did you mean "filter"?'),
    (["grid", *NETWORK, "--directions", "randon"], 'did you mean "random"?'),
    (["grid", *NETWORK, "--directions", "points:a.npz,b.npz"], "three weight files"),
    (
        ["grid", "--landscape", "xy", "--normalize", "none"],
        "or add --directions random",
    ),
    (
        ["grid", "--landscape", "xy", "--directions", "axis:0", "--normalize", "none"],
        "--normalize is for random directions; leave",
    ),
    (["grid", *NETWORK, "--samples", "21"], "20"),
    (["grid", *NETWORK, "--samples", "0"], "0"),
    (["grid", *NETWORK, "--features", "rbf"], "give the number of units"),
    (["grid", *NETWORK, "--features", "tahn:3"], 'unknown kind "tahn"'),
    (["grid", *NETWORK, "--features", "relu:3:1"], "only rbf takes a width"),
    (["grid", "--landscape", "xy", "--features", "rbf:3"], "leave --features out"),
    (["grid", *NETWORK, "--model-seed", "3"], "leave --model-seed out"),
    (["grid", *NETWORK, "--dropout", "1"], "below 1"),
    (["grid", *NETWORK, "--dropout", "half"], "--dropout"),
    (["grid", "--mlp", "3-2", "--data", "data.npz", "--dropout", "0.5"], "none"),
    (["grid", "--landscape", "xy", "--dropout", "0.5"], "hidden layers of an --mlp"),
    (["grid", "--model", "n.onnx", "--data", "data.npz", "--dropout", "0.5"], "of an --mlp"),
    (["segments", *NETWORK, "--twin", "permute", "--dropout", "0.5"], "without dropout"),
    (["train", *NETWORK, "--iterations", "-3"], "--iterations"),
    (["train", *NETWORK, "--tolerance", "nan"], "--tolerance"),
    (["convexify", *NETWORK, "--tolerance", "inf"], "--tolerance"),
    (["convexify", *NETWORK, "--points", "0"], "--points"),
    (["convexify", *NETWORK, "--starts", "99999999999999999999"], "is more than"),
    (["grid", *NETWORK, "--residual"], "of 3-4-2 is as wide"),
    (["convexify", *NETWORK, "--residual"], "leave --residual out"),
    (["grid", *NETWORK, "--seed", "-1"], "--seed"),
    (["grid", *NETWORK, "--alpha", "nan"], "--alpha"),
    (["grid", *NETWORK, "--penalty", "l2=1", "--penalty-center", "normal:-1"], "must be positive"),
    (["grid", *NETWORK, "--x="], "--x: its value is empty"),
    (["grid", *NETWORK, "--x=", "--y", "0:1:3"], "--x: its value is empty"),
    (["grid", *NETWORK, "--penalty="], "--penalty: its value is empty"),
    (["grid", *NETWORK, "--output", ""], "--output: its value is empty"),
    (["grid", *NETWORK, "--loss", ""], "--loss: its value is empty"),
    (["grid", *NETWORK, "--quantities", ""], "--quantities: its value is empty"),
    (["grid", "--landscape", "xy", "--samples", "3"], "leave --samples out"),
    (["grid", "--landscape", "xy", "--loss", "mse"], "leave --loss out"),
    (["grid", "--landscape", "xy", "--objective", "loss"], "leave --objective out"),
    (["grid", "--landscape", "xy", "--activation", "relu"], "leave --activation out"),
    (["grid", "--landscape", "xy", "--alpha", "1"], "leave --alpha out"),
    (["grid", "--landscape", "xy", "--no-bias"], "leave --no-bias out"),
    (["grid", "--landscape", "xy", "--residual"], "leave --residual out"),
    (["train", "--landscape", "xy", "--init", "zero"], "leave --init out"),
    (["grid", *NETWORK, "--alpha", "0.1"], "leaky-relu and elu have; leave --alpha out"),
    (["grid", *NETWORK, "--init", "he", "--weights", "w.npz"], "leave --init out"),
    (["grid", *NETWORK, "--objective", "output:1", "--loss", "mse"], "leave --loss out"),
    (["grid", *MODEL, "--activation", "relu"], "leave --activation out"),
    (["grid", *MODEL, "--no-bias"], "leave --no-bias out"),
    (["grid", *MODEL, "--residual"], "leave --residual out"),
    (["grid", *MODEL, "--init", "he"], "leave --init out"),
    (["grid", *NETWORK, "--directions", "eigen", "--normalize", "layer"], "random directions"),
    (["grid", *NETWORK, "--eigensolver", "lanczos"], "--eigensolver: none of the --quantities"),
    (
        [*WIDE, "negative_count"],
        "negative_count: needs the whole Hessian of 81602 parameters, 49.6",
    ),
    ([*WIDE, "trace"], "scan fewer with --parameters, or form it with --eigensolver cusolver"),
    (LANCZOS, "negative_count: needs the whole Hessian of 26 parameters; --eigensolver cusolver"),
    # Without a note before it: nothing is worth saying about what is refused.
    ([*WIDE, "trace", "--precision", "float32"], "needs the whole Hessian"),
    ([*SINGLE, "--normalize", "foo"], 'unknown --normalize "foo"'),
    ([*SINGLE, "--output", "a.png"], "writes .nc"),
    (["train", *NETWORK, "--every", "3"], "--every is for --checkpoints"),
    (["grid", *NETWORK, "--output", "a.png"], "writes .nc; convexscan-plot draws pictures"),
    (["grid", *NETWORK, "--output", "a"], "writes .nc"),
    (["segments", *NETWORK, "--twin", "flip", "--output", "a.txt"], "convexscan export writes"),
    (["train", *NETWORK, "--output", "a.txt"], "writes .npz"),
    (["train", *NETWORK, "--iterations", "0"], '"0" is not a whole number of at least 1'),
    (["train", *NETWORK, "--iterations", "many"], '--iterations: "many" is not a whole number'),
    (["train", *NETWORK, "--iterations", "99999999999"], "is more than 2147483647"),
    (["train", *NETWORK, "--tolerance", "-1"], '--tolerance: "-1" is not a number of at least 0'),
    (["train", *NETWORK, "--tolerance", "x"], '--tolerance: "x" is not a number'),
    (["segments", *NETWORK, "--region", "box:1", "--count", "x"], '--count: "x" is not a whole'),
    (["segments", *NETWORK, "--region", "box:1", "--confidence", "x"], '"x" is not a number'),
    (["grid", *NETWORK, "--samples", "1.5"], '--samples: "1.5" is not a whole number'),
    (["grid", *NETWORK, "--x"], "--x: its value is missing"),
    (["grid", *NETWORK, "--mlp"], "--mlp: its value is missing; see convexscan grid"),
    (["grid", "--data", "data.npz", "--mlp", "--x", "0:1:3"], "--mlp: its value is"),
    (["grid", *NETWORK, "--output", "--quiet"], "--output: its value is missing"),
    (["grid", *NETWORK, "--penalty", "l2=1", "--penalty"], "--penalty: its value is"),
    (["grid", "--mlp", "3-4-2", "--data", "img.idx,"], "img.idx,: the labels are"),
    (["grid", "--mlp", "3-4-2", "--data", ",lab.idx"], ",lab.idx: the images are"),
    (["grid", *NETWORK, "--directions", "points:a.npz,b.npz,"], "three weight files"),
    (["grid", *NETWORK, "--x=-1e999:1:3"], '"-1e999" is beyond the range of a double'),
    (["train", "--mlp", "3-99999999999999999999-2", "--data", "data.npz"], "too large"),
    (["grid", *NETWORK, "--x", "0:1:3", "--x", "0:1:4"], "--x: is given more than once"),
    (["grid", *NETWORK, "--quiet=maybe"], "--quiet: takes no value"),
    (["grid", *NETWORK, "more"], '"more": is one argument too many'),
    (["grid", *NETWORK, "--device", "cuda:x"], '"x" is not a whole number'),
    (["grid", *NETWORK, "--parameters", "foo"], "layer:K"),
    (["grid", *NETWORK, "--parameters", "layer"], "as in layer:1"),
    (["grid", *NETWORK, "--parameters", "first+"], "give a name on each side of +"),
    (["grid", *NETWORK, "--no-bias", "--parameters", "biases"], "the network has no biases"),
    (
        ["grid", *NETWORK, "--parameters", "last", "--directions", "axis:0,25"],
        "parameter 0 is not scanned; choose among the scanned ones (16 to 25), or",
    ),
    (
        ["grid", *NETWORK, "--parameters", "biases", "--directions", "axis:0,25"],
        "parameter 0 is not scanned; choose among the scanned ones (12 to 15, 24 to 25), or",
    ),
    (["grid", *NETWORK, "--directions", "axis:-1,2"], "there is no parameter -1; they are 0 to 25"),
    (["grid", *NETWORK, "--directions", "axis:2,26"], "there is no parameter 26; they are"),
    (["export"], "see convexscan export --help"),
    ([], "say what to do: train, grid"),
    (["grid", *NETWORK, "--directions", "random:3"], "takes nothing after it"),
    (["grid", *NETWORK, "--objective", "output:1", "--quantities", "accuracy"], "accuracy"),
    (["grid", "--landscape", "xy", "--x=-1e308:1e308:5"], "too wide"),
    (["grid", "--landscape", "xy", "--x=1:1.0000000000000002:5"], "too narrow"),
    (["grid", "--landscape", "xy", "--x=-1:1:9223372036854775807"], "at most"),
    (["grid", "--landscape", "xy", "--x=-1:1:99999999999999999999"], "at most"),
    (["grid", "--landscape", "xy", "--x=-1:1:100000"], "points are more than"),
    (["export", "scan.nc"], "--output"),
    (["segments", *NETWORK], "say which segments"),
    (["segments", *NETWORK, "a.npz"], "two ends"),
    (["segments", *NETWORK, "a.npz", "b.npz", "--to", "c.npz"], "not both"),
    (["segments", *NETWORK, "--from", "a.npz"], "--from needs --to"),
    (["segments", *NETWORK, "--twin", "flip", "--region", "box:1"], "exclude each other"),
    (["segments", *NETWORK, "--twin", "permut"], 'did you mean "permute"?'),
    (["segments", *NETWORK, "--twin", "rescale"], "relu, leaky-relu or identity"),
    (["segments", *NETWORK, "--twin", "flip", "--count", "3"], "--count is for --region"),
    (
        ["segments", *NETWORK, "--twin", "flip", "--confidence", "0.9"],
        "--confidence is for --region",
    ),
    (["segments", *NETWORK, "a.npz", "b.npz", "--confidence", "0.9"], "leave it out"),
    (["segments", *NETWORK, "a.npz", "b.npz", "--weights", "c.npz"], "both ends"),
    (["segments", *NETWORK, "--from", "a", "--to", "b", "--init", "he"], "both ends"),
    (["segments", *NETWORK, "--through", "s.nc", "--weights", "c.npz"], "--through has"),
    (["segments", *NETWORK, "--through", "s.nc", "--init", "he"], "leave --init out"),
    (["segments", *NETWORK, "--twin", "flip", "--align"], "--align brings one network"),
    (["segments", *NETWORK, "a.npz", "b.npz", "--aligned", "c.npz"], "add --align"),
    (["segments", *NETWORK, "--twin", "flip", "--through", "scan.nc"], "exclude each other"),
    (["segments", *NETWORK, "--twin", "flip", "--parameters", "last"], "moves every parameter"),
    (["segments", "--landscape", "xy", "--twin", "flip"], "not for a --landscape"),
    (["segments", *NETWORK, "--region", "bx:1"], 'did you mean "box"?'),
    (["segments", *NETWORK, "--region", "ball"], "ball:1"),
    (["segments", *NETWORK, "--region", "ball:0"], "must be positive"),
    (["segments", *NETWORK, "--region", "ball:x"], "not a number"),
    (["segments", *NETWORK, "--region", "ball:1", "--count", "0"], "--count must be positive"),
    (["segments", *NETWORK, "--region", "ball:1", "--points", "2"], "--points"),
    # More than a million GiB, whatever the machine.
    (["segments", *NETWORK, "--region", "ball:1", "--count", "9999999999999"], "--count 99999"),
    (["train", *NETWORK, "--starts", "2147483647"], "--starts 2147483647: needs about"),
    (["segments", *NETWORK, "--region", "ball:1", "--confidence", "95"], "between 0 and 1"),
]


FORMS = {
    "--model": "net.onnx",
    "--mlp": "64-16-10",
    "--weights": "w.npz",
    "--data": "d.npz",
    "--samples": "N",
    "--init": "xavier|he|normal:SD|zero",
    "--loss": "cross-entropy|mse|binary-cross-entropy|huber",
    "--objective": "loss|output:K",
    "--penalty": "l2=V|l2-graded=V|l1=V|lp=P,V",
    "--penalty-center": "c.npz|normal:SD",
    "--parameters": "all|first|last|layer:K|weights|biases",
    "--device": "auto|cpu|cuda[:K]",
    "--precision": "float64|float32",
    "--x": "min:max:count",
    "--directions": "random|eigen|points:a,b,c|trajectory:DIR|file:d.npz|axis:i,j",
    "--normalize": "filter|layer|none",
}
COMMANDS = ["train", "grid", "segments", "convexify", "gallery", "compare", "export", "info"]


def test_help_shows_the_form_of_every_value(run):
    text = run("grid", "--help").stdout.splitlines()
    for option, form in FORMS.items():
        shown = [line for line in text if line.split()[:1] == [option]]
        assert [line.split()[1] for line in shown] == [form]
    axes = [line.split()[1] for line in run("convexify", "--help").stdout.splitlines()
            if line.split()[:1] in (["--x"], ["--y"])]  # fmt: skip
    assert axes == ["min:max", "min:max"]
    everything = "".join(run(command, "--help").stdout for command in COMMANDS)
    for type_of_the_parser in ("TEXT", "INT", "FLOAT", "POSITIVE", "REQUIRED"):
        assert type_of_the_parser not in everything
    assert "(default: xavier)" in everything and "(required)" in everything


@pytest.mark.parametrize("command", ["grid", "convexify", "compare"])
def test_weights_beside_a_plane_that_has_its_own_are_refused(run, data, command):
    np.savez(data / "w.npz", theta=np.ones(26))
    region = ["--region", "plane"] if command == "convexify" else []
    for directions in ("points:w.npz,w.npz,w.npz", "trajectory:steps"):
        call = [command, *NETWORK, *region, "--directions", directions]
        call += ["--with", "cpu"] if command == "compare" else []
        line = complaint(run(*call, "--weights", "w.npz"), 2)
        assert f"--directions {directions.split(':')[0]} has" in line
        assert "leave --weights out" in line
        assert "leave --init out" in complaint(run(*call, "--init", "he"), 2)


@pytest.mark.parametrize(("arguments", "expected"), WRONG_USE, ids=lambda value: str(value)[:60])
def test_wrong_use_is_explained(run, data, arguments, expected):
    assert expected in complaint(run(*arguments), 2)
    assert not (data / "scan.nc").exists()


def test_more_threads_than_can_be_started_are_refused(run):
    environment = os.environ | {"OMP_NUM_THREADS": "100000"}
    line = complaint(run("grid", "--landscape", "xy", env=environment), 2)
    assert "OMP_NUM_THREADS: 100000 threads are more than" in line
