# `make up` is all that a fresh machine needs: Python 3.11+ with venv, and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SUPPLY := $(VENV)/supply
PACKAGES := hydrachat wire node client cluster drill
SOURCES := $(PACKAGES) tests benchmarks fuzz examples docs/pictures requirements

# How many tests run at a time: most of them wait, so more than there are cores; drills don't.
WORKERS ?= 4
DRILLS ?= 3
PYTEST := $(BIN)/python -m pytest --dist worksteal
# A node whose machine stood still for its whole lease, of a second here, sends its clients away. Only a test that
# tells of that is tried once more; see CONTRIBUTING.md.
LATE := --reruns 1 --only-rerun 'lost its place for a moment'

# Where this is set each process compiles all of Hydrachat anew: a fifth more for each node that starts. Empty is not set.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help install up test test-unit test-blackbox test-drill test-long drill fuzz bench-quick pictures lint types check lock audit clean
# Side by side the parts of the suite would take each other's time.
.NOTPARALLEL:

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | \
	  while IFS='|' read -r target text; do printf '  %-20s %s\n' "$$target" "$$text"; done

install: $(VENV)/installed  ## .venv with all that runs

up: $(VENV)/installed  ## start Redis, three nodes and a balancer here (ARGS: options of hydrachat up)
	@exec $(BIN)/hydrachat up $(ARGS)

test: test-unit test-blackbox test-drill  ## all tests but the long ones (ARGS: options of pytest; WORKERS, DRILLS: how many at a time)

test-unit: $(VENV)/installed-dev  ## ... those without processes of their own, and the contract with Redis
	$(PYTEST) -n $(WORKERS) -m "not long" $(ARGS) tests/unit tests/contract

test-blackbox: $(VENV)/installed-dev  ## ... those of real processes, and of strangers who mean ill
	$(PYTEST) -n $(WORKERS) -m "not long and not drill" $(LATE) $(ARGS) tests/blackbox tests/hostile

test-drill: $(VENV)/installed-dev  ## ... short drills
	$(PYTEST) -n $(DRILLS) -rs -m "drill and not long" $(ARGS) tests/blackbox/test_drill*.py

# What needs more than the budget of the suite.
test-long: $(VENV)/installed-dev  ## the tests that need more than the budget of `test`
	$(PYTEST) -n $(DRILLS) -m long $(ARGS)

# Ten minutes of all faults; see docs/drill.md.
drill: $(VENV)/installed  ## ten minutes of all faults
	@exec $(BIN)/hydrachat drill --minutes 10 $(ARGS)

# Each target for so many minutes; what is worth keeping goes into tests/corpus. See CONTRIBUTING.md.
MINUTES ?= 2
fuzz: $(VENV)/installed-dev  ## each target of the fuzzer for MINUTES=2
	@$(BIN)/python -c 'import atheris' 2>/dev/null || \
	  $(PIP) --require-hashes -r requirements/fuzz.txt || true
	@nice -n 15 $(BIN)/python -m fuzz --minutes $(MINUTES) --keep $(ARGS)

# Under a minute: two rows beside a bare loop that sends.
bench-quick: $(VENV)/installed  ## deliveries beside a bare loop that sends; under a minute
	@$(BIN)/hydrachat bench --rows 200x20,1000x4 --against raw --runs 1 --seconds 3

# Those of README.md, from the real program; a minute.
pictures: $(VENV)/installed  ## those of README.md anew
	@$(BIN)/python -m docs.pictures.make $(ARGS)

lint: $(VENV)/installed-dev  ## ruff
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)

types: $(VENV)/installed-dev  ## mypy
	$(BIN)/mypy

check: lint types test  ## lint, types and test: what CI runs

# Writes requirements/*.txt anew after a change of pyproject.toml or *.in: what stands there stays as long as it fits.
# make lock ARGS=--upgrade: the newest of everything, or ARGS='--upgrade-package redis' of one.
# dev.txt first, the others are parts of it. --universal: all Pythons from 3.11 on, all systems, by markers;
# --system-certs: whom the system trusts, where its way to the index is not the usual one.
LOCK = $(SUPPLY)/bin/uv pip compile --no-config --quiet --system-certs --universal --generate-hashes --python-version 3.11 \
  --default-index https://pypi.org/simple --custom-compile-command 'make lock' $(ARGS)
lock: $(SUPPLY)/installed  ## requirements/*.txt anew (ARGS=--upgrade: the newest of everything)
	$(LOCK) requirements/supply.in -o requirements/supply.txt
	$(LOCK) pyproject.toml requirements/build.in --extra server --extra dev -o requirements/dev.txt
	$(LOCK) pyproject.toml requirements/build.in --extra server -c requirements/dev.txt -o requirements/server.txt
	$(LOCK) pyproject.toml -c requirements/dev.txt -o requirements/run.txt
	$(LOCK) requirements/build.in -c requirements/dev.txt -o requirements/build.txt
	$(LOCK) pyproject.toml --extra fuzz -c requirements/dev.txt -o requirements/fuzz.txt

# Known vulnerabilities in what is locked. It asks a service of PyPI's, so it is no part of `check`.
audit: $(SUPPLY)/installed  ## known vulnerabilities in what is locked
	@$(SUPPLY)/bin/python -m requirements.audit $(ARGS)

clean:  ## take away all that was made here
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps are younger than the locks once what these name is installed. Nothing comes without its hash, and nothing
# is asked for that doesn't stand there: our own build needs no network.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
OURSELVES := $(PIP) --no-deps --no-build-isolation --editable .

$(VENV)/installed: pyproject.toml hydrachat/__init__.py requirements/server.txt | $(VENV)/bin/pip
	$(PIP) --require-hashes -r requirements/server.txt
	$(OURSELVES)
	@touch $@

$(VENV)/installed-dev: pyproject.toml hydrachat/__init__.py requirements/dev.txt | $(VENV)/bin/pip
	$(PIP) --require-hashes -r requirements/dev.txt
	$(OURSELVES)
	@touch $@ $(VENV)/installed

# In an environment of its own: what they need is none of ours.
$(SUPPLY)/installed: requirements/supply.txt | $(VENV)/bin/pip
	$(PYTHON) -m venv --clear $(SUPPLY)
	$(SUPPLY)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/supply.txt
	@touch $@

# One clear line each for what a fresh machine may lack. A half-made environment is made again.
$(VENV)/bin/pip:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "$(PYTHON) not found: install the Debian package python3, or say make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or later is needed, this is $$($(PYTHON) -V): say make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "$(PYTHON) has no venv module: install the Debian package python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
