# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Result files of convexscan as xarray datasets, and pictures of them.

>>> dataset = convexscan.open("scan.nc")
>>> figure = convexscan.plot.plot(dataset)
"""

import importlib

from convexscan.result import ResultError, open  # noqa: A004 (as in gzip.open)

__all__ = ["ResultError", "open", "plot"]


def __getattr__(name):
    """plot when it is used first: matplotlib takes its time to load."""
    if name == "plot":
        return importlib.import_module("convexscan.plot")
    raise AttributeError(f"module 'convexscan' has no attribute '{name}'")
