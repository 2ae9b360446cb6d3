# Shareflow: everything a newcomer needs. `make` alone says what there is.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
BENCHED := $(VENV)/.bench-installed
MINED  := $(VENV)/.mining-installed
DEPLOYED := $(VENV)/.deploy-check-installed
WORKERS ?= 4

# Whoever keeps Python from writing what it has compiled pays for it at each start: tests start hundreds of programs.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup demo up test test-long test-mining chaos check check-deploy openapi pictures screenshots bench lock clean

help: ## say what each target does
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1|/' | column -t -s '|'

setup: $(STAMP) ## build .venv with every dependency, Temporal and PostgreSQL among them

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Shareflow needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Say which one with: make PYTHON=python3.12 setup")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $(STAMP)

demo: setup ## play real cases of all the regulations through the real engine (about a minute)
	$(BIN)/shareflow demo

up: setup ## run the whole engine here until Ctrl-C, filled with a demonstration where it is new
	$(BIN)/shareflow up --demonstration

test: setup ## run every test, on the real Temporal server and the real PostgreSQL; WORKERS=4 says how many at once
	$(BIN)/python -m pytest -n $(WORKERS)

test-long: setup ## run the whole form of what make test tries in a short one
	SHAREFLOW_LONG_TESTS=1 $(BIN)/python -m pytest -n $(WORKERS) -m long

test-mining: setup $(MINED) ## have pm4py open the event logs of all played cases (it takes half a gigabyte, and is no part of setup)
	$(BIN)/python -m pytest tests/mining/with_pm4py.py

chaos: setup ## kill, stop, cut off and slow the parts of a whole engine 500 times while 2,000 cases go through it
	$(BIN)/python -m tests.chaos

$(MINED): $(STAMP) tests/mining/requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/mining/requirements.lock
	@touch $(MINED)

check: setup ## formatting, style, types, the arrows between packages, the statutes, the API's promises
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/shareflow statute check
	$(BIN)/python -m tests.coverage_table --check
	$(BIN)/python -m api.contract --check
	$(BIN)/python -m api.asyncapi --check
	$(BIN)/python -m starter.diagram --check

check-deploy: setup $(DEPLOYED) ## have the programs that read deploy/ take its files and systemd boot its units (needs root and Debian's packages, see .ci/run)
	$(BIN)/python -m pytest $(sort $(wildcard tests/deploy/with_*.py))

# What plays the object store needs libraries in other versions than ours, and has an environment of its own.
$(DEPLOYED): $(STAMP) tests/deploy/requirements.lock tests/deploy/s3-server.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/deploy/requirements.lock
	$(BIN)/python -m venv $(VENV)/s3-server
	$(VENV)/s3-server/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/deploy/s3-server.lock
	@touch $(DEPLOYED)

openapi: setup ## write docs/api from the application; refuses what would break callers
	$(BIN)/python -m api.contract --write
	$(BIN)/python -m api.asyncapi --write

pictures: setup ## draw the stages of each procedure under each text again, in docs/procedures/pictures
	$(BIN)/python -m starter.diagram --write

screenshots: setup ## take pictures of every page of the console again, in docs/screenshots (needs /usr/bin/chromium)
	$(BIN)/python -m tests.browser.screenshots

bench: setup $(BENCHED) ## measure, a good quarter of an hour; the README's figures come from here
	$(BIN)/python -m bench

$(BENCHED): $(STAMP) bench/requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r bench/requirements.lock
	@touch $(BENCHED)

lock: ## renew requirements.lock, and those of deploy, bench, tests/mining and tests/deploy, from pyproject.toml (needs uv)
	uv pip compile --universal --generate-hashes --python-version 3.11 --no-annotate --no-emit-index-url --no-header --extra engine --extra otel --extra dev pyproject.toml -o requirements.lock
	uv pip compile --universal --generate-hashes --python-version 3.11 --no-annotate --no-emit-index-url --no-header --extra engine --extra otel --group build --constraint requirements.lock pyproject.toml -o deploy/requirements.lock
	uv pip compile --universal --generate-hashes --python-version 3.11 --no-annotate --no-emit-index-url --no-header --extra bench --constraint requirements.lock pyproject.toml -o bench/requirements.lock
	uv pip compile --universal --generate-hashes --python-version 3.11 --no-annotate --no-emit-index-url --no-header --extra mining --constraint requirements.lock pyproject.toml -o tests/mining/requirements.lock
	uv pip compile --universal --generate-hashes --python-version 3.11 --no-annotate --no-emit-index-url --no-header --extra deploy-check --constraint requirements.lock pyproject.toml -o tests/deploy/requirements.lock
	uv pip compile --universal --generate-hashes --python-version 3.11 --no-annotate --no-emit-index-url --no-header tests/deploy/s3-server.in -o tests/deploy/s3-server.lock

clean: ## remove the virtual environment and what the embedded stack kept here
	rm -rf $(VENV) .shareflow
