#!/bin/sh
# Make sure of a Chromium for the browser tests: use one that is there, or install Debian's when we may.
set -eu

if [ -n "${EDGEWISE_CHROMIUM:-}" ]; then
    [ -x "$EDGEWISE_CHROMIUM" ] && exit 0
    echo "EDGEWISE_CHROMIUM names $EDGEWISE_CHROMIUM, which cannot be run." >&2
    exit 1
fi
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" > /dev/null; then exit 0; fi
done
if [ "$(id -u)" -eq 0 ] && command -v apt-get > /dev/null; then
    echo "Installing Chromium for the browser tests"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    exec apt-get install -y -qq --no-install-recommends chromium
fi
echo "The browser tests need Chromium. Install it (Debian: apt-get install chromium), or set EDGEWISE_CHROMIUM to its path." >&2
exit 1
