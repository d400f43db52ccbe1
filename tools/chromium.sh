#!/bin/sh
# Makes sure that there is a chromium for the browser tests, and its quicker shell. Fails with one line when there is none.
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing chromium for the browser tests, once."
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update &&
        apt-get -qq install --yes --no-install-recommends chromium fonts-dejavu-core </dev/null >/dev/null || exit 1
    # Not every Debian has it; the tests do without.
    apt-get -qq install --yes --no-install-recommends chromium-headless-shell </dev/null >/dev/null 2>&1
    exit 0
fi
echo "No chromium was found, so the browser tests are left out. As root: apt-get install chromium" >&2
exit 1
