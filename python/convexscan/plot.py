# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""convexscan-plot: a picture from a result file, or one from each of a folder's."""

import sys


def plot(dataset, quantities=(), kind="auto", log="auto", title=None):
    """A matplotlib Figure of the chosen quantities, or of what says most about convexity."""
    from convexscan.figure import make_figure  # matplotlib takes its time to load

    if isinstance(quantities, str):
        quantities = quantities.split(",")
    return make_figure(dataset, quantities, kind, log, title)


def main(arguments=None):
    """The program. What it imports comes after it can be interrupted without a traceback."""
    try:
        from convexscan.interrupts import ending_at_once
        from convexscan.quiet import quiet

        with quiet():
            with ending_at_once():
                from convexscan.command import draw
            return draw(arguments)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
