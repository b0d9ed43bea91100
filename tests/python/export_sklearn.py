# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Writes networks as skl2onnx exports them from scikit-learn, with data and scikit-learn's own
loss, evaluated in float64 with the float32 weights of the file.

    pip install scikit-learn skl2onnx
    python tests/python/export_sklearn.py [FOLDER]
"""

import pathlib
import sys
import warnings

import numpy as np
import onnx
from skl2onnx import to_onnx
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.neural_network import MLPClassifier, MLPRegressor


def rounded(model):
    """The same model with the weights that fit into the file's float32."""
    for name in ("coef_", "intercept_"):
        if hasattr(model, name):
            value = getattr(model, name)
            setattr(model, name, np.float64(np.float32(value)))
    for name in ("coefs_", "intercepts_"):
        if hasattr(model, name):
            setattr(model, name, [np.float64(np.float32(w)) for w in getattr(model, name)])
    return model


def cases(x, generator):
    three = generator.integers(0, 3, len(x))
    two = (x[:, 0] + 0.3 * generator.normal(size=len(x)) > 0).astype(int)
    real = x @ generator.normal(size=(4, 2)) + 0.1 * generator.normal(size=(len(x), 2))
    settings = {"max_iter": 40, "random_state": 0}
    yield "mlp-classifier", MLPClassifier((6, 5), activation="relu", **settings), three
    yield "mlp-binary", MLPClassifier((5,), activation="tanh", **settings), two
    yield (
        "mlp-regressor",
        MLPRegressor(hidden_layer_sizes=(5,), activation="logistic", **settings),
        real,
    )
    yield (
        "mlp-regressor-one",
        MLPRegressor(hidden_layer_sizes=(5, 4), **settings),
        real[:, 0],
    )
    yield "logistic", LogisticRegression(), three
    yield "logistic-binary", LogisticRegression(), two
    yield "linear", LinearRegression(), real


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "tests/data")
    folder.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")  # so few steps do not converge, and need not
    generator = np.random.default_rng(0)
    x = np.float64(np.float32(generator.normal(size=(40, 4))))
    for name, model, y in cases(x, generator):
        model.fit(x, y)
        file = to_onnx(model, np.float32(x[:1]), options={}, target_opset={"": 17, "ai.onnx.ml": 3})
        onnx.save(file, folder / f"sklearn-{name}.onnx")
        rounded(model)
        if hasattr(model, "predict_proba"):
            value = log_loss(y, model.predict_proba(x))
        else:
            value = mean_squared_error(y, model.predict(x))
        np.savez(folder / f"sklearn-{name}.npz", x=x, y=y, loss=value)
        print(f"sklearn-{name}: {value:.17g}")


if __name__ == "__main__":
    main()
