"""What the files of the libraries share: reading a case's arrays, timing, checking, and the talk
with the driver.

    in_NAME.py serve FOLDER            answers lines of standard input until it ends:
        prepare CASE                   makes all ways of running it ready, and checks each
        time [MODE,...]                times these, or all of them, once
        drop                           forgets the case
    in_NAME.py alone FOLDER CASE MODE  times the first call and tells the most memory
    in_NAME.py start                   makes 1 + 2

Answers are lines of JSON as bench prints them, and an empty line behind the last. FOLDER holds what
`bench --save` wrote, CASE.in0.npy and so on, so that everybody works on the same numbers, and
CASE.out0.npy, what eagre makes of them.

SPDX-License-Identifier: Apache-2.0
"""
import gc
import itertools
import json
import os
import pathlib
import signal
import statistics
import sys
import time
from typing import Any, Callable, NamedTuple, Optional

import numpy as np
from cases import BY_NAME

BLOCK_S, MOST_REPS, SPENT_S = 0.004, 15, 0.15
LIMIT_S = 90        # for a way to get ready
TOLERANCE = 1e-3    # of the largest number in a result
RUNS_ALONE = 3
THREADS = int(os.environ.get("PEERS_THREADS", "1"))


class Way(NamedTuple):
    mode: str
    statement: str                  # what is timed, an expression
    names: dict                     # and what it is about
    sync: Optional[Callable] = None    # waits for the last result, once behind a block
    start: Optional[Callable] = None   # makes more of the names; part of the first call
    arrays: Optional[Callable] = None  # the result as NumPy's arrays, to be checked
    ops: int = 1


class Timer:
    """A way, ready to be timed: a loop around its statement, compiled once."""

    def __init__(self, way):
        self.way, self.inner, self.spent = way, 1, 0
        names = dict(way.names, _clock=time.perf_counter, _times=itertools.repeat,
                     _sync=way.sync or (lambda result: None))
        if way.start:
            names.update(way.start())
        source = ("def _block(_n):\n"
                  "    _start = _clock()\n"
                  "    for _ in _times(None, _n):\n"
                  f"        _result = {way.statement}\n"
                  "    _sync(_result)\n"
                  "    return _clock() - _start, _result\n")
        exec(compile(source, way.mode, "exec"), names)
        self.block = names["_block"]

    def run(self):
        return self.block(1)[1]

    def settle(self):
        """Finds how many runs fill a block."""
        self.block(1)
        self.spent = self.block(1)[0]
        while self.spent < BLOCK_S and self.inner < 1 << 22:
            more = min(64, BLOCK_S / max(self.spent, 1e-9))
            self.inner = max(self.inner * 2, int(self.inner * more))
            self.spent = self.block(self.inner)[0]

    def time(self):
        """The least and the middle time of a run, and how many blocks there were."""
        reps = int(max(1, min(MOST_REPS, SPENT_S / self.spent)))
        gc.collect()
        gc.disable()
        try:
            if self.spent < SPENT_S:
                self.block(self.inner)
            times = [self.block(self.inner)[0] / self.inner for _ in range(reps)]
        finally:
            gc.enable()
        return min(times), statistics.median(times), reps


class Data:
    """A case's arrays."""

    def __init__(self, folder, name):
        self.case, self.folder = BY_NAME[name], pathlib.Path(folder)
        self.inputs = self.load(name, "in")
        self.results = self.load(name, "out")
        self.parameters = self.load(self.case.files, "in")[2:] if self.case.files else []

    def load(self, name, what):
        found = []
        for i in itertools.count():
            path = self.folder / f"{name}.{what}{i}.npy"
            if not path.exists():
                return found
            found.append(np.load(path))


