# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Objectives as the command line names them, at one point, against NumPy."""

import numpy as np
import pytest
import xarray
from network import cross_entropy, outputs
from scipy.stats import chi2

WIDTHS = [3, 4, 2]
HERE = ["--x", "0:0:1", "--y", "0:0:1"]

# Two float64 evaluations of numbers of order one, by sums of at most 26 terms.
ROUNDING = 100 * np.finfo(float).eps


@pytest.fixture
def theta(data):
    random = np.random.default_rng(4)
    theta = random.normal(size=26)
    np.savez(data / "w.npz", theta=theta)
    np.savez(data / "c.npz", theta=random.normal(size=26))
    x = np.load(data / "data.npz")["x"]
    np.savez(data / "real.npz", x=x, y=2 * random.normal(size=(20, 2)))
    np.savez(data / "bits.npz", x=x, y=random.integers(0, 2, (20, 2)))
    return theta


@pytest.fixture
def scanned(run, data):
    def call(*arguments, data_file="data.npz", quantities="loss"):
        network = ["--mlp", "3-4-2", "--data", data_file, "--weights", "w.npz", *HERE]
        chosen = ["--quantities", quantities, "--overwrite"]
        result = run("grid", *network, *arguments, *chosen)
        assert result.returncode == 0, result.stderr
        with xarray.open_dataset(data / "scan.nc") as opened:
            return opened.load()

    return call


def huber(d):
    return np.where(np.abs(d) <= 1, d * d / 2, np.abs(d) - 0.5)


LOSSES = {
    "mse": ("real.npz", lambda z, y: np.mean((z - y) ** 2)),
    "huber": ("real.npz", lambda z, y: np.mean(huber(z - y))),
    "binary-cross-entropy": (
        "bits.npz",
        lambda z, y: np.mean(np.log1p(np.exp(z)) - y * z),
    ),
    "cross-entropy": (
        "data.npz",
        lambda z, y: np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(20), y]),
    ),
}


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_is_torchs(scanned, theta, data, name):
    file, loss = LOSSES[name]
    samples = np.load(data / file)
    expected = loss(outputs(WIDTHS, theta, samples["x"]), samples["y"])
    found = scanned("--loss", name, data_file=file).loss.item()
    assert abs(found - expected) <= ROUNDING * (1 + expected)


def test_one_output_is_its_mean_over_the_samples(scanned, theta, data):
    means = outputs(WIDTHS, theta, np.load(data / "data.npz")["x"]).mean(axis=0)
    for k in (0, 1):
        found = scanned("--objective", f"output:{k}").loss.item()
        assert abs(found - means[k]) <= ROUNDING * (1 + abs(means[k]))


POWERS = 0.9 ** np.arange(1, 27)
PENALTIES = {
    ("l2=0.3",): lambda d: 0.3 * np.sum(d**2),
    ("l2-graded=0.9",): lambda d: np.sum(POWERS * d**2),
    ("l1=0.2",): lambda d: 0.2 * np.sum(np.abs(d)),
    ("lp=0.5,0.1",): lambda d: 0.1 * np.sum(np.sqrt(np.abs(d))),
    ("l1=0.2", "l2=0.3"): lambda d: 0.2 * np.sum(np.abs(d)) + 0.3 * np.sum(d**2),
}


@pytest.mark.parametrize("terms", PENALTIES)
def test_every_penalty_is_added_whole_around_its_centre(scanned, theta, data, terms):
    plain = scanned().loss.item()
    options = [word for term in terms for word in ("--penalty", term)]
    centre = np.load(data / "c.npz")["theta"]
    for arguments, d in (([], theta), (["--penalty-center", "c.npz"], theta - centre)):
        # The scanned parameters are no matter: every one is penalised.
        for subset in ("all", "last"):
            found = scanned(*options, *arguments, "--parameters", subset).loss.item()
            expected = plain + PENALTIES[terms](d)
            assert abs(found - expected) <= ROUNDING * (1 + expected)


def test_a_random_centre_is_normal_and_its_seed_fixes_it(scanned, data):
    """At zero weights the penalty is ‖c‖²: σ² times chi-square with 26 degrees of freedom, whose
    limits are passed once in 10⁹."""
    np.savez(data / "w.npz", theta=np.zeros(26))
    plain = scanned("--normalize", "none").loss.item()
    at = ["--normalize", "none", "--penalty", "l2=1", "--penalty-center", "normal:0.5", "--seed"]
    first, again, other = (scanned(*at, seed).loss.item() - plain for seed in (1, 1, 2))
    assert first == again != other
    low, high = 0.25 * chi2.ppf([1e-9, 1 - 1e-9], 26)
    assert low <= first <= high and low <= other <= high


SUBSETS = {
    "all": range(26),
    "first": range(16),
    "layer:1": range(16),
    "last": range(16, 26),
    "weights": [*range(12), *range(16, 24)],
    "biases": [*range(12, 16), *range(24, 26)],
    "layer:1+biases": [*range(16), 24, 25],
}


@pytest.mark.parametrize("name", SUBSETS)
def test_directions_and_gradients_keep_to_the_parameters_that_are_scanned(
    scanned, theta, data, name
):
    inside = np.isin(np.arange(26), list(SUBSETS[name]))
    scan = scanned("--parameters", name, quantities="loss,gradient_norm")
    assert ((scan.direction.values != 0) == inside).all()
    samples = np.load(data / "data.npz")

    def slope(i, h=1e-3):
        """Of fourth order: h⁴ times a fifth derivative of some tens, and ε/h of rounding, are
        below 1e-10."""
        moved = [theta + k * h * np.eye(26)[i] for k in (-2, -1, 1, 2)]
        f = [cross_entropy(WIDTHS, at, samples["x"], samples["y"]) for at in moved]
        return (f[0] - f[3] + 8 * (f[2] - f[1])) / (12 * h)

    norm = np.linalg.norm([slope(i) for i in SUBSETS[name]])
    assert abs(scan.gradient_norm.item() - norm) <= 26 * 1e-10
