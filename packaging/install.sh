#!/bin/sh
# Install the station from this bundle, as root, without the internet: ./install.sh
# Run again with a newer bundle to upgrade: the data and /etc/lianyi/station.toml stay as they are.
set -eu
cd "$(dirname "$0")"
into=${LIANYI_INTO:-/opt/lianyi}
python=${PYTHON:-python3.11}

"$python" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || {
    echo "install: this bundle needs Python 3.11 with its venv module (Debian 12: python3.11 and python3.11-venv)." >&2
    exit 1
}
echo "install: checking the bundle"
sha256sum --check --quiet SHA256SUMS
"$python" -m venv --clear "$into/venv"
"$into/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
    --no-index --find-links wheels --require-hashes -r runtime.txt
"$into/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
    --no-index --no-deps wheels/lianyi-*.whl
"$into/venv/bin/lianyi" --version

if [ "${LIANYI_ONLY_PROGRAM:-}" = 1 ]; then exit 0; fi
if ! id lianyi >/dev/null 2>&1; then useradd --system --home-dir /var/lib/lianyi --shell /usr/sbin/nologin lianyi; fi
mkdir -p /etc/lianyi
if [ ! -e /etc/lianyi/station.toml ]; then
    install -m 0640 -g lianyi station.toml /etc/lianyi/station.toml
    echo "install: edit /etc/lianyi/station.toml, then: systemctl enable --now lianyi"
fi
install -m 0644 lianyi.service /etc/systemd/system/lianyi.service
if command -v systemctl >/dev/null 2>&1; then systemctl daemon-reload || true; fi
