#!/usr/bin/env python3
"""Says which goals of speed hold, from lines as bench prints them.

    goals.py FILE

A goal is a time, a bandwidth by that of STREAM's copy in the same case, or a time by that of the
quickest other way in the same case: the bare oneDNN primitive, a call of oneDNN or OpenBLAS; or
what a mode takes more than another of the same case. Each is shown for the least times and for the
middle ones; it holds where it does for the least. Large cases have eager lines; a product is as
fast as the quicker of eager and function.

SPDX-License-Identifier: Apache-2.0
"""
import fnmatch
import json
import pathlib
import sys

COPY = "of the copy's bandwidth"
ADDED = "more than "  # and the mode that is compared with
PRIMITIVE, CALLS = "of the primitive's speed", "of the calls' speed"

TIMES = "times the time of "  # a mode

# Pattern of cases, what is measured, the bound: nanoseconds or times at most, or a ratio at least;
# and in which mode, where one is compared with another or only one is meant.
GOALS = (("function_call_1add", "ns", 150, "function"), ("conditional_*", "ns", 400, "function"),
         ("trace_mlp_train", "ns", 20e6), ("first_call_mlp_*", TIMES + "eager", 2, "first_call"),
         ("eager_add_*", "ns", 60), ("eager_matmul_2x2", "ns", 150),
         ("bw_softmax_1024", "ns", 110e3), ("bw_gelu_tanh_10M", "ns", 3e6),
         ("bw_gelu_erf_10M", "ns", 4e6), ("bw_transpose_4096", "ns", 3.5e6),
         ("gather_100k_64", "ns", 0.7e6), ("maxpool_2x2", "ns", 0.2e6), ("bw_*", COPY, 0.85),
         ("matmul_*", PRIMITIVE, 0.97), ("conv2d_*", PRIMITIVE, 0.97), ("product_*", CALLS, 1),
         ("tape_chain_1000_per_op", ADDED + "eager", 100, "eager_recorded"),
         ("tape_chain_1000_per_op", ADDED + "eager_recorded", 250, "eager_differentiated"))


def read_cases(path):
    """{case: {(peer, mode): line}}, without lines that tell no time."""
    cases = {}
    for line in pathlib.Path(path).read_text().splitlines():
        d = json.loads(line)
        if "ns" in d:
            cases.setdefault(d["case"], {})[(d["peer"], d["mode"])] = d
    return cases


def figure(lines, what, key, mode=None):
    """What is measured of a case, by its `key` ("ns" or "ns_med"); None where that is not told."""
    if what.startswith(ADDED):
        both = [lines.get(("eagre", m)) for m in (mode, what[len(ADDED):])]
        return both[0][key] - both[1][key] if all(both) else None
    if what.startswith(TIMES):
        both = [lines.get(("eagre", m)) for m in (mode, what[len(TIMES):])]
        return both[0][key] / both[1][key] if all(both) else None
    own = [d for (peer, m), d in lines.items() if peer == "eagre" and mode in (None, m)]
    others = [d for (peer, _), d in lines.items() if peer != "eagre"]
    if not own or (what != "ns" and not others):
        return None
    if what == "ns":
        return min(d[key] for d in own)
    if what == COPY:
        rate = {id(d): d["gb_s"] * d["ns"] / d[key] for d in own + others if "gb_s" in d}
        if any(id(d) not in rate for d in own + others):
            return None
        return max(rate[id(d)] for d in own) / max(rate[id(d)] for d in others)
    return min(d[key] for d in others) / min(d[key] for d in own)


def is_time(what):
    return what == "ns" or what.startswith(ADDED)


def text_of(value, what):
    if not is_time(what):
        return f"{value:.2f}"
    for size, unit in ((1e6, "ms"), (1e3, "us")):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.3g} ns"


def main(path):
    print("| case | goal | least | middle | holds |")
    print("|---|---|---|---|---|")
    for case, lines in read_cases(path).items():
        for pattern, what, bound, *mode in GOALS:
            least = figure(lines, what, "ns", *mode) if fnmatch.fnmatch(case, pattern) else None
            if least is None:
                continue
            at_most = is_time(what) or what.startswith(TIMES)
            holds = least <= bound if at_most else least >= bound
            goal = f"{'≤' if at_most else '≥'} {text_of(bound, what)}"
            goal += "" if what == "ns" else f" {what}"
            middle = figure(lines, what, "ns_med", *mode)
            print(f"| {case} | {goal} | {text_of(least, what)} | {text_of(middle, what)} | "
                  f"{'yes' if holds else 'no'} |")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    try:
        main(sys.argv[1])
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"goals.py: {sys.argv[1]}: {error}")
