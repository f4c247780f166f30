# Rapport. `make help` lists what can be made.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

# All that is started from here has numbers for addresses: eventlet's own resolver only costs time.
export EVENTLET_NO_GREENDNS := yes
# What one process has compiled, the hundreds that the tests start need not compile again.
export PYTHONDONTWRITEBYTECODE :=

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
# sqlite or postgresql; `make up` keeps what the house used before
DB ?=
DATABASE = $(if $(DB),--database $(DB))
PYTEST ?=
CHAOS ?=
CHECKED := chassis chaos contracts services deploy demo bench rapport_cli
# Each worker has a broker and a PostgreSQL of its own; tests/conftest.py says what stays together.
WORKERS := -n 3 --dist loadfile --no-loadscope-reorder
SUITE := tests/unit tests/contract tests/architecture tests/integration tests/e2e

RUNTIME := $(VENV)/.runtime
PROJECT := $(VENV)/.project
DEV := $(VENV)/.dev

##@ Run it

.PHONY: demo
demo: $(PROJECT)  ## run a real trading history through the house (DB=sqlite|postgresql)
	$(PY) -m demo $(DATABASE)

.PHONY: up
up: $(PROJECT)  ## start broker, databases and every service (DB=sqlite|postgresql)
	$(PY) -m deploy.local up $(DATABASE)

.PHONY: down
down: $(PROJECT)  ## stop them, keeping the data in var/
	$(PY) -m deploy.local down

.PHONY: status
status: $(PROJECT)  ## processes, queues, outboxes, parked messages; fails if something is down
	$(PY) -m deploy.local status

##@ Check it

.PHONY: lint style types layers pages
lint: style types layers pages  ## style, types, layers, generated pages

style: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(DEV)
	$(BIN)/mypy --strict $(CHECKED)

layers: $(DEV)
	$(BIN)/lint-imports --no-cache

pages: $(DEV)
	$(PY) -m rapport_cli.docs --check

.PHONY: test
test: $(DEV) machine  ## the whole suite, on SQLite and PostgreSQL (PYTEST="-k name" narrows it)
	$(PY) -m pytest -m "not long" $(WORKERS) $(wildcard $(SUITE)) $(PYTEST)

.PHONY: test-long
test-long: $(DEV) machine  ## what is too slow for every change
	$(PY) -m pytest -m long $(wildcard $(SUITE)) $(PYTEST)

.PHONY: chaos
chaos: $(DEV) machine  ## break a running house in every way we know, count again (CHAOS="--minutes 60")
	$(PY) -m chaos $(DATABASE) $(CHAOS)

.PHONY: spec
spec: $(DEV)  ## which entries of docs/inventory.md a test proves
	$(PY) -m tests.support.spec

.PHONY: bench
bench: $(DEV) machine  ## measure side by side and print ratios
	$(PY) -m bench

##@ Change it

.PHONY: setup
setup: $(DEV) machine  ## virtual environment, RabbitMQ, PostgreSQL

.PHONY: format
format: $(DEV)  ## let ruff put the code in shape
	$(BIN)/ruff check --fix --exit-zero .
	$(BIN)/ruff format .

.PHONY: docs
docs: $(DEV)  ## write the generated pages anew: events, AsyncAPI, schemas
	$(PY) -m rapport_cli.docs

.PHONY: lock
lock: $(DEV)  ## pin requirements*.in anew, with hashes
	$(COMPILE) --output-file requirements.lock requirements.in
	$(COMPILE) --output-file requirements-dev.lock requirements-dev.in

.PHONY: clean
clean:  ## stop every house and delete what was made, var/ included
	if [ -x $(PY) ] && [ -d var ]; then \
		find var -name house.json -printf '%h\n' | while read -r house; do \
			$(PY) -m deploy.local destroy --directory "$$house"; done; fi
	rm -rf var build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

.PHONY: help
help:  ## this list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ------------------------------------------------------------------ set-up, repeated only when a lock changes

COMPILE := CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe \
	--strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options
PIP := $(PY) -m pip --disable-pip-version-check -qq

.PHONY: machine
machine: $(RUNTIME)
	$(PY) -m deploy.local install

# Debian ships venv apart from Python.
$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Rapport needs Python 3.11 or later: make PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ [ "$$(id -u)" = 0 ] && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv; } || \
		{ echo "Python's venv is missing: install the package python3-venv."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(RUNTIME): requirements.lock | $(PY)
	$(PIP) install --require-hashes -r requirements.lock
	@touch $@

$(PROJECT): pyproject.toml $(RUNTIME)
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements-dev.lock $(PROJECT)
	$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@
