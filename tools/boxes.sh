#!/bin/sh
# Makes sure that there are redis-server, nginx and docker-compose for the tests, which start servers of their own.
# Fails with one line when one is missing.
missing=""
for name in redis-server nginx docker-compose; do
    command -v "$name" >/dev/null || [ -x "/usr/sbin/$name" ] || missing="$missing $name"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing$missing for the tests, once."
    export DEBIAN_FRONTEND=noninteractive
    policy=/usr/sbin/policy-rc.d
    # Debian starts a server when it is installed: these are for the tests alone.
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod +x "$policy"
        trap 'rm -f "$policy"' EXIT
    fi
    # shellcheck disable=SC2086
    apt-get -qq update && apt-get -qq install --yes --no-install-recommends $missing </dev/null >/dev/null && exit 0
fi
echo "Missing:$missing, so the tests of many boxes are left out. As root: apt-get install$missing" >&2
exit 1
