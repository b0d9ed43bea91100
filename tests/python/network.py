# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""A multilayer perceptron in NumPy, written from torch.nn's definitions: the tests' own witness."""

import math

import numpy as np

SQRT2 = math.sqrt(2.0)

ACTIVATIONS = {
    "identity": lambda z: z,
    "relu": lambda z: np.maximum(z, 0),
    "leaky-relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "elu": lambda z: np.where(z > 0, z, np.expm1(z)),
    "gelu": lambda z: z * (1 + np.vectorize(math.erf)(z / SQRT2)) / 2,
    "gelu-tanh": lambda z: z / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))),
    "silu": lambda z: z / (1 + np.exp(-z)),
    "softplus": lambda z: np.log1p(np.exp(z)),
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "sin": np.sin,
}


def parts(widths, theta):
    """(W, b) of every layer, in PyTorch's order: W (outputs, inputs), then b (outputs)."""
    layers, at = [], 0
    for inputs, outputs in zip(widths, widths[1:], strict=False):
        weights = theta[at : at + inputs * outputs].reshape(outputs, inputs)
        at += inputs * outputs
        layers.append((weights, theta[at : at + outputs]))
        at += outputs
    assert at == len(theta)
    return layers


def outputs(widths, theta, x, activation="tanh"):
    """The network's outputs (samples, outputs), without an activation on the last layer."""
    layers = parts(widths, np.asarray(theta))
    for k, (weights, bias) in enumerate(layers):
        x = x @ weights.T + bias
        if k + 1 < len(layers):
            x = ACTIVATIONS[activation](x)
    return x


def cross_entropy(widths, theta, x, y, activation="tanh"):
    """The mean over samples of -log softmax(z)[label]."""
    z = outputs(widths, theta, x, activation)
    largest = z.max(axis=1, keepdims=True)
    logs = (largest + np.log(np.exp(z - largest).sum(axis=1, keepdims=True)))[:, 0]
    return float(np.mean(logs - z[np.arange(len(y)), y]))
