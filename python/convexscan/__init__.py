# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Result files of convexscan as xarray datasets, and pictures of them.

>>> dataset = convexscan.open("scan.nc")
>>> figure = convexscan.plot.plot(dataset)
"""

import importlib

__all__ = ["ResultError", "open", "plot"]


def __getattr__(name):
    """Each when it is used first: numpy, xarray and matplotlib take their time to load."""
    if name == "plot":
        return importlib.import_module("convexscan.plot")
    if name in __all__:
        return getattr(importlib.import_module("convexscan.result"), name)
    raise AttributeError(f"module 'convexscan' has no attribute '{name}'")
