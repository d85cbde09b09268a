#!/usr/bin/env python3
"""Makes tables of what driver.py measured: how eagre stands to the other libraries.

    table.py LINES...                  prints them
    table.py --write DOCUMENT LINES... puts them between the document's two markers as well

The least of all turns is what counts of a time; the middle one is the median of the turns' medians.
A ratio is the time of the quickest library by eagre's: above 1 eagre is quicker. What a mode takes
in memory and at its first call is of a process that runs this case only.

SPDX-License-Identifier: Apache-2.0
"""
import json
import math
import os
import pathlib
import re
import statistics
import sys

from cases import CASES, SECOND

BEGIN, END = "<!-- peers: begin -->", "<!-- peers: end -->"
EAGER = ("eager", "eval", "process")
EXACT, CLOSE = ("eager", "function", "process"), "function_close"
ORDER = ("tensorflow", "jax", "torch", "onnxruntime", "mlx", "numpy")
TITLES = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch",
          "onnxruntime": "ONNX Runtime", "mlx": "MLX", "numpy": "NumPy"}
CALL_GOAL, GOAL, MEAN_GOAL = 0.97, 1, 1.5
NS = ((1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1, "ns"))
BYTES = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
LIMIT = re.compile(r"limit_bw_(read|copy)_(\d+)MB$")


def is_eager(mode):
    return mode.startswith(EAGER)


def amount(value, units):
    size, name = next(((size, name) for size, name in units if value >= size), units[-1])
    return f"{value / size:.0f} {name}" if value >= 1000 * size else f"{value / size:.3g} {name}"


class Results:
    """What the lines say. times: {case: {(peer, mode): (least, middle)}}; alone: {case: {(peer,
    mode): (first call, bytes)}}; errors: {(case, peer, mode): why}."""

    def __init__(self):
        self.about, self.times, self.alone, self.errors = {}, {}, {}, {}
        self.kept, self.firsts = {}, {}

    def add(self, line):
        if "about" in line:
            self.about = line["about"]
            return
        name, key = line["case"], (line["peer"], line["mode"])
        if "error" in line:
            self.errors[(name, *key)] = line["error"]
        elif "first_ns" in line:
            self.firsts.setdefault(name, {}).setdefault(key, []).append(line)
        elif "ns" in line:
            self.kept.setdefault(name, {}).setdefault(key, []).append(line)

    def finish(self):
        for name, found in self.kept.items():
            self.times[name] = {key: (min(x["ns"] for x in lines),
                                      statistics.median(x["ns_med"] for x in lines))
                                for key, lines in found.items()}
        for name, found in self.firsts.items():
            self.alone[name] = {key: (min(x["first_ns"] for x in lines),
                                      max(x["bytes"] for x in lines))
                                for key, lines in found.items()}
        for case in CASES:
            if case.first_of in self.firsts:
                self.times[case.name] = self.first_calls(case.first_of)

    def first_calls(self, name):
        """As times, of what is no eager mode."""
        return {key: (min(x["first_ns"] for x in lines),
                      statistics.median(x["first_ns"] for x in lines))
                for key, lines in self.firsts[name].items() if not is_eager(key[1])}


