"""docs/array-api.md names each function and constant of the Array API standard 2024.12 once, in its
section, and the tests it names are there: array_api.py ROOT

SPDX-License-Identifier: Apache-2.0
"""
import re
import sys
from pathlib import Path

# https://data-apis.org/array-api/2024.12/API_specification/
STANDARD = {
    "Constants": "e inf nan newaxis pi",
    "Creation": "arange asarray empty empty_like eye from_dlpack full full_like linspace meshgrid"
                " ones ones_like tril triu zeros zeros_like",
    "Data types": "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 complex64"
                  " complex128",
    "Data type functions": "astype can_cast finfo iinfo isdtype result_type",
    "Element-wise": "abs acos acosh add asin asinh atan atan2 atanh bitwise_and bitwise_left_shift"
                    " bitwise_invert bitwise_or bitwise_right_shift bitwise_xor ceil clip conj"
                    " copysign cos cosh divide equal exp expm1 floor floor_divide greater"
                    " greater_equal hypot imag isfinite isinf isnan less less_equal log log1p log2"
                    " log10 logaddexp logical_and logical_not logical_or logical_xor maximum"
                    " minimum multiply negative nextafter not_equal positive pow real reciprocal"
                    " remainder round sign signbit sin sinh square sqrt subtract tan tanh trunc",
    "Indexing": "take take_along_axis",
    "Inspection": "__array_namespace_info__ capabilities default_device default_dtypes devices"
                  " dtypes",
    "Linear algebra": "matmul matrix_transpose tensordot vecdot linalg.cholesky linalg.cross"
                      " linalg.det linalg.diagonal linalg.eigh linalg.eigvalsh linalg.inv"
                      " linalg.matmul linalg.matrix_norm linalg.matrix_power linalg.matrix_rank"
                      " linalg.matrix_transpose linalg.outer linalg.pinv linalg.qr linalg.slogdet"
                      " linalg.solve linalg.svd linalg.svdvals linalg.tensordot linalg.trace"
                      " linalg.vecdot linalg.vector_norm",
    "Manipulation": "broadcast_arrays broadcast_to concat expand_dims flip moveaxis permute_dims"
                    " repeat reshape roll squeeze stack tile unstack",
    "Searching": "argmax argmin count_nonzero nonzero searchsorted where",
    "Sets": "unique_all unique_counts unique_inverse unique_values",
    "Sorting": "argsort sort",
    "Statistics": "cumulative_prod cumulative_sum max mean min prod std sum var",
    "Utilities": "all any diff",
    "Fourier transforms": "fft.fft fft.ifft fft.fftn fft.ifftn fft.rfft fft.irfft fft.rfftn"
                          " fft.irfftn fft.hfft fft.ihfft fft.fftfreq fft.rfftfreq fft.fftshift"
                          " fft.ifftshift",
}
TEST = re.compile(r"\[(\S+)\]\((\S+)\) `(\w+)`")


def rows_of(page):
    """Section, standard's name, name here and test of each row."""
    section = None
    for line in page.splitlines():
        section = line[3:] if line.startswith("## ") else section
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line[:1] == "|" else []
        if len(cells) == 3 and re.fullmatch(r"`[\w.]+`", cells[0]):
            yield section, cells[0].strip("`"), cells[1], cells[2]


def body_of(path, name):
    """The text of a test or the cases of an operation; None where there is none."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    if path.suffix == ".case":
        found = re.findall(rf"^{name}\(.*", text, re.MULTILINE)
        return "\n".join(found) or None
    found = re.search(rf"^TEST\({name}\)\n{{(.*?)^}}", text, re.MULTILINE | re.DOTALL)
    return found and found[1]


def problems_of(root, row):
    _, standard, here, test = row
    if here == "missing":
        if test:
            yield f"{standard} is missing, but a test shows it"
        return
    said = TEST.fullmatch(test)
    if not said:
        yield f"{standard}: no test is named"
        return
    body = body_of((root / "docs" / said[2]).resolve(), said[3])
    names = re.findall(r"\b(?:eg|EG)_\w+", here)
    if body is None:
        yield f"{standard}: {said[2]} has no {said[3]}"
    elif not names:
        yield f"{standard}: no name here"
    elif not said[2].endswith(".case") and not any(re.search(rf"\b{n}\b", body) for n in names):
        yield f"{standard}: the test {said[3]} does not use {', '.join(names)}"


def main():
    root = Path(sys.argv[1])
    rows = list(rows_of((root / "docs/array-api.md").read_text(encoding="utf-8")))
    wanted = [(section, name) for section, names in STANDARD.items() for name in names.split()]
    found = [row[:2] for row in rows]
    problems = [f"{name} is not under {section}" for section, name in wanted
                if (section, name) not in found]
    problems += [f"{section}: {name} is not of the standard, or there twice"
                 for section, name in found if (section, name) not in wanted
                 or found.count((section, name)) > 1]
    for row in rows:
        problems += problems_of(root, row)
    print("\n".join(problems), end="\n" if problems else "")
    missing = sum(row[2] == "missing" for row in rows)
    print(f"{len(wanted)} names, {missing} of them missing here")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
