#!/usr/bin/env python3
"""Times eagre and other libraries side by side, case by case, and makes docs/benchmarks.md's table.

    driver.py BENCH [--only CASE,...] [--rounds N] [--with NAME,...] [--threads N] [--quick]

BENCH is the program that bench.sh builds. In a round eagre and each library take turns, eagre
first, so that what is compared ran within seconds; whoever is not in turn is stopped. All work on
arrays that eagre writes, and what they make of them is compared with what eagre makes. The lines
that were measured go to peers.jsonl beside the environments, under build/peers or PEERS_DIR; the
table is printed, and stands in docs/benchmarks.md when all cases and libraries were asked for.

SPDX-License-Identifier: Apache-2.0
"""
import argparse
import contextlib
import datetime
import json
import os
import pathlib
import platform
import select
import shlex
import shutil
import signal
import subprocess
import sys
import time
from typing import NamedTuple

import cases
import environments
import table

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
REPS, QUICK_REPS, LIMIT_REPS = 15, 3, 5
READY_S, TURN_S = 240, 60      # a case gets ready, a turn is over
HOPELESS = 4                   # so many times a library's best: a mode is not timed again
STARTS = 5


class Lost(Exception):
    """A process ended or did not answer."""


class Process:
    """One that answers a line with lines and an empty one behind them; stopped in between."""

    def __init__(self, command, env, log):
        self.pipes = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=log, env=env)
        self.left = b""

    def read_line(self, until):
        while b"\n" not in self.left:
            wait = until - time.monotonic()
            if wait <= 0 or not select.select([self.pipes.stdout], [], [], wait)[0]:
                raise Lost("no answer in time")
            more = os.read(self.pipes.stdout.fileno(), 65536)
            if not more:
                raise Lost(f"it ended with {self.pipes.wait()}")
            self.left += more
        line, self.left = self.left.split(b"\n", 1)
        return line.decode()

    def answers(self, seconds):
        """The lines up to an empty one."""
        until, lines = time.monotonic() + seconds, []
        while line := self.read_line(until):
            lines.append(json.loads(line))
        self.pipes.send_signal(signal.SIGSTOP)
        return lines

    def ask(self, line, seconds):
        self.pipes.send_signal(signal.SIGCONT)
        try:
            self.pipes.stdin.write(line.encode() + b"\n")
            self.pipes.stdin.flush()
        except BrokenPipeError as error:
            raise Lost(f"it ended with {self.pipes.wait()}") from error
        return self.answers(seconds)

    def close(self):
        self.pipes.kill()
        self.pipes.communicate()


def busy_ticks():
    try:
        words = pathlib.Path("/proc/stat").read_text().split()[1:8]
    except OSError:
        return 0
    return sum(int(words[i]) for i in (0, 1, 2, 5, 6))


def await_quiet(tries=5):
    """Waits, not for long, until the other programs of the machine are idle."""
    for _ in range(tries):
        before = busy_ticks()
        time.sleep(0.03)
        if busy_ticks() - before <= 1:
            return


class Settings(NamedTuple):
    bench: str
    folder: pathlib.Path   # of what all work on
    env: dict
    log: object
    rounds: int
    reps: int


def call(settings, command):
    """What a program that is run once prints, and the seconds it took; nothing where it fails."""
    start = time.perf_counter()
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=settings.log,
                              env=settings.env, timeout=READY_S, check=False)
    except subprocess.TimeoutExpired:
        return "", READY_S
    return done.stdout.decode(), time.perf_counter() - start


def lines_of(settings, command):
    """Its lines of JSON."""
    text = call(settings, command)[0]
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


class Eagre:
    """A process of the benchmarks for one case; `kind` is what its function is called here."""

    def __init__(self, settings, case, reps, passes):
        command = [settings.bench, "--turns", "--only", case.name, "--reps", str(reps), "--modes",
                   "function" if passes else "eager,function"]
        env = dict(settings.env, EAGRE_PASSES=passes) if passes else settings.env
        self.renamed = {"function": "function_close"} if passes else {}
        self.process = Process(command, env, settings.log)

    def prepare(self):
        self.process.answers(READY_S)

    def turn(self):
        lines = self.process.ask("", TURN_S)
        return [dict(x, mode=self.renamed.get(x["mode"], x["mode"])) for x in lines]

    def close(self):
        self.process.close()


