# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Result files: opening them, and the maps they hold."""

import difflib
import os

import numpy as np
import xarray as xr


class ResultError(Exception):
    """Something the user can put right, in one line."""


def open(path):  # noqa: A001
    """A result as an xarray.Dataset, in memory; the file is closed again."""
    path = os.fspath(path)
    require_file(path)
    try:
        # An absolute path is never taken for a network address.
        with xr.open_dataset(os.path.abspath(path)) as dataset:
            dataset = dataset.load()
    except PermissionError:
        raise ResultError(f"{path}: cannot be read (permission denied)") from None
    except UnicodeEncodeError:
        raise ResultError(
            f"{path!a}: its name is not UTF-8, which netCDF4 needs; rename the file"
        ) from None
    except Exception:  # each engine has its own exceptions for what is not its format
        raise ResultError(
            f"{path}: is damaged or not a netCDF file; give a result of convexscan grid"
        ) from None
    dataset.encoding["source"] = path
    if holds_segments(dataset):
        require_increasing(path, dataset, "t")
        return dataset
    if holds_convexify(dataset):
        return dataset
    if "x" not in dataset.coords or "y" not in dataset.coords:
        raise ResultError(f"{path}: is not a grid: it has no coordinates x and y")
    require_increasing(path, dataset, "x")
    require_increasing(path, dataset, "y")
    if not maps(dataset):
        raise ResultError(f"{path}: holds no map to draw")
    return dataset


def require_increasing(path, dataset, name):
    """Refuses coordinates that are no axis."""
    values = dataset[name].values
    numbers = values.ndim == 1 and values.size > 0 and values.dtype.kind in "iuf"
    if not numbers or not np.isfinite(values).all() or (np.diff(values) <= 0).any():
        raise ResultError(f"{path}: the coordinates {name} are not finite numbers that increase")


def require_file(path):
    """Refuses what cannot be read as a file: a pipe may never begin, a device never end."""
    if not os.path.exists(path):
        raise ResultError(f"{path}: no such file")
    if os.path.isdir(path):
        raise ResultError(f"{path}: is a folder; give a result file")
    if not os.path.isfile(path):
        raise ResultError(f"{path}: is a device or a pipe; save what it gives in a file")


def holds_segments(dataset):
    """Whether this is a result of convexscan segments, not of convexscan grid."""
    return "t" in dataset.coords and "segment" in dataset.sizes


def holds_convexify(dataset):
    """Whether this is a result of convexscan convexify."""
    return "lambda" in dataset and "level" in dataset.sizes


def maps(dataset):
    """Every map (y, x) under its name: variables, components of variables, and the ratio
    |smallest / largest eigenvalue| where both are there."""
    found = {}
    for name, variable in dataset.data_vars.items():
        if not {"y", "x"} <= set(variable.dims) or "parameter" in variable.dims:
            continue
        if variable.dtype.kind not in "biuf":  # text, as from another program
            continue
        others = [dimension for dimension in variable.dims if dimension not in ("y", "x")]
        variable = variable.transpose(*others, "y", "x")
        if not others:
            found[name] = variable
        elif len(others) == 1:
            labels = _component_labels(variable, others[0])
            for index, label in enumerate(labels):
                part = variable[index].drop_vars(others[0], errors="ignore")
                part.attrs = dict(variable.attrs)
                part.attrs["long_name"] = f"{variable.attrs.get('long_name', name)} ({label})"
                found[f"{name}_{label.split()[-1]}"] = part
    if {"min_eigenvalue", "max_eigenvalue"} <= found.keys():
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = abs(found["min_eigenvalue"] / found["max_eigenvalue"])
        ratio.attrs = {"long_name": "|smallest / largest eigenvalue of the Hessian|", "units": "1"}
        found["eigenvalue_ratio"] = ratio
    return found


def _component_labels(variable, dimension):
    named = str(variable.attrs.get("components", "")).split()
    if len(named) == variable.sizes[dimension]:
        return named
    if dimension in variable.coords:
        return [f"{dimension} {value}" for value in variable[dimension].values]
    return [f"{dimension} {index + 1}" for index in range(variable.sizes[dimension])]


def choose(dataset, wanted):
    """Names of the maps that are wanted; a variable of several components means all of
    them that are somewhere finite, as layers that were not scanned are not.
    With nothing wanted: the loss, even where it is nowhere finite, and what says most about its
    convexity."""
    found = maps(dataset)
    if not wanted:
        telling = ["loss", "min_eigenvalue", "verdict", "kink_mass", "convexity_gap"]
        names = [name for name in telling if name in found and _drawable(name, found[name])]
        if "convexity_gap" in names and not _has_gap(found["convexity_gap"]):
            names.remove("convexity_gap")  # a surface that is its own envelope has no map of it
        if "kink_mass" in names and not np.nanmin(found["kink_mass"].values) < 0:
            names.remove("kink_mass")  # no slope drops
        names = names or [name for name in found if _drawable(name, found[name])][:1]
        if not names:
            raise ResultError("no value is finite: there is nothing to draw")
        return names
    names = []
    for name in wanted:
        parts = [name] if name in found else _parts(found, dataset, name)
        if not parts and name in dataset.data_vars and "parameter" in dataset[name].dims:
            raise ResultError(f"{name}: is a vector at every point, which is not drawn as a map")
        if not parts:
            wholes = [whole for whole in dataset.data_vars if _parts(found, dataset, whole)]
            near = difflib.get_close_matches(name, [*found, *wholes], n=1)
            advice = f'did you mean "{near[0]}"?' if near else f"there is {', '.join(found)}"
            raise ResultError(f'no quantity "{name}"; {advice}')
        parts = [part for part in parts if _drawable(part, found[part])]
        if not parts:
            raise ResultError(f"{name}: no value is finite: there is nothing to draw")
        if name == "convexity_gap" and np.isinf(found[name].attrs.get("least_real", 0)):
            raise ResultError(f"{name}: is unknown, as the losses' rounding has no bound")
        names += parts
    return names


def _has_gap(array):
    return np.nanmax(array.values) > array.attrs.get("least_real", 0)


def _parts(found, dataset, name):
    if name not in dataset.data_vars:
        return []
    return [part for part in found if part.rpartition("_")[0] == name]


def _drawable(name, array):
    return name == "loss" or bool(np.isfinite(array.values.astype(float)).any())
