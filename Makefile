# `make demo` and `make test` are all that a newcomer needs; both install what they want, once.
SHELL := /bin/bash
.ONESHELL:
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
# These keep a processor busy. The others start installations and browsers, kill, and wait: in the order of their folders one worker
# goes through what browsers and faults need an installation for, while another sees to the rest (tests/conftest.py).
BUSY := tests/unit tests/web tests/lti tests/flow
TEST_WORKERS ?= 2
VENV := .venv
BIN := $(VENV)/bin
TOOLS := .tools
UV := $(TOOLS)/bin/uv
UV_VERSION := 0.13.8
STAMP := $(VENV)/.stamp
# The lists below carry hashes, and no address: where packages come from is this machine's business.
export UV_NO_PROGRESS := 1

.PHONY: help demo test check bench assets requirements format clean-requirements

help: ## Show this
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

demo: $(STAMP)-demo $(STAMP)-assets ## Install, start everything, and print where to click
	@scripts/build-launcher
	@exec $(BIN)/lti-grader up

test: $(STAMP)-test $(STAMP)-assets ## Install what the tests need, and run them all
	@scripts/system-packages
	@scripts/build-launcher
	@scripts/peer-venv
	scripts/with-node npm --prefix frontend --silent test
	failed=0
	$(BIN)/python -m pytest --numprocesses $(TEST_WORKERS) $(BUSY) || failed=1
	$(BIN)/python -m pytest --numprocesses $(TEST_WORKERS) --no-loadscope-reorder $(addprefix --ignore=,$(BUSY)) || failed=1
	exit $$failed

check: $(STAMP)-test $(STAMP)-assets ## Everything but the tests: style, types, layers, templates, lists
	@scripts/check

bench: $(STAMP)-test $(STAMP)-assets ## Measure, in one run, with ratios
	@scripts/system-packages
	@scripts/build-launcher
	$(BIN)/python -m benchmarks

assets: $(STAMP)-assets ## Build scripts and styles

format: $(STAMP)-test ## Put code into its common form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	scripts/with-node npm --prefix frontend run format

$(UV):
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "Python 3.11 or newer is needed: make PYTHON=/path/to/python3"'
	$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(UV) venv --quiet --allow-existing --python $(PYTHON) $(VENV)

# Where the environment keeps Python from writing what it compiled (PYTHONDONTWRITEBYTECODE), each process would compile two thousand
# modules anew, for 3 s: so that is done here.
define compiled
$(BIN)/python -m compileall -q lti_grader
endef

# The tests' list holds the demo's: whoever has run the tests need not install again to see the demo.
$(STAMP)-demo: requirements/demo.txt pyproject.toml | $(UV)
	if [ ! -e $(STAMP)-test ]; then
	  $(UV) pip sync --quiet --compile-bytecode --require-hashes --python $(BIN)/python requirements/demo.txt
	  $(UV) pip install --quiet --no-deps --python $(BIN)/python --editable .
	  $(compiled)
	fi
	touch $@

$(STAMP)-test: requirements/test.txt pyproject.toml | $(UV)
	$(UV) pip sync --quiet --compile-bytecode --require-hashes --python $(BIN)/python requirements/test.txt
	$(UV) pip install --quiet --no-deps --python $(BIN)/python --editable .
	$(compiled)
	touch $@ $(STAMP)-demo

$(STAMP)-assets: frontend/package-lock.json frontend/build.mjs $(shell find frontend/src -type f 2>/dev/null) | $(STAMP)-demo
	scripts/with-node npm --prefix frontend ci --silent --no-audit --no-fund
	scripts/with-node npm --prefix frontend run --silent build
	touch $@

requirements: | $(UV) ## Write the lists anew from pyproject.toml
	@scripts/requirements
