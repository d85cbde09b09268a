#!/bin/bash
# Sets up what is missing, builds with optimisation, and runs the tour and the training of real
# data. What they write goes to build/demo.
#
#     ./demo.sh [--help]
#
# SPDX-License-Identifier: Apache-2.0
set -u
cd "$(dirname "$0")" || exit 1
if [ $# -gt 0 ]; then
    sed -n '2,/^# SPDX/p' "$0" | sed '$d; s/^# \{0,1\}//'
    [ "$1" = --help ] && exit 0
    exit 64
fi
. tools/setup.sh
need "$to_show"
echo "building (log: build/demo.log)"

set -e
mkdir -p build
cmake --preset demo >build/demo.log 2>&1 || { cat build/demo.log; exit 1; }
ninja -C build/demo examples/tutorial examples/digits >build/demo.log || { cat build/demo.log; exit 1; }
echo
build/demo/examples/tutorial build/demo
echo
build/demo/examples/digits --data examples/data --save build/demo/digits.safetensors
