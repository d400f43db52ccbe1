#!/bin/sh
# Installs a hashed lock into .venv: venv.sh PYTHON LOCK STAMP [STAMP ...]
# The stamps, named by what was installed, are written last: a set-up that broke off is done again.
set -eu
python=$1
lock=$2
shift 2

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "The studio needs Python 3.11 or newer; '$python' is not. Install it, or name one: make PYTHON=python3.11" >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    echo "Python's venv is missing. As root: apt-get install python3-venv" >&2
    exit 1
fi

minor='import sys; print(sys.version_info[:2])'
# A set-up that was cut off can leave a Python without its pip, or with half of it.
if [ "$(.venv/bin/python -c "$minor" 2>/dev/null)" != "$("$python" -c "$minor")" ] ||
    ! .venv/bin/python -m pip show --quiet pip 2>/dev/null; then
    "$python" -m venv --clear .venv
fi
echo "Installing what the studio needs into .venv, once."
rm -f .venv/.installed-*
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r "$lock"
touch "$@"