def read(paths):
    results = Results()
    for path in paths:
        for number, line in enumerate(pathlib.Path(path).read_text().splitlines(), 1):
            try:
                results.add(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                why = f"{path}:{number}: no line of a measurement: {line[:60]}"
                raise ValueError(why) from error
    results.finish()
    return results


# ---- what a case shows ---------------------------------------------------------------------------


class Shown:
    """A case's figures: own {mode: (least, middle)}, best {peer: (least, middle, mode)}."""

    def __init__(self, results, case):
        self.case, self.own, self.best = case, {}, {}
        for (peer, mode), (least, middle) in results.times.get(case.name, {}).items():
            if peer == "eagre":
                self.own[mode] = (least, middle)
            elif peer != "C" and least < self.best.get(peer, (math.inf,))[0]:
                self.best[peer] = (least, middle, mode)
        exact = [self.own[mode] for mode in EXACT if mode in self.own]
        self.exact = min(exact) if exact else None
        self.quickest = min(self.best, key=self.best.get) if self.best else None

    def ratio(self, which=0, own=None):
        """Of the least times, or the middle ones; None where one of them is not there."""
        own = own or self.exact
        return self.best[self.quickest][which] / own[which] if own and self.quickest else None

    def goal(self):
        return CALL_GOAL if self.case.one_call else GOAL


def shown_of(results):
    found = [Shown(results, case) for case in CASES if case.name in results.times]
    return [s for s in found if s.own or s.best]


def peers_of(results):
    there = {peer for found in results.times.values() for peer, _ in found} - {"eagre", "C"}
    return [p for p in ORDER if p in there] + sorted(there - set(ORDER))


def bandwidths(results):
    """{what: {bytes moved in a run: bytes in a nanosecond}}."""
    rates = {"read": {}, "copy": {}}
    for name, found in results.times.items():
        match = LIMIT.match(name)
        if match:
            moved = (int(match[2]) << 20) * (2 if match[1] == "copy" else 1)
            rates[match[1]][moved] = moved / min(found.values())[0]
    return rates


def limit_of(results, case):
    """The least time that the machine needs for the work in a case, and for what; None where
    nothing is told of it."""
    limits, rates = [], bandwidths(results)
    moved, kind = case.read + case.written, "copy" if case.written > case.read / 8 else "read"
    if moved and rates[kind]:
        size = min(rates[kind], key=lambda bytes_moved: abs(math.log(bytes_moved / moved)))
        limits.append((moved / rates[kind][size], kind))
    peak = results.times.get("limit_fma_1M")
    if case.flops and peak:
        limits.append((case.flops / 1e6 * min(peak.values())[0], "arithmetic"))
    return max(limits) if limits else None


# ---- tables --------------------------------------------------------------------------------------


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def ratio_text(value):
    return "" if value is None else f"{value:.2f}" if value < 100 else f"{value:.0f}"


def peer_cell(shown, peer):
    if peer not in shown.best:
        return ""
    least, _, mode = shown.best[peer]
    text = f"{amount(least, NS)} ({mode})"
    return f"**{text}**" if peer == shown.quickest else text


def own_cell(shown, mode):
    return amount(shown.own[mode][0], NS) if mode in shown.own else ""


def speeds(results, chosen):
    peers = peers_of(results)
    is_close = any(CLOSE in s.own for s in chosen)
    head = ["case", "of a", *(TITLES.get(p, p) for p in peers), "eagre, eager", "traced",
            *(["traced, close"] if is_close else []), "ratio", "of the middle",
            *(["close"] if is_close else []), "limit"]
    rows = []
    for s in chosen:
        limit = limit_of(results, s.case)
        row = [f"`{s.case.name}`", s.case.unit, *(peer_cell(s, p) for p in peers),
               own_cell(s, "process" if "process" in s.own else "eager"), own_cell(s, "function")]
        row += [own_cell(s, CLOSE)] if is_close else []
        row += [ratio_text(s.ratio()), ratio_text(s.ratio(1))]
        row += [ratio_text(s.ratio(own=s.own.get(CLOSE)) if CLOSE in s.own else None)
                ] if is_close else []
        rows.append(row + [f"{amount(limit[0], NS)} ({limit[1]})" if limit else ""])
    return table(head, rows)


def own_mode(shown):
    return "function" if "function" in shown.own else "eager"


def least_of(found, which):
    """The library that needs least of it, and how much: (amount, peer), or None."""
    others = [(figures[which], peer) for (peer, _), figures in found.items()
              if peer not in ("eagre", "C")]
    return min(others) if others else None


def needs(results, chosen):
    """Memory and first calls."""
    rows = []
    for s in chosen:
        found = results.alone.get(s.case.name, {})
        mine = found.get(("eagre", own_mode(s)))
        memory, first = least_of(found, 1), least_of(found, 0)
        if not mine or not memory:
            continue
        quickest = [f for (peer, mode), f in found.items() if peer == s.quickest and
                    mode == s.best[peer][2]]
        rows.append([f"`{s.case.name}`", amount(mine[1], BYTES),
                     f"{amount(memory[0], BYTES)} ({TITLES.get(memory[1], memory[1])})",
                     amount(mine[0], NS), amount(quickest[0][0], NS) if quickest else "",
                     f"{amount(first[0], NS)} ({TITLES.get(first[1], first[1])})"])
    head = ["case", "eagre, most memory", "least of the others", "eagre, first call",
            "of the quickest", "quickest first call of the others"]
    return table(head, rows) if rows else ""


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


def goals(results, chosen):
    """Which goals hold: rows of what, how it is, whether."""
    with_ratio = [s for s in chosen if s.ratio() is not None]
    behind = [s for s in with_ratio if s.ratio() < s.goal()]
    mean = geometric_mean([s.ratio() for s in with_ratio if not s.case.one_call])
    needed = [*memories(results, chosen)]
    heavier = [name for name, mine, least in needed if least < mine]
    rows = [[f"no case slower than the quickest of the others (≥ {CALL_GOAL} where both call a "
             "library of products)", f"{len(with_ratio) - len(behind)} of {len(with_ratio)}",
             not behind]]
    if mean is not None:
        rows.append([f"geometric mean of the other ratios ≥ {MEAN_GOAL}", ratio_text(mean),
                     mean >= MEAN_GOAL])
    if needed:
        less = ", ".join(f"`{name}`" for name in heavier)
        rows.append(["no other library needs less memory at most",
                     f"less is needed in {less}" if heavier else "none", not heavier])
    return [[what, how, "yes" if holds else "no"] for what, how, holds in rows]


def memories(results, chosen):
    for s in chosen:
        found = results.alone.get(s.case.name, {})
        mine, least = found.get(("eagre", own_mode(s))), least_of(found, 1)
        if mine and least:
            yield s.case.name, mine[1], least[0]


def behind(chosen):
    lines = []
    for s in sorted((s for s in chosen if s.ratio() is not None), key=lambda s: s.ratio()):
        if s.ratio() < s.goal():
            least, _, mode = s.best[s.quickest]
            name = TITLES.get(s.quickest, s.quickest)
            lines.append(f"- `{s.case.name}`: {s.ratio():.2f} of {name} ({mode}), "
                         f"{amount(s.exact[0], NS)} against {amount(least, NS)}")
    return "\n".join(lines) or "None."


def about_text(results):
    a = results.about
    if not a:
        return ""
    versions = ", ".join(f"{TITLES.get(k, k)} {v}" for k, v in a["versions"].items())
    text = (f"`{a['command']}`, {a['date']}: {a['processor']}, {a['threads']} threads, "
            f"{a['system']}, rounds: {a['rounds']}, Python {a['python']}, {versions}.")
    for name, why in a["left_out"].items():
        text += f" Without {TITLES.get(name, name)}, which {why}."
    return text


def errors_text(results):
    lines = [f"- `{case}`, {TITLES.get(peer, peer)}, {mode}: {why[:160].replace('|', '/')}"
             for (case, peer, mode), why in results.errors.items()
             if (peer, mode) not in results.times.get(case, {})]
    return "Left out, because it does not work or has another result:\n\n" + "\n".join(lines) \
        if lines else ""


def part(results, title, chosen):
    return [f"### {title}", speeds(results, chosen), needs(results, chosen),
            table(["goal", "measured", "holds"], goals(results, chosen)), "Behind:",
            behind(chosen)] if chosen else []


def text_of(results):
    all_shown = shown_of(results)
    first = [s for s in all_shown if s.case.group != SECOND]
    second = [s for s in all_shown if s.case.group == SECOND]
    pieces = [about_text(results), *part(results, "Cases", first),
              *part(results, "Shapes nobody tuned for", second), errors_text(results)]
    return "\n\n".join(piece for piece in pieces if piece)


def write(document, results):
    """Puts the tables between the markers, all of them or none."""
    missing = [case.name for case in CASES if not Shown(results, case).own]
    if missing:
        raise ValueError(f"eagre has no line for {', '.join(missing)}; {document} stays as it is")
    path = pathlib.Path(document)
    text = path.read_text()
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(END) < text.index(BEGIN):
        raise ValueError(f"{document} has no {BEGIN} and {END}")
    before, behind_it = text[:text.index(BEGIN)], text[text.index(END):]
    new = path.with_name(path.name + ".new")
    new.write_text(f"{before}{BEGIN}\n\n{text_of(results)}\n\n{behind_it}")
    os.replace(new, path)


def main(words):
    document = words[1] if words[:1] == ["--write"] else None
    paths = words[2:] if document else words
    if not paths or paths[0].startswith("--"):
        sys.exit(__doc__.strip())
    results = read(paths)
    print(text_of(results))
    if document:
        write(document, results)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (OSError, ValueError, IndexError) as error:
        sys.exit(f"table.py: {error}")
