#!/bin/sh
# Lint and format check of the map viewer's scripts, by the versions in package-lock.json.
set -eu
if ! command -v npm >/dev/null; then
    echo "npm is missing: the viewer's scripts are not checked (Debian: apt-get install nodejs npm)" >&2
    [ "${CI:-}" != true ] || exit 1
    exit 0
fi
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    if ! npm ci --no-audit --no-fund --loglevel=error; then
        echo "npm could not install eslint and prettier (is there a network?): the viewer's scripts are not checked" >&2
        [ "${CI:-}" != true ] || exit 1
        exit 0
    fi
    touch node_modules/.package-lock.json
fi
npm run --silent lint
