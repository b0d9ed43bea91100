#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Joins files that bench/peers/run --json wrote, of one race each, into one of all, in this order.

A file's name is its race's; one that is not there is a race that was not measured.
"""

import argparse
import json
import re
from pathlib import Path


def joined(files):
    """The first record that there is, with the races of all."""
    record, races = None, []
    for path in files:
        if not path.exists():
            races.append({"name": path.stem, "reason": "not measured"})
            continue
        one = json.loads(path.read_text(encoding="utf-8"))
        races += one["races"]
        record = record or one
    command = re.sub(r"--filter \S+", f"--filter '^({'|'.join(path.stem for path in files)})$'",
                     re.sub(r" --(json|program) \S+", "", record["command"]))  # fmt: skip
    return record | {"races": races, "command": f"{command}, one by one"}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("into", type=Path, metavar="ALL.json", help="written, or replaced")
    parser.add_argument("files", nargs="+", type=Path, metavar="RACE.json")
    options = parser.parse_args()
    pending = options.into.with_name(options.into.name + ".pending")
    pending.write_text(json.dumps(joined(options.files), indent=1) + "\n", encoding="utf-8")
    pending.replace(options.into)


if __name__ == "__main__":
    main()
