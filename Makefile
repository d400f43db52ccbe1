# make run   the studio on http://127.0.0.1:8000, everything it needs installed into .venv first
# make test  the same set-up with the developers' tools, then all tests; LESS='not long' leaves out what takes long
# make test-postgres  those tests that may differ there once more, on a PostgreSQL and Redis of their own; LESS='not flow' without whole studios
# make lint  style, types, import contracts, templates, migrations
# A set-up is done once: .venv holds a stamp named by the lock and the Python it was made from.

PYTHON ?= python3
BIN := .venv/bin

stamp = .venv/.installed-$(1)-$(shell { $(PYTHON) -V; cat $(2); } 2>&1 | sha256sum | cut -c 1-16)
RUN := $(call stamp,run,requirements.txt)
DEV := $(call stamp,dev,requirements.txt requirements-dev.txt)
# For a good part of its time a test waits for processes that it started: one more than there are cores. In the order
# of conftest.py, which has these first.
SPREAD := -n 4 --dist loadfile --no-loadscope-reorder
TEMPLATES = $(shell find templates gallery studio -name '*.html')

.PHONY: run test test-postgres lint
.DEFAULT_GOAL := run

run: $(RUN)
	@$(BIN)/python manage.py runstudio

test: $(DEV)
	@without="$(LESS)"; tools/chromium.sh || without="$${without:+$$without and }not browser"; \
	tools/postgres.sh || without="$${without:+$$without and }not postgres"; \
	tools/boxes.sh || without="$${without:+$$without and }not boxes"; \
	set -x; $(BIN)/python -m pytest $(SPREAD) -m "$$without"

test-postgres: $(DEV)
	@tools/postgres.sh && tools/boxes.sh
	$(BIN)/python -m tests.postgres $(BIN)/python -m pytest --differing $(SPREAD) -m "$(LESS)"

lint: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy manage.py studio gallery
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec docker-compose.yml
	$(BIN)/djade --check --target-version 5.2 $(TEMPLATES)
	$(BIN)/python manage.py makemigrations --check --dry-run

$(RUN):
	@tools/venv.sh "$(PYTHON)" requirements.txt "$@"

$(DEV):
	@tools/venv.sh "$(PYTHON)" requirements-dev.txt "$@" "$(RUN)"