class Peer:
    """A library, in one process as long as nothing goes wrong with it."""

    def __init__(self, settings, name, python, script=None):
        self.settings, self.name = settings, name
        self.command = [python, script or HERE / f"in_{name}.py"]
        self.process, self.left_out, self.best = None, set(), {}

    def prepare(self, case):
        """The modes it has for a case, as lines of those that do not work."""
        self.left_out, self.best = set(), {}
        try:
            if not self.process:
                self.process = Process([*self.command, "serve", self.settings.folder],
                                       self.settings.env, self.settings.log)
                self.process.answers(READY_S)
            return self.process.ask(f"prepare {case.name}", READY_S)
        except Lost as error:
            return self.lose(case, error)

    def lose(self, case, error):
        self.process.close()
        self.process = None
        return [{"case": case.name, "peer": self.name, "mode": "all", "threads": 0,
                 "error": str(error)}]

    def turn(self, case):
        if not self.process:
            return []
        words = [mode for mode in self.best if mode not in self.left_out]
        if self.best and not words:
            return []
        try:
            lines = self.process.ask(f"time {','.join(words)}".strip(), TURN_S)
        except Lost as error:
            return self.lose(case, error)
        for line in lines:
            self.best[line["mode"]] = min(line["ns"], self.best.get(line["mode"], line["ns"]))
        limit = HOPELESS * min(self.best.values(), default=0)
        self.left_out = {mode for mode, ns in self.best.items() if ns > limit}
        return lines

    def alone_modes(self, case):
        """Its best mode; all that compile where the first call is a case."""
        best = min(self.best, key=self.best.get, default=None)
        if any(c.first_of == case.name for c in cases.CASES):
            return [m for m in self.best if m == best or not table.is_eager(m)]
        return [best] if best else []

    def drop(self):
        if self.process:
            try:
                self.process.ask("drop", TURN_S)
            except Lost:
                self.process.close()
                self.process = None

    def close(self):
        if self.process:
            self.process.close()


