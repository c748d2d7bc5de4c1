#!/bin/sh
# Make .venv and install the package into it: scripts/venv.sh WHAT, as "." or ".[test]".
set -eu
python=${PYTHON:-python3}
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "jezero_sites needs Python 3.11 or later; found: $("$python" --version 2>&1). Try: make PYTHON=python3.12 ..." >&2
    exit 2
fi
if [ ! -x .venv/bin/python ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    if ! "$python" -m venv --clear .venv; then
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
            apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv
            "$python" -m venv --clear .venv
        else
            echo "Python's venv module is missing; install it (Debian: apt-get install python3-venv)" >&2
            exit 2
        fi
    fi
fi
.venv/bin/python -m pip install --quiet --editable "$1"
