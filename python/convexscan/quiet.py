# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""What libraries say to programmers, kept from the program's user."""

import contextlib
import logging
import os
import sys
import warnings


@contextlib.contextmanager
def quiet():
    """Without warnings, unless Python was asked for them, and without matplotlib's log. Pictures go
    to files, so that the user's choice of a screen does not matter, nor whether there is one."""
    os.environ["MPLBACKEND"] = "agg"
    logging.getLogger("matplotlib").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        if not sys.warnoptions:
            warnings.simplefilter("ignore")
        yield
