#!/bin/bash
# Sets up what is missing, builds with gcc and runs every test, then with clang under
# AddressSanitizer and UndefinedBehaviorSanitizer, and under ThreadSanitizer. The last line says how
# many tests passed and how many failed.
#
#     ./test.sh            everything a change has to pass
#     ./test.sh --quick    one build, without slow tests and fuzzers: for working
#     ./test.sh --full     that, an operation added as its page says, clang with optimisation,
#                          valgrind and ten minutes of fuzzing
#     ./test.sh --help     this text
#
# SPDX-License-Identifier: Apache-2.0
set -u
cd "$(dirname "$0")" || exit 1

usage() {
    sed -n '2,/^# SPDX/p' "$0" | sed '$d; s/^# \{0,1\}//'
}

case ${1-} in
"" | --quick | --full) mode=${1-} ;;
--help) usage && exit 0 ;;
*) usage >&2 && exit 64 ;;
esac

. tools/setup.sh
need "$to_test"
[ "$mode" = --full ] && need valgrind

results=build/results
rm -rf "$results"
mkdir -p "$results"
broken=0

# build PRESET: configures and builds, showing the log only where that fails.
build() {
    echo "== $1: building"
    { cmake --preset "$1" && ninja -C "build/$1"; } >"build/$1.log" 2>&1 && return
    cat "build/$1.log"
    echo "== $1: the build failed"
    broken=$((broken + 1))
    return 1
}

# check PRESET [ctest's arguments]: builds, then runs the tests.
check() {
    local preset=$1
    shift
    build "$preset" || return
    echo "== $preset: testing"
    ctest --preset "$preset" -j "$(nproc)" --output-junit "$PWD/$results/$preset.xml" "$@" |
        grep -v '^ *Start '
}

fuzz_for() {
    local preset
    for preset in gcc cruel tsan; do
        echo "== $preset: fuzzing for $1 seconds"
        TSAN_OPTIONS="suppressions=$PWD/tests/tsan.supp" EAGRE_AUDIT=3 \
            "build/$preset/fuzz/fuzz_programs" --seconds "$1" --seed "$(date +%s)" --threads ||
            broken=$((broken + 1))
    done
}

if [ "$mode" = --quick ]; then
    check gcc -LE 'slow|fuzz|install'
else
    # Most of these have one thread, where the sanitizer of threads has nothing to find.
    alone='^(conformance|docs|tools)/|^unit/(emit|io|onnx|see|nn|data)/|^unit/ops/[^f]'
    check gcc -LE full
    check cruel -LE 'slow|install'
    check tsan -LE 'slow|install|one_thread' -E "$alone"
fi
if [ "$mode" = --full ]; then
    ctest --preset gcc -L full --output-junit "$PWD/$results/full.xml" | grep -v '^ *Start '
    check clang -LE slow
    build debug && ctest --preset debug -j "$(nproc)" -LE 'slow|install|fuzz' -T memcheck \
        --output-junit "$PWD/$results/debug.xml" | grep -v '^ *Start '
    fuzz_for 200
fi
python3 tools/tally.py --broken "$broken" "$results"/*.xml
