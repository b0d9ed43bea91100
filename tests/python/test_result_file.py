# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Files that the C++ program writes, read by programs that know nothing of it."""

import subprocess

import convexscan
import h5py
import numpy as np
import pytest
import vtk
import xarray as xr
from conftest import built
from vtk.util.numpy_support import vtk_to_numpy


def run(*arguments):
    subprocess.run(
        [built("convexscan"), *map(str, arguments)], check=True, capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def scan(tmp_path_factory):
    """Rosenbrock, five columns and three rows, centred at the origin."""
    path = tmp_path_factory.mktemp("scan") / "scan.nc"
    quantities = "loss,min_eigenvalue,max_eigenvalue,plane_hessian,verdict"
    run("grid", "--landscape", "rosenbrock", "--directions", "axis:0,1",
        "--x", "-2:2:5", "--y", "-1:3:3", "--quantities", quantities, "--output", path)  # fmt: skip
    return path


@pytest.fixture(scope="module")
def exported(scan):
    def export(extension):
        path = scan.with_suffix(extension)
        if not path.exists():
            run("export", scan, "--output", path)
        return path

    return export


def expected_loss(x, y):
    a, b = np.meshgrid(x, y)
    return (1 - a) ** 2 + 100 * (b - a**2) ** 2


def parameters_at(dataset):
    """The parameters of every point, made again from origin and directions."""
    a, b = np.meshgrid(dataset["x"], dataset["y"])
    direction = dataset["direction"].values
    return dataset["origin"].values + a[..., None] * direction[0] + b[..., None] * direction[1]


def test_xarray_opens_the_result_and_any_point_can_be_made_again(scan):
    with xr.open_dataset(scan) as dataset:
        assert dataset["loss"].dims == ("y", "x")
        assert dataset["loss"].shape == (3, 5)
        theta = parameters_at(dataset)
        again = (1 - theta[..., 0]) ** 2 + 100 * (theta[..., 1] - theta[..., 0] ** 2) ** 2
        np.testing.assert_allclose(dataset["loss"], again, rtol=1e-12, atol=1e-12)
        assert dataset["verdict"].dtype == np.int8
        assert dataset["verdict"].attrs["flag_meanings"] == "undecided locally_convex not_convex"
        assert dataset["plane_hessian"].dims == ("y", "x", "plane_component")
        assert dataset.attrs["Conventions"] == "CF-1.10"
        for name in (
            "command_line",
            "version",
            "device",
            "precision",
            "seed",
            "elapsed_seconds",
        ):
            assert name in dataset.attrs
        for variable in dataset.data_vars.values():
            assert "long_name" in variable.attrs
            assert "_FillValue" not in variable.encoding


def test_paraviews_reader_opens_the_vtk_file(scan, exported):
    reader = vtk.vtkRectilinearGridReader()
    reader.SetFileName(str(exported(".vtk")))
    reader.ReadAllScalarsOn()
    reader.Update()
    grid = reader.GetOutput()
    assert grid.GetDimensions() == (5, 3, 1)
    loss = vtk_to_numpy(grid.GetPointData().GetArray("loss")).reshape(3, 5)
    np.testing.assert_array_equal(loss, convexscan.open(scan)["loss"].values)


def test_h5py_sees_what_the_loss_landscape_scripts_read(scan, exported):
    dataset = convexscan.open(scan)
    with h5py.File(exported(".h5")) as file:
        assert {"dir_file", "xcoordinates", "ycoordinates", "train_loss"} <= file.keys()
        np.testing.assert_array_equal(file["xcoordinates"], dataset["x"])
        np.testing.assert_array_equal(file["train_loss"], dataset["loss"])
        np.testing.assert_array_equal(file["min_eig"], dataset["min_eigenvalue"])
        assert file["dir_file"].shape == ()


def test_numpy_opens_the_npz_file(scan, exported):
    dataset = convexscan.open(scan)
    with np.load(exported(".npz")) as arrays:
        np.testing.assert_array_equal(arrays["loss"], dataset["loss"])
        np.testing.assert_array_equal(arrays["direction"], dataset["direction"])


def test_numpy_reads_the_csv_file(scan, exported):
    dataset = convexscan.open(scan)
    table = np.genfromtxt(exported(".csv"), delimiter=",", names=True)
    np.testing.assert_array_equal(table["loss"].reshape(3, 5), dataset["loss"])
    np.testing.assert_array_equal(table["x"][:5], dataset["x"])


def test_the_result_can_be_drawn(scan, tmp_path):
    for name in ("picture.png", "page.html"):
        assert convexscan.plot.main([str(scan), "-o", str(tmp_path / name)]) == 0
