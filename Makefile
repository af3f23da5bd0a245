# `make up` is all that a fresh machine needs: Python 3.11+ with venv, and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := hydrachat wire node client cluster drill
SOURCES := $(PACKAGES) tests benchmarks fuzz examples docs/pictures

# How many tests run at a time: most of them wait, so more than there are cores; drills don't.
WORKERS ?= 4
DRILLS ?= 3
PYTEST := $(BIN)/python -m pytest --dist worksteal

.PHONY: install up test test-unit test-blackbox test-drill test-long drill fuzz bench-quick pictures lint types check clean
# Side by side the parts of the suite would take each other's time.
.NOTPARALLEL:

install: $(VENV)/installed

up: $(VENV)/installed
	@exec $(BIN)/hydrachat up $(ARGS)

test: test-unit test-blackbox test-drill

test-unit: $(VENV)/installed-dev
	$(PYTEST) -n $(WORKERS) -m "not long" $(ARGS) tests/unit tests/contract

test-blackbox: $(VENV)/installed-dev
	$(PYTEST) -n $(WORKERS) -m "not long and not drill" $(ARGS) tests/blackbox tests/hostile

test-drill: $(VENV)/installed-dev
	$(PYTEST) -n $(DRILLS) -m "drill and not long" $(ARGS) tests/blackbox

# What needs more than the budget of the suite.
test-long: $(VENV)/installed-dev
	$(PYTEST) -n $(DRILLS) -m long $(ARGS)

# Ten minutes of all faults; see docs/drill.md.
drill: $(VENV)/installed
	@exec $(BIN)/hydrachat drill --minutes 10 $(ARGS)

# Each target for so many minutes; what is worth keeping goes into tests/corpus. See CONTRIBUTING.md.
MINUTES ?= 2
fuzz: $(VENV)/installed-dev
	@$(BIN)/python -c 'import atheris' 2>/dev/null || \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[fuzz]' || true
	@nice -n 15 $(BIN)/python -m fuzz --minutes $(MINUTES) --keep $(ARGS)

# Under a minute: two rows beside a bare loop that sends.
bench-quick: $(VENV)/installed
	@$(BIN)/hydrachat bench --rows 200x20,1000x4 --against raw --runs 1 --seconds 3

# Those of README.md, from the real program; a minute.
pictures: $(VENV)/installed
	@$(BIN)/python -m docs.pictures.make $(ARGS)

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
