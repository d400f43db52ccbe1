#!/bin/sh
# Writes the hashed locks from pyproject.toml. Package names given as arguments are upgraded, nothing else is:
#   tools/lock.sh            after an edit of pyproject.toml
#   tools/lock.sh pillow     to take a new pillow
#   tools/lock.sh --all      to take what is new of everything
set -eu
cd "$(dirname "$0")/.."
flags="--quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-strip-extras --allow-unsafe"
upgrade=""
for name in "$@"; do
    case $name in
        --all) upgrade="$upgrade --upgrade" ;;
        *) upgrade="$upgrade --upgrade-package $name" ;;
    esac
done
export CUSTOM_COMPILE_COMMAND="tools/lock.sh"
# Word splitting is wanted: these are lists of options.
# shellcheck disable=SC2086
.venv/bin/python -m piptools compile $flags $upgrade --output-file requirements.txt pyproject.toml
# shellcheck disable=SC2086
.venv/bin/python -m piptools compile $flags $upgrade --extra postgres -c requirements.txt \
    --output-file requirements-postgres.txt pyproject.toml
# shellcheck disable=SC2086
.venv/bin/python -m piptools compile $flags $upgrade --all-extras -c requirements.txt \
    --output-file requirements-dev.txt pyproject.toml
