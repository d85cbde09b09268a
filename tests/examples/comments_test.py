"""What an example says it prints is what it prints.

`/* -> text */` in an example's source is a line of its output: all of it, or all up to a comma or
semicolon where more follows. Comments stand in the order of the lines, with others between them.

SPDX-License-Identifier: Apache-2.0
"""
import re

import program
from program import Case, example, run

ARGUMENTS = {"digits": ("--data", program.data, "--epochs", "1", "--seeds", "1"),
             "digits_cnn": ("--data", program.data, "--epochs", "1")}


def promised(source):
    return re.findall(r"/\* -> (.*?) \*/", source)


def first_missing(promises, lines):
    """The first promise that no line keeps behind the lines of those before it; None: all kept."""
    at = 0
    for promise in promises:
        while at < len(lines) and not (lines[at] == promise or
                                       lines[at].startswith((promise + ",", promise + ";"))):
            at += 1
        if at == len(lines):
            return promise
        at += 1
    return None


class Comments(Case):
    def names(self):
        return sorted(p.stem for p in (program.places.root / "examples").glob("*.c"))

    def output(self, name):
        words = [w() if callable(w) else w for w in ARGUMENTS.get(name, ())]
        return self.succeeds(example(name), *words, folder=self.folder).splitlines()

    def source(self, name):
        return (program.places.root / "examples" / f"{name}.c").read_text(encoding="utf-8")

    def test_every_example_prints_what_its_comments_say(self):
        for name in self.names():
            with self.subTest(name):
                self.assertIsNone(first_missing(promised(self.source(name)), self.output(name)))

    def test_first_says_all_that_it_prints(self):
        self.assertEqual(promised(self.source("first")), self.output("first"))

    def test_a_broken_promise_is_found(self):
        lines = self.output("first")
        self.assertEqual(first_missing(["35 int32[]"], lines), "35 int32[]")
        self.assertEqual(first_missing(["3"], lines), "3")
        self.assertEqual(first_missing(lines[::-1], lines), lines[-2])
        self.assertEqual(first_missing(lines + lines[:1], lines), lines[0])

    def test_an_example_broken_in_its_first_step_says_so_in_one_line(self):
        for name in self.names():
            broken = program.places.tools / f"broken_{name}"
            words = [w() if callable(w) else w for w in ARGUMENTS.get(name, ())]
            for how, said in (("error", "broken in its first step"), ("memory", "memory")):
                with self.subTest(name, how=how):
                    self.fails([said], broken, *words, folder=self.folder, BROKEN=how)
                    self.assertEqual(list(self.folder.iterdir()), [])

    def test_bad_words_are_refused(self):
        for words in (["tutorial", "--no"], ["tutorial", "a", "b"], ["digits", "--data"],
                      ["digits", "--epochs", "0"], ["digits", "--epochs", "2x"],
                      ["digits", "--seeds", "33"], ["digits", "--no", "1"], ["digits", "here"]):
            with self.subTest(words=words):
                self.refuses(example(words[0]), *words[1:])

    def test_help_is_true(self):
        for name in ("tutorial", "digits"):
            done = run(example(name), "--help")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            for option in re.findall(r"--\w+", done.stdout):
                self.assertIn(f'"{option}"', self.source(name))


if __name__ == "__main__":
    program.main()
