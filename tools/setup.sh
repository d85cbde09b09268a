# Sourced by demo.sh, test.sh and bench.sh: installs what is missing where Debian's package manager
# is, and elsewhere says what is missing and stops.
#
#     need "cmake libdnnl-dev …"      packages, by Debian's names
#
# SPDX-License-Identifier: Apache-2.0

# What shows that a package is there on a system without Debian's list of packages: a command, or a
# header, or a library.
shown_by() {
    case $1 in
    libdnnl-dev) echo oneapi/dnnl/dnnl.h ;;
    libsleef-dev) echo sleef.h ;;
    libjansson-dev) echo jansson.h ;;
    liblapack-dev) echo liblapack.a ;;
    libeigen3-dev) echo eigen3/unsupported/Eigen/FFT ;;
    zlib1g-dev) echo zlib.h ;;
    libminizip-dev) echo minizip/unzip.h ;;
    libcmocka-dev) echo cmocka.h ;;
    libmpfr-dev) echo mpfr.h ;;
    libmpc-dev) echo mpc.h ;;
    python3-venv) echo python3 ;;
    libc6-dev) echo stdio.h ;;
    ninja-build) echo ninja ;;
    graphviz) echo dot ;;
    locales) echo localedef ;;
    pkgconf | pkg-config) echo pkg-config ;;
    libclang-rt-dev) echo sanitizer/asan_interface.h ;;
    *) echo "$1" ;;
    esac
}

is_there() {
    local sign
    sign=$(shown_by "$1")
    case $sign in
    sanitizer/*) [ -e "$(clang -print-resource-dir 2>/dev/null)/include/$sign" ] ;;
    eigen3/*) [ -e "/usr/include/$sign" ] || [ -e "/usr/local/include/$sign" ] ;;
    *.a) [ "$("${CC:-cc}" -print-file-name="$sign")" != "$sign" ] ;;
    *.h) printf '#include <stddef.h>\n#include <stdarg.h>\n#include <stdint.h>\n#include <setjmp.h>\n#include <%s>\n' "$sign" |
        "${CC:-cc}" -fsyntax-only -xc - 2>/dev/null ;;
    *) command -v "$sign" >/dev/null ;;
    esac
}

missing_packages() {
    local package
    for package in "$@"; do
        if command -v dpkg-query >/dev/null; then
            dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' ||
                echo "$package"
        else
            is_there "$package" || echo "$package"
        fi
    done
}

need() {
    local missing as_root=""
    # shellcheck disable=SC2086
    missing=$(missing_packages $1 | tr '\n' ' ')
    [ -z "$missing" ] && return 0
    if ! command -v apt-get >/dev/null; then
        echo "missing (by the names of Debian's packages): $missing" >&2
        echo "nothing was installed; install their like with this system's package manager" >&2
        exit 1
    fi
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || {
            echo "missing packages: $missing" >&2
            echo "to install them: apt-get install -y $missing (as root)" >&2
            exit 1
        }
        as_root=sudo
    fi
    echo "installing $missing"
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        $missing >/dev/null 2>&1 || {
        $as_root apt-get update >/dev/null || exit 1
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
            $missing >/dev/null || exit 1
    }
}

to_build="gcc g++ libc6-dev cmake ninja-build pkg-config libdnnl-dev libsleef-dev libjansson-dev
    liblapack-dev libeigen3-dev zlib1g-dev libminizip-dev"
# shellcheck disable=SC2034
to_show="$to_build graphviz"
# shellcheck disable=SC2034
to_test="$to_show clang libclang-rt-dev llvm lld clang-format ccache libcmocka-dev libmpfr-dev
    libmpc-dev locales python3 python3-venv git"
