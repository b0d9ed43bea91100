#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""Turns what convexscan-bench --json and bench/peers/run --json wrote into tables for people."""

import argparse
import json
import re
import statistics
from pathlib import Path


def seconds(value):
    """Three digits and a unit."""
    for scale, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if value >= scale:
            return f"{value / scale:.3g} {unit}"
    return f"{value / 1e-9:.3g} ns"


def table(heads, rows):
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def benchmark_row(row):
    if row["status"] != "done":
        return [row["name"], "", "", "", "", "", row.get("reason", row["status"])]
    if "seconds" not in row:
        return [row["name"], row["what"], f"{row['items']:g}", "", "", "", row["checked"]]
    times = row["seconds"]
    settled = [f"{k} {v}" for k, v in row.get("settled_by", {}).items()]
    return [
        row["name"],
        row["what"],
        f"{row['items']:g}",
        f"{seconds(times['median'])} ({seconds(times['low'])} to {seconds(times['high'])})",
        seconds(times["median"] / row["items"]),
        f"{100 * row['ceiling_share']:.3g} % of {row['ceiling']}" if "ceiling" in row else "",
        ", ".join([f"{row['peak_bytes'] / 2**20:.0f} MiB", *settled]),
    ]


def load(record):
    """The processes that were running before, where the file says so."""
    return f"; load average before {record['load']:.2f}" if "load" in record else ""


def growth(rows):
    """A table for each benchmark of growth, whose rows are named "scaling-width-cpu width=8"."""
    families = {}
    for row in rows:
        named = re.fullmatch(r"(scaling\S*) (\w+)=(\S+)", row["name"])
        if named and "seconds" in row:
            name, axis, value = named.groups()
            families.setdefault((name, axis), []).append((value, row))
    text = ""
    for (name, axis), points in families.items():
        grown = [row for _, row in points]
        parameters = [re.search(r"P = (\d+)", row["what"]) for row in grown]
        lines = [
            [f"{grown[0]['item']}s", *(f"{row['items']:g}" for row in grown)],
            ["P", *(found[1] if found else "" for found in parameters)],
            ["time", *(seconds(row["seconds"]["median"]) for row in grown)],
            [f"a {grown[0]['item']}",
             *(seconds(row["seconds"]["median"] / row["items"]) for row in grown)],
            ["host memory", *(f"{row['peak_bytes'] / 2**20:.0f} MiB" for row in grown)],
        ]  # fmt: skip
        text += "\n\n" + table([f"{name}: {axis}", *(value for value, _ in points)], lines)
    return text


def versions(of):
    return ", ".join(f"{name} {version}" for name, version in of.items())


def benchmarks(record):
    facts = [f"{record['device']}; commit {record['commit']}, {record['created']}{load(record)}"]
    facts += [f"driver {record['driver']}"] if "driver" in record else []
    facts += [versions(record["versions"])]
    facts += [f"`{record['command']}`"]
    text = "  \n".join(facts) + "\n\n"
    ceilings = record.get("ceilings", {})
    if ceilings:
        text += table(
            ["ceiling, in the same run", "median", "low", "high"],
            [
                [name, *(f"{rate[k] / 1e9:.4g} G{rate['unit']}" for k in ("median", "low", "high"))]
                for name, rate in ceilings.items()
            ],
        )
        text += "\n\n"
    heads = [
        "benchmark",
        "what",
        "items",
        "time (range)",
        "an item",
        "share",
        "host memory; settled by",
    ]
    rows = record["benchmarks"]
    return text + table(heads, map(benchmark_row, rows)) + growth(rows)


def races(record):
    rows = []
    device = ""
    libraries = {}
    for race in record["races"]:
        if "peers" not in race:
            rows.append([race["name"], "", "", "", "", "", race["reason"]])
            continue
        device = f"{race['device']}; commit {race['commit']}{load(record)}"
        driver = {"driver": race["driver"]} if "driver" in race else {}
        libraries[f"convexscan on {race['device']}"] = race.get("versions", {}) | driver
        ours = statistics.median(race["seconds"]) / race["items"]
        for peer in race["peers"]:
            if "versions" in peer:
                libraries[f"{peer['peer']} on {peer['device']}"] = peer["versions"]
            head = [race["name"], peer["peer"], seconds(ours)]
            if "ratio" not in peer:
                rows.append([*head, "", "", "", peer.get("wrong", peer.get("reason"))])
                continue
            part = peer["items"] != race["items"]
            note = f"{peer['items']} of {race['items']:g} points" if part else ""
            rows.append(
                [*head, seconds(statistics.median(peer["seconds"]) / peer["items"]),
                 f"**{peer['ratio']:.3g}**", f"{peer['ratio_low']:.3g} to {peer['ratio_high']:.3g}",
                 note]
            )  # fmt: skip
    heads = ["workload", "peer", "ours, a point", "theirs, a point", "ratio", "spread", ""]
    text = f"{device}  \n`{record['command']}`\n\n" + table(heads, rows)
    used = [f"* {who}: {versions(of)}" for who, of in libraries.items() if of]
    return "\n".join([text, *([""] if used else []), *used])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE.json")
    for path in parser.parse_args().files:
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise SystemExit(f"bench/table.py: {path}: {error.strerror}") from None
        except ValueError as error:
            raise SystemExit(f"bench/table.py: {path} is no JSON: {error}") from None
        try:
            text = races(record) if "races" in record else benchmarks(record)
        # What is missing or of another kind, wherever it is.
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            missing = f": no {error}" if isinstance(error, KeyError) else ""
            kind = "is not what today's convexscan-bench or bench/peers/run writes with --json"
            raise SystemExit(f"bench/table.py: {path} {kind}{missing}") from None
        print(f"### {path.stem}\n\n{text}\n")


if __name__ == "__main__":
    main()