def difference(seen, expected):
    """Says how results differ from what eagre makes; None where they agree."""
    if len(seen) != len(expected):
        return f"{len(seen)} results, not {len(expected)}"
    for x, y in zip(seen, expected):
        x, y = np.asarray(x, np.float64).squeeze(), y.astype(np.float64).squeeze()
        if x.shape != y.shape:
            return f"a result of shape {x.shape}, not {y.shape}"
        far = np.abs(x - y).max()
        if not far <= TOLERANCE * max(np.abs(y).max(), 1e-30):
            return f"a result is off by {far:.3g}, where eagre's are up to {np.abs(y).max():.3g}"
    return None


class Served:
    """Answers the driver for one library."""

    def __init__(self, peer, ways, array, out):
        self.peer, self.ways, self.array, self.out = peer, ways, array, out
        self.case, self.timers = None, {}

    def say(self, case, mode, **more):
        line = {"case": case, "peer": self.peer, "mode": mode, "threads": THREADS, **more}
        print(json.dumps(line), file=self.out)

    def arrays(self, way, result):
        if way.arrays:
            return way.arrays(result)
        return [self.array(x) for x in (result if isinstance(result, (tuple, list)) else [result])]

    def prepare(self, folder, name):
        self.case, self.timers = name, {}
        data = Data(folder, name)
        for way in self.ways(data, lambda mode: True):
            signal.alarm(LIMIT_S)
            try:
                timer = Timer(way)
                wrong = difference(self.arrays(way, timer.run()), data.results)
                timer.settle()
            except Exception as error:
                wrong = f"{type(error).__name__}: {str(error).strip().splitlines()[:1]}"[:200]
            signal.alarm(0)
            if wrong:
                self.say(name, way.mode, error=wrong)
            else:
                self.timers[way.mode] = timer

    def time(self, modes):
        for mode, timer in self.timers.items():
            if modes and mode not in modes:
                continue
            least, middle, reps = timer.time()
            by = 1e9 / timer.way.ops
            self.say(self.case, mode, ns=round(least * by, 2), ns_med=round(middle * by, 2),
                     reps=reps, inner=timer.inner, detail="")

    def answer(self, folder, words):
        if words[0] == "prepare":
            self.prepare(folder, words[1])
        elif words[0] == "time":
            self.time(words[1].split(",") if len(words) > 1 else [])
        else:
            self.timers = {}
            gc.collect()

    def alone(self, folder, name, mode):
        data = Data(folder, name)
        for way in self.ways(data, lambda asked: asked == mode):
            data.inputs.clear()
            data.results.clear()
            forget_most()
            start = time.perf_counter()
            timer = Timer(way)
            timer.run()
            first = time.perf_counter() - start
            for _ in range(RUNS_ALONE):
                timer.run()
            self.say(name, mode, first_ns=round(first * 1e9), bytes=most_memory())


def most_memory():
    """The bytes that were resident at most, by Linux' account; 0 where there is none."""
    try:
        text = pathlib.Path("/proc/self/status").read_text()
    except OSError:
        return 0
    return next(int(line.split()[1]) * 1024 for line in text.splitlines()
                if line.startswith("VmHWM:"))


def forget_most():
    gc.collect()
    try:
        pathlib.Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass


def too_late(signal_number, frame):
    raise TimeoutError(f"not ready within {LIMIT_S} seconds")


def main(peer, ways: Callable[[Data, Callable[[str], bool]], Any], array, add):
    """Runs a library's file. `ways` yields the ways of running a case whose modes are wanted,
    `array` turns a result into NumPy's, `add` adds 1 and 2."""
    signal.signal(signal.SIGALRM, too_late)
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what a library prints must not stand between our lines
    if sys.argv[1] == "start":
        print(int(array(add())), file=out)
        return
    served = Served(peer, ways, array, out)
    if sys.argv[1] == "alone":
        served.alone(*sys.argv[2:])
        return
    for line in itertools.chain(["drop"], iter(sys.stdin.readline, "")):
        served.answer(sys.argv[2], line.split())
        print(file=out)