class Run:
    """Everything that is measured, line by line."""

    def __init__(self, settings, peers, passes, out):
        self.settings, self.peers, self.passes, self.out = settings, peers, passes, out

    def keep(self, lines, **more):
        for line in lines:
            print(json.dumps(dict(line, **more)), file=self.out, flush=True)

    def bench(self, *words):
        return lines_of(self.settings, [self.settings.bench, *words])

    def limits(self):
        reps = min(self.settings.reps, LIMIT_REPS)
        self.keep(self.bench("--only", "limit_", "--reps", str(reps)))

    def save(self, case):
        for name in filter(None, (case.name, case.files)):
            if not list(self.settings.folder.glob(f"{name}.*")):
                self.keep([x for x in self.bench("--only", name, "--modes", "eager", "--save",
                                                 str(self.settings.folder)) if "error" in x])

    def take_turns(self, case, peers, own):
        for number in range(self.settings.rounds):
            for peer in peers or [None]:
                for eagre in own:
                    await_quiet()
                    self.keep(eagre.turn(), round=number)
                if peer:
                    await_quiet()
                    self.keep(peer.turn(case), round=number)

    def alone(self, case):
        """First calls and memory, each in a process of its own."""
        if not cases.is_measured_alone(case):
            return
        await_quiet()
        for mode in ("eager", "function"):
            self.keep(self.bench("--alone", "--only", case.name, "--modes", mode))
        for peer in self.peers:
            for mode in peer.alone_modes(case):
                command = [*peer.command, "alone", self.settings.folder, case.name, mode]
                self.keep(lines_of(self.settings, command))

    def run_case(self, case):
        self.save(case)
        for peer in self.peers:
            self.keep(peer.prepare(case))
        there = [peer for peer in self.peers if peer.process]
        reps = -(-self.settings.reps // max(len(there), 1))
        with contextlib.ExitStack() as stack:
            own = []
            try:
                for passes in ("", self.passes) if self.passes else ("",):
                    own.append(Eagre(self.settings, case, reps, passes))
                    stack.callback(own[-1].close)
                    own[-1].prepare()
                self.take_turns(case, there, own)
            except Lost as error:
                self.keep([{"case": case.name, "peer": "eagre", "mode": "all", "threads": 0,
                            "error": str(error)}])
        for peer in there:
            peer.drop()
        self.alone(case)
        for path in self.settings.folder.glob("*.npy"):
            path.unlink()

    def start(self, case):
        """Processes from start to end, with what a library needs to add two numbers."""
        own = pathlib.Path(self.settings.bench).with_name("bench_first_result")
        commands = [(peer.name, [*peer.command, "start"]) for peer in self.peers]
        for _ in range(STARTS):
            for name, command in [("eagre", [own]), *commands]:
                await_quiet()
                text, taken = call(self.settings, command)
                line = {"case": case.name, "peer": name, "mode": "process", "threads": 0}
                line.update({"ns": taken * 1e9, "ns_med": taken * 1e9} if text[:1] == "3"
                            else {"error": "it does not print 3"})
                self.keep([line])


def run_all(run, wanted):
    group = None
    with contextlib.ExitStack() as stack:  # a process that is stopped does not end by itself
        for peer in run.peers:
            stack.callback(peer.close)
        for case in wanted:
            if case.group != group:
                run.limits()
                group = case.group
            print(f"peers: {case.name}", file=sys.stderr)
            if case.name == "startup":
                run.start(case)
            elif not case.first_of:
                run.run_case(case)


def close_passes(bench):
    """What EAGRE_PASSES has to say for the passes that are close, "" where there are none."""
    command = pathlib.Path(bench).parent.parent / "cli" / "eagre"
    if not command.exists():
        return ""
    done = subprocess.run([command, "passes"], capture_output=True, text=True, check=False)
    rows = [line.split() for line in done.stdout.splitlines()]
    return ",".join(f"+{words[0]}" for words in rows if "close" in words[1:4])


def processor():
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.machine()
    fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    fields = {key.strip(): value.strip() for key, value in fields.items()}
    known = [f"{word} {fields[key]}" for word, key in (("family", "cpu family"), ("model", "model"))
             if key in fields]
    return ", ".join([fields.get("model name", platform.machine()), *known])


def about(options, rounds, found, left_out):
    return {"about": {
        "command": " ".join(["./bench.sh --peers", *map(shlex.quote, sys.argv[2:])]),
        "date": datetime.date.today().isoformat(), "processor": processor(),
        "threads": options.threads, "rounds": rounds, "system": platform.system() + " " +
        platform.release(), "python": platform.python_version(), "left_out": left_out,
        "versions": {library.name: library.versions()[package_of(library)] for library in found}}}


def package_of(library):
    return "tensorflow-cpu" if library.name == "tensorflow" else library.name


def find_peers(settings, root, wanted):
    """The libraries that can be had, as processes to be, and why others cannot."""
    peers, found, left_out = [], [], {}
    for library in environments.libraries():
        if wanted and library.name not in wanted.split(","):
            continue
        python, why = environments.python_of(root, library)
        if python:
            peers.append(Peer(settings, library.name, python))
            found.append(library)
        else:
            left_out[library.name] = why
            print(f"peers: without {library.name}: {why}", file=sys.stderr)
    return peers, found, left_out


def read_options():
    parser = argparse.ArgumentParser(description="Times eagre and other libraries side by side.")
    parser.add_argument("bench")
    parser.add_argument("--only", default="", help="cases, or how their names begin")
    parser.add_argument("--with", dest="libraries", default="", help="only these libraries")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--quick", action="store_true", help="one round, few repetitions")
    options = parser.parse_args()
    if options.rounds < 1 or options.threads < 1:
        parser.error("--rounds and --threads are 1 at least")
    if not cases.wanted(options.only):
        parser.error(f"no case begins with any of {options.only}")
    return options


def environment(threads):
    names = ("PEERS_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS",
             "EAGRE_THREADS")
    return dict(os.environ, GOMP_SPINCOUNT=os.environ.get("GOMP_SPINCOUNT", "4000"),
                **{name: str(threads) for name in names})


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("driver.py: ended"))
    options = read_options()
    root = pathlib.Path(os.environ.get("PEERS_DIR", ROOT / "build" / "peers")).resolve()
    arrays = root / "arrays"
    shutil.rmtree(arrays, ignore_errors=True)
    arrays.mkdir(parents=True)
    rounds, reps = (1, QUICK_REPS) if options.quick else (options.rounds, REPS)
    results = root / "peers.jsonl"
    with open(root / "peers.log", "wb") as log, open(results, "w") as out:
        settings = Settings(options.bench, arrays, environment(options.threads), log, rounds, reps)
        peers, found, left_out = find_peers(settings, root, options.libraries)
        print(json.dumps(about(options, rounds, found, left_out)), file=out)
        run_all(Run(settings, peers, close_passes(options.bench), out), cases.wanted(options.only))
    print(table.text_of(table.read([results])))
    if not (options.only or options.libraries or options.quick):
        table.write(ROOT / "docs" / "benchmarks.md", table.read([results]))


if __name__ == "__main__":
    main()
