# Every target creates .venv and installs what it needs, pinned by .ci/constraints.txt.
# PYTHON chooses the interpreter that .venv is made from: make test PYTHON=python3.13

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CONSTRAINTS := .ci/constraints.txt
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install -c $(CONSTRAINTS)

# A stamp says: installed, and nothing that decides what to install has changed since.
RUN := $(VENV)/.installed-run
DEV := $(VENV)/.installed-dev

.DELETE_ON_ERROR:
.PHONY: help demo test lint types docs bench peers properties fuzz hostile clients lowest screens regenerate update versions constraints clean

help:
	@echo "make demo        harvest an emulated Pinterest into data/ (no account needed, under a minute)"
	@echo "make test        lint, types and all tests"
	@echo "make lint        ruff: rules and formatting"
	@echo "make types       pyright and mypy, both strict"
	@echo "make docs        the API reference into build/docs"
	@echo "make bench       the programs in benchmarks/, one after another (an hour; QUICK=1: ten minutes)"
	@echo "make properties  what tests say of any input, tried with new and more examples (half an hour)"
	@echo "make fuzz        schemathesis against the emulator, all operations (EXAMPLES=50; half an hour)"
	@echo "make clients     other people's clients against the emulator, and a table (needs the index)"
	@echo "make hostile     a hostile server row by row, with its table in CONTRIBUTING.md; then all such tests"
	@echo "make lowest      the demo with the lowest versions that pyproject.toml allows (needs the index)"
	@echo "make screens     what the command shows at 60, 80 and 120 columns and in a pipe, kept for its test"
	@echo "make regenerate  spec/ -> pinterest_async/resources/"
	@echo "make update      another version of the API: UPSTREAM=openapi.json, TESTS=\"what to run\""
	@echo "make versions    try updates in a copy, forwards and backwards: FILES=\"one.json two.json\""
	@echo "make constraints pin the newest versions that pyproject.toml allows"
	@echo "make clean       remove .venv, caches and data/"

demo: $(RUN)
	@$(BIN)/python -m pinterest_async.cli demo --out data

test: lint types
	$(BIN)/python -m pytest -n auto --dist loadfile

lint: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(DEV)
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/mypy

docs: $(DEV)
	$(BIN)/python spec/reference.py build/docs
	@echo "Open build/docs/index.html"

# QUICK=1 for rough figures. Tables and figures are in build/bench/ afterwards.
bench: $(DEV) peers
	$(BIN)/python benchmarks/_all.py $(if $(QUICK),--quick)

# `make test` draws the same examples each time, so that it fails by a change alone, not by chance.
properties: $(DEV)
	HYPOTHESIS_PROFILE=random $(BIN)/python -m pytest -n auto --dist loadfile -m hypothesis

# What the tests do with two examples for each operation, with many, by schemathesis' own program.
EXAMPLES ?= 50
fuzz: $(DEV)
	$(BIN)/python tests/emulator/fuzz.py --examples $(EXAMPLES)

# Those that install quickly run in the tests as well.
clients: $(DEV)
	$(BIN)/python tests/clients/run.py

# A hostile server, row by row, into the table in CONTRIBUTING.md; then what else `make test` tries of
# hostile peers and programs.
hostile: $(DEV)
	$(BIN)/python tests/support/hostile/rows.py --write CONTRIBUTING.md
	$(BIN)/python -m pytest tests/hostile tests/runtime/test_hostile_answers.py \
		tests/runtime/test_foreign.py tests/runtime/test_secrets.py tests/core/test_redaction.py \
		tests/core/test_report_body.py tests/auth/test_failing_stores.py \
		tests/auth/test_planted_files.py tests/limits/test_hostile_headers.py tests/limits/redis/test_outages.py \
		tests/limits/test_threads.py tests/runtime/test_threads.py \
		tests/harvest/execute/test_received.py tests/harvest/output/test_checkpoint.py \
		tests/integrations/test_sessions.py tests/integrations/test_backend.py \
		tests/integrations/test_leads.py tests/emulator/server/test_hostile.py

