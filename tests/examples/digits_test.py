"""Training on the digits: how good it gets, what it writes, and what it says of bad files.

SPDX-License-Identifier: Apache-2.0
"""
import gzip
import json
import os
import pty
import re
import shutil
import struct
import subprocess

import program
from program import Case, data, example

GOOD = 91.0  # per cent; Keras with the same layers reaches 91.4 to 91.7
QUICK = ("--epochs", "1", "--seeds", "1")
TRAIN_IMAGES = "digits-train-images-idx3-ubyte.gz"
TEST_LABELS = "digits-test-labels-idx1-ubyte.gz"


def per_cent(pattern, text):
    return [float(x) for x in re.findall(pattern + r"(\d+\.\d+) %", text)]


def header(path):
    """The names and shapes in a safetensors file."""
    raw = path.read_bytes()
    size, = struct.unpack("<Q", raw[:8])
    return {name: tensor["shape"] for name, tensor in json.loads(raw[8:8 + size]).items()
            if name != "__metadata__"}


class Training(Case):
    printed = None

    def whole_run(self):
        if Training.printed is None:
            Training.printed = self.succeeds(example("digits"), "--data", data(),
                                             folder=self.folder)
            self.assertEqual(header(self.folder / "digits.safetensors"), {
                "hidden/weights": [64, 128], "hidden/bias": [128],
                "output/weights": [128, 10], "output/bias": [10]})
        return Training.printed

    def test_every_seed_is_good_on_the_test_rows(self):
        accuracy = per_cent("test accuracy ", self.whole_run())
        self.assertEqual(len(accuracy), 5)
        self.assertGreaterEqual(min(accuracy), GOOD)
        spread, = re.findall(r"5 seeds: mean (\S+) %, from (\S+) to (\S+) %", self.whole_run())
        self.assertAlmostEqual(float(spread[0]), sum(accuracy) / 5, delta=0.01)
        self.assertEqual([float(x) for x in spread[1:]], [min(accuracy), max(accuracy)])

    def test_eager_and_function_end_with_the_same_bits(self):
        self.assertIn("both end with the same bits: yes\n", self.whole_run())

    def test_what_is_loaded_is_as_good_as_what_was_saved(self):
        before, after, verdict = re.findall(r"accuracy (0\.\d+) and (0\.\d+), (.*)\n",
                                            self.whole_run())[0]
        self.assertEqual((before, verdict), (after, "the same"))
        first, *_ = per_cent("test accuracy ", self.whole_run())
        self.assertEqual(f"{100 * float(before):.2f}", f"{first:.2f}")

    def test_a_file_gets_whole_lines_only(self):
        self.assertNotRegex(self.whole_run(), "[\r\x1b\b]")
        bars = re.findall(r"^seed \d+, \w+ 2400/2400 \[=+\] .*loss .* accuracy", self.whole_run(),
                          re.MULTILINE)
        self.assertEqual(len(bars), 6)

    def test_the_number_of_threads_does_not_matter(self):
        printed = {self.save_one(threads) for threads in ("1", "4")}
        self.assertEqual(len(printed), 1)

    def save_one(self, threads):
        path = self.folder / f"{threads}.safetensors"
        self.succeeds(example("digits"), "--data", data(), *QUICK, "--save", path,
                      EAGRE_THREADS=threads)
        return path.read_bytes()

    def test_a_terminal_sees_the_bar_move(self):
        try:
            ours, its = pty.openpty()
        except OSError as error:
            print(f"skipped: a terminal to draw the bar on: {error}")
            self.skipTest("this system gives out no terminals")
        child = subprocess.Popen([example("digits"), "--data", data(), *QUICK], stdout=its,
                                 cwd=self.folder)
        os.close(its)
        seen = b""
        while True:
            try:
                more = os.read(ours, 65536)
            except OSError:  # how Linux says that the other end is closed
                break
            if not more:
                break
            seen += more
        os.close(ours)
        self.assertEqual(child.wait(), 0)
        self.assertRegex(seen, rb"\rseed 1, eager 1/40 \[")
        self.assertRegex(seen, rb"\rseed 1, function 40/40 \[=+\]")


