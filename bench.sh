#!/bin/sh
# Builds with optimisation, runs the benchmarks and prints JSON lines on stdout; --compare FILE...
# prints the table of ratios to what those files hold instead, --goals which goals of speed hold.
#
#   ./bench.sh [--only CASE,...] [--threads N] [--reps N] [--busy] [--goals] [--compare FILE...]
#   ./bench.sh --pool [--threads N]               the pool of threads against OpenMP
#   ./bench.sh --peers [--only CASE,...] [--rounds N] [--with NAME,...] [--quick]
#                                                 TensorFlow, JAX, PyTorch, ONNX Runtime, MLX and
#                                                 NumPy side by side with eagre
#
# SPDX-License-Identifier: Apache-2.0
set -eu
root=$(cd "$(dirname "$0")" && pwd)
program=bench
compare=no
goals=no
peers=no
options=
while [ $# -gt 0 ]; do
    case $1 in
    --only | --threads | --reps | --rounds | --with)
        [ $# -gt 1 ] || { echo "bench.sh: $1 needs a value" >&2; exit 2; }
        options="$options $1 $2"
        shift 2
        ;;
    --peers)
        peers=yes
        shift
        ;;
    --quick)
        options="$options --quick"
        shift
        ;;
    --pool)
        program=bench_pool
        shift
        ;;
    --busy)
        options="$options --busy"
        shift
        ;;
    --goals)
        goals=yes
        shift
        ;;
    --compare)
        compare=yes
        shift
        break
        ;;
    -h | --help)
        sed -n 's/^#   //p' "$0"
        exit 0
        ;;
    *)
        sed -n 's/^#   //p' "$0" >&2
        exit 2
        ;;
    esac
done
[ $compare = no ] || [ $# -gt 0 ] || { echo "bench.sh: --compare needs a file" >&2; exit 2; }
for file; do
    [ -r "$file" ] || { echo "bench.sh: cannot read $file" >&2; exit 2; }
done

# After a call OpenMP's threads spin, for milliseconds unless this says less, on processors that
# whoever is next in turn needs.
export GOMP_SPINCOUNT="${GOMP_SPINCOUNT:-4000}"
cmake -S "$root" -B "$root/build/bench" -G Ninja -DCMAKE_BUILD_TYPE=Release -DEAGRE_TESTS=OFF >&2
if [ $peers = yes ]; then
    cmake --build "$root/build/bench" --target bench eagre >&2
    # shellcheck disable=SC2086 # the options are words without spaces
    exec python3 "$root/bench/peers/driver.py" "$root/build/bench/bench/bench" $options
fi
cmake --build "$root/build/bench" --target $program >&2
run=$root/build/bench/bench/$program
if [ $compare = no ] && [ $goals = no ]; then
    # shellcheck disable=SC2086 # the options are words without spaces
    exec "$run" $options
fi
lines=$(mktemp)
trap 'rm -f "$lines"' EXIT
# shellcheck disable=SC2086
"$run" $options > "$lines"
if [ $goals = yes ]; then
    python3 "$root/bench/goals.py" "$lines"
else
    python3 "$root/bench/compare.py" "$lines" "$@"
fi
