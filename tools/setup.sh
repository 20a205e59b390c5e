#!/bin/sh
# Make .venv with the locked dependencies and this package in it: `tools/setup.sh runtime`, `test`, `train` or `peer`.
# Does nothing when that is already done for these very lock files in this very folder.
# Needs no terminal.  The only system package it may need is Python's own venv module (Debian: python3-venv).
set -eu
cd "$(dirname "$0")/.."

level=${1:?say runtime, test, train or peer}
extra=
case $level in
    runtime) locks="requirements/build.txt requirements/runtime.txt" ;;
    test) locks="requirements/build.txt requirements/test.txt" ;;
    train) locks="requirements/build.txt requirements/test.txt"; extra="train/requirements.txt" ;;
    peer) locks="requirements/build.txt requirements/test.txt"; extra="train/requirements.txt train/peer-requirements.txt" ;;
    *) echo "setup: unknown level '$level'; say runtime, test, train or peer." >&2; exit 2 ;;
esac

wanted=$({ pwd -P; cat $locks $extra pyproject.toml; } | sha256sum | cut -c1-64)
stamp=.venv/.lianyi-$level
is_ready() { [ -x .venv/bin/lianyi ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; }
if is_ready; then exit 0; fi

# Two makes at once wait for each other.
if command -v flock >/dev/null 2>&1; then
    exec 9<tools/setup.sh
    flock 9
    if is_ready; then exit 0; fi
fi

find_python() {
    for name in python3.11 python3 python3.12 python3.13; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            echo "$name"
            return
        fi
    done
    found=$(python3 --version 2>&1 || true)
    echo "setup: Lianyi needs Python 3.11 or newer; this machine has: ${found:-no python3}." >&2
    echo "setup: on Debian 12 or newer: apt-get install python3 python3-venv" >&2
    exit 1
}

# ensurepip is what Debian leaves out of python3; without it a virtual environment has no pip.
make_venv() {
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
            echo "setup: installing the Debian package $package: Python's own module for virtual environments, which Debian ships apart."
            DEBIAN_FRONTEND=noninteractive apt-get update -qq </dev/null >/dev/null
            DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" </dev/null >/dev/null
        elif "$python" -m pip --version >/dev/null 2>&1; then
            # No ensurepip, but a pip outside: it can put one in.
            "$python" -m venv --clear --without-pip .venv
            "$python" -m pip --python .venv/bin/python install --quiet --disable-pip-version-check --no-input pip
            return
        else
            echo "setup: the Debian package $package is missing, and installing it needs root." >&2
            echo "setup: run, as root:  apt-get install $package      then the same make command again." >&2
            exit 1
        fi
    fi
    "$python" -m venv --clear .venv
}

install() {
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input "$@" </dev/null
}

began=$(date +%s)
is_venv_here() {  # scripts in a virtual environment know their folder: one that was moved or half made is made anew
    head -n 3 .venv/bin/pip | grep -qF "$(pwd -P)/.venv/" && .venv/bin/python -m pip --version
}
if ! is_venv_here >/dev/null 2>&1; then
    python=$(find_python)
    echo "setup: making the virtual environment .venv with $("$python" --version)"
    make_venv
fi
echo "setup: installing the locked dependencies ($level); the first time this fetches some 350 MB and takes minutes"
set --
for lock in $locks; do set -- "$@" -r "$lock"; done
install --require-hashes --only-binary=:all: "$@"
set --
for more in $extra; do set -- "$@" -r "$more"; done
if [ $# -gt 0 ]; then install --only-binary=:all: "$@"; fi
install --no-deps --no-build-isolation --editable .

echo "$wanted" >"$stamp"
echo "setup: ready in $(($(date +%s) - began)) s"