class BadFiles(Case):
    def setUp(self):
        super().setUp()
        self.data = self.folder / "data"
        self.data.mkdir()
        for path in data().glob("*.gz"):
            shutil.copy(path, self.data)
        self.empty = self.folder / "empty"
        self.empty.mkdir()

    def breaks(self, *said, save="digits.safetensors", **options):
        """Training must fail for what `said` names, and leave no file."""
        done = self.fails(said, example("digits"), "--data", self.data, *QUICK, "--save", save,
                          folder=self.empty, **options)
        self.assertEqual(os.listdir(self.empty), [])
        return done

    def test_a_missing_folder(self):
        shutil.rmtree(self.data)
        self.breaks(TRAIN_IMAGES, "No such file")

    def test_a_missing_file(self):
        (self.data / TEST_LABELS).unlink()
        self.breaks(TEST_LABELS, "No such file")

    def test_a_folder_in_a_files_place(self):
        (self.data / TRAIN_IMAGES).unlink()
        (self.data / TRAIN_IMAGES).mkdir()
        self.breaks(TRAIN_IMAGES)

    def test_a_compressed_file_cut_off(self):
        whole = (self.data / TRAIN_IMAGES).read_bytes()
        for n in (3, 20, len(whole) // 2, len(whole) - 9):
            with self.subTest(n=n):
                (self.data / TRAIN_IMAGES).write_bytes(whole[:n])
                self.breaks(TRAIN_IMAGES, "cut off")

    def test_an_array_cut_off(self):
        whole = gzip.decompress((self.data / TRAIN_IMAGES).read_bytes())
        for n in (0, 3, 15, 16, len(whole) // 2, len(whole) - 1):
            with self.subTest(n=n):
                (self.data / TRAIN_IMAGES).write_bytes(gzip.compress(whole[:n]))
                self.breaks(TRAIN_IMAGES, "cut off")

    def test_an_array_that_goes_on(self):
        whole = gzip.decompress((self.data / TRAIN_IMAGES).read_bytes())
        (self.data / TRAIN_IMAGES).write_bytes(gzip.compress(whole + b"\0"))
        self.breaks(TRAIN_IMAGES, "bytes follow")

    def test_a_foreign_file(self):
        for content in (b"%PDF-1.4 and so on", b"\x89PNG\r\n\x1a\n0000", b"\0\0\x07\x01\0\0\0\0"):
            with self.subTest(content=content):
                (self.data / TRAIN_IMAGES).write_bytes(content)
                self.breaks(TRAIN_IMAGES, "no IDX file")

    def test_damaged_bytes(self):
        whole = bytearray((self.data / TRAIN_IMAGES).read_bytes())
        whole[len(whole) // 2] ^= 0x10
        (self.data / TRAIN_IMAGES).write_bytes(whole)
        self.breaks(TRAIN_IMAGES)

    def test_fewer_labels_than_images(self):
        shutil.copy(self.data / TEST_LABELS, self.data / "digits-train-labels-idx1-ubyte.gz")
        self.breaks("360")

    def test_too_few_rows(self):
        self.fails(["fewer rows"], example("digits"), "--data", self.data, "--rows", "20",
                   folder=self.empty)

    def test_an_unwritable_path(self):
        (self.folder / "file").touch()
        for where in (self.folder / "nowhere" / "x", self.folder / "file" / "x"):
            with self.subTest(where=where):
                self.breaks(str(where), save=where)

    def test_a_folder_in_the_place_of_the_weights(self):
        self.breaks("cannot write", str(self.data), save=self.data)
        self.assertEqual(sorted(os.listdir(self.folder)), ["data", "empty"])

    def test_a_full_disk_leaves_the_old_weights(self):
        old = self.folder / "old.safetensors"
        old.write_text("what was there before")
        self.breaks("cannot write", str(old), save=old, most_bytes=8192)
        self.assertEqual(old.read_text(), "what was there before")
        self.assertEqual(sorted(os.listdir(self.folder)), ["data", "empty", "old.safetensors"])


if __name__ == "__main__":
    program.main()
