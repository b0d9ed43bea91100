# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Writes a network the way torch.onnx.export(..., dynamo=True) does, without needing PyTorch: IR
version 10, opset 20, parameters under their PyTorch names, metadata on the nodes, and weights in a
file of their own beside the model.

    pip install onnx
    python tests/python/export_dynamo_style.py [FOLDER]
"""

import math
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def network(generator):
    shapes = {
        "fc1.weight": (7, 5),
        "fc1.bias": (7,),
        "fc2.weight": (7, 7),
        "fc2.bias": (7,),
        "fc3.weight": (3, 7),
        "fc3.bias": (3,),
    }
    return {
        name: generator.normal(scale=0.6, size=shape).astype(np.float32)
        for name, shape in shapes.items()
    }


def graph(weights):
    def linear(layer, x, out):
        return helper.make_node(
            "Gemm",
            [x, f"fc{layer}.weight", f"fc{layer}.bias"],
            [out],
            name=f"node_linear_{layer}",
            alpha=1.0,
            beta=1.0,
            transA=0,
            transB=1,
        )

    nodes = [
        linear(1, "x", "linear"),
        helper.make_node("Gelu", ["linear"], ["gelu"], name="node_gelu", approximate="none"),
        linear(2, "gelu", "linear_1"),
        helper.make_node("Sigmoid", ["linear_1"], ["val_0"], name="node_Sigmoid_2"),
        helper.make_node("Mul", ["linear_1", "val_0"], ["silu"], name="node_silu"),
        helper.make_node("Add", ["gelu", "silu"], ["add"], name="node_add"),
        linear(3, "add", "linear_2"),
    ]
    for node in nodes:
        entry = node.metadata_props.add()
        entry.key, entry.value = "namespace", f": net.Net/{node.name}"
    return helper.make_graph(
        nodes,
        "main_graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 5])],
        [helper.make_tensor_value_info("linear_2", TensorProto.FLOAT, ["batch", 3])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )


def loss(weights, x, y):
    w = {name: value.astype(np.float64) for name, value in weights.items()}
    erf = np.vectorize(math.erf)
    z = x @ w["fc1.weight"].T + w["fc1.bias"]
    gelu = 0.5 * z * (1 + erf(z / math.sqrt(2)))
    z = gelu @ w["fc2.weight"].T + w["fc2.bias"]
    z = (gelu + z / (1 + np.exp(-z))) @ w["fc3.weight"].T + w["fc3.bias"]
    return np.mean(np.log(np.sum(np.exp(z), axis=1)) - z[np.arange(len(y)), y])


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "tests/data")
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(3)
    weights = network(generator)
    x, y = generator.normal(size=(17, 5)), generator.integers(0, 3, 17)
    model = helper.make_model(
        graph(weights),
        opset_imports=[helper.make_opsetid("", 20)],
        producer_name="pytorch",
        ir_version=10,
    )
    onnx.checker.check_model(model)
    name = folder / "dynamo.onnx"
    (folder / "dynamo.onnx.data").unlink(missing_ok=True)
    onnx.save(
        model,
        name,
        save_as_external_data=True,
        all_tensors_to_one_file=True,
        location="dynamo.onnx.data",
        size_threshold=0,
    )
    np.savez(folder / "dynamo.npz", x=x, y=y, loss=loss(weights, x, y))


if __name__ == "__main__":
    main()
