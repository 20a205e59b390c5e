#!/bin/sh
# Resolve pyproject.toml into requirements/*.txt: exact versions with hashes, for Python 3.11 on Linux.
# No index address is written down: whoever installs uses the index their machine is set up with.
set -eu
cd "$(dirname "$0")/.."

.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes --only-binary=:all: \
    -r requirements/lock.txt

resolve() {
    .venv/bin/uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-emit-find-links \
        --python-version 3.11 --python-platform linux --custom-compile-command "make lock" "$@"
}

resolve pyproject.toml --output-file requirements/runtime.txt
resolve pyproject.toml --group test --constraints requirements/runtime.txt --output-file requirements/test.txt
resolve --group build --constraints requirements/test.txt --output-file requirements/build.txt
resolve --group lock --output-file requirements/lock.txt