# Not a part of `make test`, since it installs from the package index each time.
LOWEST := build/lowest
lowest:
	@echo "Installing the lowest versions into $(LOWEST) ..."
	@"$(PYTHON)" -m venv --clear $(LOWEST)
	@$(LOWEST)/bin/python tests/lowest/lowest_versions.py > $(LOWEST)/constraints.txt
	@$(LOWEST)/bin/python -m pip --disable-pip-version-check --quiet install \
		-c $(LOWEST)/constraints.txt ".[cli,dask,emulator,fastapi,harvest,leads,otel,redis]"
	@$(LOWEST)/bin/python -m pip --disable-pip-version-check check
	@cat $(LOWEST)/constraints.txt
	@cd $(LOWEST) && bin/python -m pinterest_async.cli demo --out data
	@cd $(LOWEST) && bin/python ../../tests/lowest/smoke.py

# What benchmarks compare with, each in an environment of its own; uvloop is one, since the package
# does not need it.
PEERS := aiohttp httpx official-sdk uvloop
peers: $(PEERS:%=build/%/installed)

build/%/installed: .ci/peers/%.txt $(CONSTRAINTS)
	@echo "Installing what benchmarks compare with into build/$* ..."
	@"$(PYTHON)" -m venv --clear build/$*
	@build/$*/bin/python -m pip --disable-pip-version-check --quiet install -r $<
	@touch $@

screens: $(DEV)
	@$(BIN)/python tests/support/screens.py --write tests/cli/screens.txt
	@cat tests/cli/screens.txt

regenerate: $(DEV)
	$(BIN)/python spec/generate.py
	$(BIN)/python spec/gate.py pinterest_async

# Import, report, generate, gate, format, changelog; then the tests that judge what was made.
TESTS ?= tests/spec tests/contract tests/core
update: $(DEV)
	@test -n "$(UPSTREAM)" || { echo "Say what to update to: make update UPSTREAM=openapi.json"; exit 2; }
	@$(BIN)/python spec/update.py "$(UPSTREAM)"
	$(BIN)/python -m pytest -q $(TESTS)

versions: $(DEV)
	@test -n "$(FILES)" || { echo "Say which: make versions FILES=\"one.json two.json\""; exit 2; }
	@$(BIN)/python spec/try_versions.py $(FILES)

# A venv without pip is an unfinished one, and is finished here.
$(BIN)/pip:
	@command -v "$(PYTHON)" >/dev/null || { \
		echo "No $(PYTHON) found. Install Python 3.11 or later, or say which: make PYTHON=/path/to/python"; \
		exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$$("$(PYTHON)" --version) is too old: Python 3.11 or later is needed."; \
		echo "Say which to use: make PYTHON=/path/to/python"; \
		exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "This Python cannot make virtual environments: its modules venv and ensurepip are missing."; \
		echo "On Debian and Ubuntu: apt-get install python3-venv"; \
		exit 1; }
	@"$(PYTHON)" -m venv $(VENV)

# The build backend is installed beside the rest, so that it is pinned as well.
$(RUN): pyproject.toml $(CONSTRAINTS) | $(BIN)/pip
	@echo "Installing what a harvest needs into $(VENV) ..."
	@$(PIP) hatchling editables
	@$(PIP) --no-build-isolation -e ".[cli,harvest]"
	@touch $@

$(DEV): pyproject.toml $(CONSTRAINTS) | $(BIN)/pip
	@echo "Installing what development needs into $(VENV) ..."
	@$(PIP) hatchling editables
	@$(PIP) --no-build-isolation -e ".[dev]"
	@touch $(RUN) $@

constraints:
	$(PYTHON) -m venv $(VENV)-constraints
	$(VENV)-constraints/bin/python -m pip --quiet install --upgrade pip hatchling editables
	$(VENV)-constraints/bin/python -m pip --quiet install --no-build-isolation -e ".[dev]"
	$(VENV)-constraints/bin/python -m pip freeze --exclude-editable > $(CONSTRAINTS)
	rm -rf $(VENV)-constraints

clean:
	rm -rf $(VENV) build dist data _data.harvest .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
