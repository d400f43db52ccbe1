#!/bin/sh
# Makes sure that there is a PostgreSQL for the tests, which start servers of their own. Fails with one line when
# there is none.
for server in /usr/lib/postgresql/*/bin/postgres "$(command -v postgres)"; do
    [ -x "$server" ] && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing PostgreSQL for the tests, once."
    export DEBIAN_FRONTEND=noninteractive
    policy=/usr/sbin/policy-rc.d
    # Debian starts a server when it is installed: this one is for the tests alone.
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod +x "$policy"
        trap 'rm -f "$policy"' EXIT
    fi
    apt-get -qq update &&
        apt-get -qq install --yes --no-install-recommends postgresql </dev/null >/dev/null && exit 0
fi
echo "No PostgreSQL was found, so the tests on it are left out. As root: apt-get install postgresql" >&2
exit 1
