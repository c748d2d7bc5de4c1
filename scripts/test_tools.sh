#!/bin/sh
# What the tests need beyond pip: gdaldem (an independent check of slopes), chromium (to look at the map), node and npm
# (to check the viewer's scripts). Installed where that is possible; else what needs them is skipped, and under
# CI=true this fails.
set -eu
missing=""
command -v gdaldem >/dev/null || missing="$missing gdal-bin"
command -v chromium >/dev/null || missing="$missing chromium fonts-dejavu-core"
command -v node >/dev/null || missing="$missing nodejs"
command -v npm >/dev/null || missing="$missing npm"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq || true
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null || true
fi
for tool in gdaldem chromium node npm; do
    if ! command -v "$tool" >/dev/null; then
        echo "missing: $tool; what needs it is skipped (Debian: apt-get install$missing)" >&2
        [ "${CI:-}" != true ] || exit 1
    fi
done
