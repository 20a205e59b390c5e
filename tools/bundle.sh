#!/bin/sh
# Make dist/lianyi-VERSION-bundle.tar.gz: every wheel that the station needs, and a script that installs them without
# the internet.  Runs where there is one, for machines of the same kind (Linux, same processor, Python 3.11).
set -eu
cd "$(dirname "$0")/.."
version=$(sed -n 's/^__version__ = "\(.*\)"/\1/p' src/lianyi/__init__.py)
name="lianyi-$version-bundle"
folder="dist/$name"
rm -rf "$folder" "$folder.tar.gz"
mkdir -p "$folder/wheels"
echo "bundle: fetching the locked wheels; some 350 MB"
.venv/bin/python -m pip download --quiet --disable-pip-version-check --no-input --require-hashes --only-binary=:all: \
    --dest "$folder/wheels" -r requirements/runtime.txt </dev/null
.venv/bin/python -m pip wheel --quiet --disable-pip-version-check --no-input --no-deps --no-build-isolation \
    --wheel-dir "$folder/wheels" . </dev/null
cp requirements/runtime.txt packaging/install.sh packaging/lianyi.service packaging/station.toml LICENSE "$folder/"
chmod 755 "$folder/install.sh"
(cd "$folder" && find . -type f ! -name SHA256SUMS -print0 | sort -z | xargs -0 sha256sum >SHA256SUMS)
tar -C dist -czf "$folder.tar.gz" "$name"
echo "bundle: $folder.tar.gz ($(du -h "$folder.tar.gz" | cut -f1))"
