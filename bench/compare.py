#!/usr/bin/env python3
"""Compares benchmark lines: how eagre stands to its peers, case by case.

    compare.py FILE [FILE...]

Each file holds JSON lines as bench prints them. The first file's "eagre" is what is compared; an
"eagre" of a later file, an older run, is a peer named after that file, mode by mode. Over several
lines of one case, peer and mode the least time counts. A ratio is eagre's figure by the other's:
below 1 eagre is quicker (or smaller). Eager modes are compared with eager modes, traced ones with
traced ones, both with "C", which is no peer but hand-written loops and bare libraries on the same
machine.

SPDX-License-Identifier: Apache-2.0
"""
import json
import pathlib
import sys

EAGER = ("eager", "tfe_execute", "eval", "realize", "process")
UNITS = {"ns": ((1e9, "s"), (1e6, "ms"), (1e3, "us"), (1, "ns")),
         "bytes": ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1, "B"))}


def text_of(value, unit):
    for size, name in UNITS[unit]:
        if value >= size:
            return f"{value / size:.3g} {name}"
    return f"{value:.3g} {UNITS[unit][-1][1]}"


def kind_of(peer, mode):
    if peer == "C":
        return "C"
    return "eager" if mode.startswith(EAGER) else "traced"


def read_lines(path, is_first, out):
    """Adds the file's figures: {(case, threads): {(peer, mode): (figure, unit)}}."""
    for number, line in enumerate(pathlib.Path(path).read_text().splitlines(), 1):
        try:
            d = json.loads(line)
        except ValueError:
            sys.exit(f"compare.py: {path}:{number}: not a line of JSON: {line[:60]}")
        unit = "ns" if "ns" in d else "bytes"
        if unit not in d:
            continue
        peer = d["peer"]
        if peer == "eagre" and not is_first:
            peer = f"eagre in {pathlib.Path(path).name}"
        figures = out.setdefault((d["case"], d["threads"]), {})
        key = (peer, d["mode"])
        if key not in figures or d[unit] < figures[key][0]:
            figures[key] = (d[unit], unit)


def best(figures, kind, own_mode):
    """The least figure of that kind that is not eagre's: (figure, name) or None."""
    found = [(value, f"{peer} {mode}") for (peer, mode), (value, _) in figures.items()
             if peer != "eagre" and kind_of(peer, mode) == kind
             and (mode == own_mode or not peer.startswith("eagre in "))]
    return min(found) if found else None


def cells(value, other, unit):
    if other is None:
        return ["", "", ""]
    return [text_of(other[0], unit), other[1], f"{value / other[0]:.2f}"]


def rows_of(data):
    for (case, threads), figures in data.items():
        for (peer, mode), (value, unit) in figures.items():
            if peer == "eagre":
                yield [case, str(threads), mode, text_of(value, unit),
                       *cells(value, best(figures, kind_of(peer, mode), mode), unit),
                       *cells(value, best(figures, "C", mode), unit)]


def main(paths):
    if not paths:
        sys.exit(__doc__.strip())
    data = {}
    for i, path in enumerate(paths):
        read_lines(path, i == 0, data)
    head = ["case", "threads", "mode", "eagre", "best peer", "which", "ratio", "C", "which",
            "ratio"]
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows_of(data):
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except OSError as error:
        sys.exit(f"compare.py: {error.filename}: {error.strerror}")
