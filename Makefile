# Everything runs in a virtual environment that `make demo` and `make test` set up themselves:
# .venv by default, .venv-3.13 with `make test PYTHON=python3.13`. Works with GNU make >= 3.81.

PYTHON ?= python3
override DEFAULTED := $(filter file,$(origin PYTHON))

# The interpreter's version, empty if it does not run.
VERSION_OF = $(shell $(1) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
VERSION := $(call VERSION_OF,$(PYTHON))

# pyenv refuses to run a version that is installed and not selected: call that one by its path.
ifeq ($(VERSION),)
INTERPRETER := $(lastword $(sort $(wildcard $(HOME)/.pyenv/versions/*/bin/$(PYTHON))))
VERSION := $(if $(INTERPRETER),$(call VERSION_OF,$(INTERPRETER)))
else
INTERPRETER := $(PYTHON)
endif

VENV ?= .venv$(if $(DEFAULTED),,-$(VERSION))
BIN := $(VENV)/bin

# Bytecode is written also where the environment says not to: without it each command starts slowly.
export PYTHONDONTWRITEBYTECODE :=

# Files that are compiled at installation; a change to one installs again.
BUILT := $(shell find simnet \( -name '*.c' -o -name '*.h' \) 2>/dev/null)

# CI compares with other people's engines; elsewhere `make verify` and `make bench` install them.
GROUPS := dev $(if $(CI),rivals)

# Stands for "installed in $(VENV), by this version of Python".
STAMP := $(VENV)/.simnet-installed-$(VERSION)$(if $(CI),-ci)

# A worker that has done its share takes half of what another has left: tests of one file mostly stay
# together, so that what they share is made once.
PYTEST = $(BIN)/pytest -n auto --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help setup demo test check lint docs verify bench figures format clean

help:  ## show this list
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)$$/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | \
	    awk -F'|' '{ printf "%-14s %s\n", $$1, $$2 }'

demo: setup  ## hypoxic cells, then tumour metabolic symbiosis in five arms: tables here, figures in demo/
	$(BIN)/python examples/demo.py --out demo

test: setup  ## everything that CI runs
	@# these keep one processor busy each
	@$(MAKE) --no-print-directory -j 2 lint docs
	$(PYTEST)

check: lint  ## lint and the everyday tests: before each commit
	$(PYTEST) -m 'not (thorough or verify)'

lint: setup  ## style, types and import floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: setup  ## the site, in build/site; a warning is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

verify: setup  ## the slow statistical verification, with other people's engines
	$(BIN)/python -m pip install --quiet --group rivals
	$(BIN)/pytest -m verify

bench: setup  ## speeds of engines, into docs/benchmarks.md
	$(BIN)/python -m pip install --quiet --group rivals
	$(BIN)/python benchmarks --page docs/benchmarks.md

figures: setup  ## the figures of the networks' READMEs
	$(BIN)/python docs/hypoxia_checks.py

format: setup  ## rewrite the sources in the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

setup: $(STAMP)  ## the virtual environment, with simnet installed in editable mode

$(STAMP): pyproject.toml $(BUILT)
	@test -n "$(VERSION)" || { \
	    echo "make: '$(PYTHON)' does not run. simnet needs Python 3.11 or newer:" \
	         "make PYTHON=/path/to/python3" >&2; exit 2; }
	@$(INTERPRETER) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "make: '$(PYTHON)' is Python $(VERSION). simnet needs Python 3.11 or newer:" \
	         "make PYTHON=/path/to/python3" >&2; exit 2; }
	@$(INTERPRETER) -c 'import venv, ensurepip' 2>/dev/null || { \
	    echo "make: '$(PYTHON)' lacks the venv module." \
	         "On Debian and Ubuntu: apt-get install python$(VERSION)-venv" >&2; exit 2; }
	@test "$$($(BIN)/python -c 'import sys; print("%d.%d" % sys.version_info[:2])' \
	    2>/dev/null)" = "$(VERSION)" || { \
	    echo "make: a new environment for Python $(VERSION) in $(VENV)"; \
	    $(INTERPRETER) -m venv --clear $(VENV); }
	@rm -f $(VENV)/.simnet-installed-*
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@# this project under its former name, or another one, would share our folder and command
	@$(BIN)/python -m pip uninstall -qq --yes simnet; rm -rf simnet.egg-info
	@# setuptools warns of what is meant: editable, and an extension in pyproject.toml
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --no-compile --editable . \
	    $(addprefix --group ,$(GROUPS))
	@# by all processors, where pip takes one; ours too. On import, where pytest makes errors of
	@# warnings, other people's files would be warned of.
	@$(BIN)/python -m compileall -qq -j 0 $(VENV)/lib simnet networks sbml || true
	@touch $@

clean:  ## remove the environments and what the tools left
	rm -rf .venv .venv-* build dist demo *.egg-info .pytest_cache .mypy_cache .ruff_cache \
	    .import_linter_cache .hypothesis
	find simnet networks sbml tests -name __pycache__ -type d -prune -exec rm -rf {} +
