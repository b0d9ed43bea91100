# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Writes networks as PyTorch's newer exporter (torch.onnx.export(..., dynamo=True)) does, with data
and PyTorch's own loss in float64.

    pip install torch onnxscript
    python tests/python/export_dynamo.py [FOLDER]

The networks are some of export_torch.py's, and one whose weights are large enough to go into a file
of their own beside the model. Stack traces, which hold this machine's paths, are taken out.
"""

import pathlib
import sys

import export_torch
import numpy as np
import onnx
import torch
from torch import nn

CHOSEN = ("tanh-matmul-add", "silu", "softplus", "residual", "view", "log-softmax", "sigmoid")


def cases():
    for name, net, loss, shape in export_torch.cases():
        if name in CHOSEN:
            yield name, net, loss, shape
    yield "external", export_torch.chain(nn.GELU(), (5, 24, 24, 3)), "cross-entropy", (3,)


def strip_paths(path):
    model = onnx.load(path, load_external_data=False)
    for node in model.graph.node:
        kept = [entry for entry in node.metadata_props if "stack_trace" not in entry.key]
        del node.metadata_props[:]
        node.metadata_props.extend(kept)
    onnx.save(model, path)


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "tests/data")
    folder.mkdir(parents=True, exist_ok=True)
    for seed, (name, net, loss, shape) in enumerate(cases()):
        generator = np.random.default_rng(seed)
        for parameter in net.parameters():
            values = 0.5 * generator.normal(size=tuple(parameter.shape))
            parameter.data = torch.from_numpy(values).float()
        x = generator.normal(size=(export_torch.SAMPLES, *((1, 3, 4) if name == "view" else (5,))))
        y = export_torch.targets(loss, shape, generator)
        net.eval()
        path = folder / f"dynamo-{name}.onnx"
        torch.onnx.export(
            net,
            (torch.from_numpy(x[:2]).float(),),
            str(path),
            input_names=["x"],
            output_names=["out"],
            dynamic_shapes=({0: torch.export.Dim("n")},),
            external_data=name == "external",
            dynamo=True,
        )
        strip_paths(path)
        value = export_torch.torch_loss(net, loss, x, y).item()
        np.savez(folder / f"dynamo-{name}.npz", x=x, y=y, loss=value)
        print(f"dynamo-{name}: {loss} {value:.17g}")


if __name__ == "__main__":
    main()
