# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Writes networks as PyTorch exports them, with data and PyTorch's own loss in float64.

    /usr/bin/python3 tests/python/export_torch.py [FOLDER]      (Debian: python3-torch)

Each NAME.npz holds x, y, the loss and, for load_weights, the parameters in PyTorch's order.
"""

import copy
import pathlib
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional

SAMPLES = 17


class MatMulAdd(nn.Module):
    """x·W + b with W stored as inputs × outputs."""

    def __init__(self, *widths):
        super().__init__()
        pairs = list(zip(widths[:-1], widths[1:], strict=True))
        self.w = nn.ParameterList([nn.Parameter(0.5 * torch.randn(i, o)) for i, o in pairs])
        self.b = nn.ParameterList([nn.Parameter(torch.randn(o)) for _, o in pairs])

    def forward(self, x):
        for layer, (w, b) in enumerate(zip(self.w, self.b, strict=True)):
            x = b + torch.matmul(x, w) if layer % 2 else torch.matmul(x, w) + b
            if layer + 1 < len(self.w):
                x = torch.tanh(x)
        return x


class Residual(nn.Module):
    """Additions after the activation, before it, and across two layers."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(5, 7), nn.Linear(7, 7), nn.Linear(7, 7)
        self.d, self.e, self.f = nn.Linear(7, 7), nn.Linear(7, 7), nn.Linear(7, 3)

    def forward(self, x):
        h = torch.tanh(self.a(x))
        h = h + torch.tanh(self.b(h))
        h = functional.gelu(self.c(h) + h)
        h = h + self.e(torch.sigmoid(self.d(h)))
        return self.f(h)


class Viewed(nn.Module):
    """Images, flattened by the sizes of the input as older code does."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(12, 6), nn.Linear(6, 3)

    def forward(self, x):
        x = x.view(x.size(0), -1)
        return self.b(torch.sin(self.a(x)))


class Squeezed(nn.Module):
    """One output without its column, the way binary classifiers are often written."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(5, 6), nn.Linear(6, 1)

    def forward(self, x):
        return torch.sigmoid(self.b(torch.relu(self.a(x))).squeeze(1))


class Probabilities(nn.Module):
    """The loss is taken on what comes before the last activation, for its precision."""

    def __init__(self, net, final):
        super().__init__()
        self.net, self.final = net, final

    def forward(self, x):
        return self.final(self.net(x))


def chain(activation, widths=(5, 8, 6, 3), bias=True):
    layers = []
    for inputs, outputs in zip(widths[:-1], widths[1:], strict=True):
        layers += [nn.Linear(inputs, outputs, bias=bias), copy.deepcopy(activation)]
    return nn.Sequential(*layers[:-1])


def equal_biases():
    """Zero biases of equal width: the exporter stores them once."""
    net = chain(nn.ReLU(), (5, 6, 6, 3))
    for layer in (net[0], net[2]):
        nn.init.zeros_(layer.bias)
    return net


def cases():
    classes = ("cross-entropy", (3,))
    yield "relu", chain(nn.ReLU()), *classes
    yield "tanh-no-bias", chain(nn.Tanh(), bias=False), "mse", (3,)
    yield "tanh-matmul-add", MatMulAdd(5, 6, 4, 2), "huber", (2,)
    yield "leaky-relu", chain(nn.LeakyReLU(0.2)), *classes
    yield "elu", chain(nn.ELU(0.7)), *classes
    yield "gelu", chain(nn.GELU()), *classes
    yield "gelu-tanh", chain(nn.GELU(approximate="tanh")), *classes
    yield "silu", chain(nn.SiLU()), *classes
    yield "softplus", chain(nn.Softplus()), *classes
    yield "residual", Residual(), *classes
    yield "view", Viewed(), *classes
    yield "equal-biases", equal_biases(), *classes
    yield "softmax", Probabilities(chain(nn.ReLU()), nn.Softmax(1)), *classes
    yield "log-softmax", Probabilities(chain(nn.Sigmoid()), nn.LogSoftmax(-1)), *classes
    yield "sigmoid", Squeezed(), "binary-cross-entropy", (1,)


def targets(loss, shape, generator):
    if loss == "cross-entropy":
        return generator.integers(0, shape[0], SAMPLES)
    if loss == "binary-cross-entropy":
        return generator.integers(0, 2, SAMPLES)
    return generator.normal(size=(SAMPLES, *shape))


def torch_loss(net, loss, x, y):
    out = net.double()(torch.from_numpy(x))
    if loss == "cross-entropy":
        if isinstance(getattr(net, "final", None), nn.Softmax):
            out = torch.log(out)
        if isinstance(net, Probabilities):
            return functional.nll_loss(out, torch.from_numpy(y))
        return functional.cross_entropy(out, torch.from_numpy(y))
    goal = torch.from_numpy(y.astype(np.float64))
    if loss == "binary-cross-entropy":
        return functional.binary_cross_entropy(out, goal)
    return {"mse": functional.mse_loss, "huber": functional.huber_loss}[loss](out, goal)


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "tests/data")
    folder.mkdir(parents=True, exist_ok=True)
    for seed, (name, net, loss, shape) in enumerate(cases()):
        torch.manual_seed(seed)
        for parameter in net.parameters():
            if parameter.abs().max() > 0:
                nn.init.normal_(parameter, std=0.5)
        generator = np.random.default_rng(seed)
        features = (1, 3, 4) if name == "view" else (5,)
        x = generator.normal(size=(SAMPLES, *features))
        y = targets(loss, shape, generator)
        net.eval()
        torch.onnx.export(
            net,
            torch.from_numpy(x[:2]).float(),
            str(folder / f"torch-{name}.onnx"),
            input_names=["x"],
            output_names=["out"],
            dynamic_axes={"x": {0: "n"}, "out": {0: "n"}},
            opset_version=14,
        )
        parameters = [p.detach().numpy().astype(np.float64) for p in net.parameters()]
        value = torch_loss(net, loss, x, y).item()
        keys = {f"parameter_{i:02d}": p for i, p in enumerate(parameters)}
        np.savez(folder / f"torch-{name}.npz", x=x, y=y, loss=value, **keys)
        print(f"torch-{name}: {loss} {value:.17g}")


if __name__ == "__main__":
    main()
