# `make up` is all that a fresh machine needs: Python 3.11+ with venv, and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := hydrachat wire node client cluster
SOURCES := $(PACKAGES) tests

.PHONY: install up test test-long lint types check clean

install: $(VENV)/installed

up: $(VENV)/installed
	@exec $(BIN)/hydrachat up $(ARGS)

test: $(VENV)/installed-dev
	$(BIN)/python -m pytest -m "not long" $(ARGS)

test-long: $(VENV)/installed-dev
	$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/installed-dev
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)

types: $(VENV)/installed-dev
	$(BIN)/mypy

check: lint types test

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +

# The two stamps are younger than pyproject.toml once what it asks for is installed.
$(VENV)/installed: pyproject.toml hydrachat/__init__.py | $(VENV)/bin/pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[server]'
	@touch $@

$(VENV)/installed-dev: pyproject.toml hydrachat/__init__.py | $(VENV)/bin/pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[server,dev]'
	@touch $@ $(VENV)/installed

# One clear line each for what a fresh machine may lack. A half-made environment is made again.
$(VENV)/bin/pip:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "$(PYTHON) not found: install the Debian package python3, or say make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or later is needed, this is $$($(PYTHON) -V): say make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "$(PYTHON) has no venv module: install the Debian package python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
