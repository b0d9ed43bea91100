# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Result files of convexscan as xarray datasets, and pictures of them.

>>> dataset = convexscan.open("scan.nc")
>>> figure = convexscan.plot.plot(dataset)
"""

from convexscan import plot
from convexscan.result import ResultError, open  # noqa: A004 (as in gzip.open)

__all__ = ["ResultError", "open", "plot"]
