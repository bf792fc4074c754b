# Every chore of the project. `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help setup start test lint format types imports unit web-test e2e compat fuzz crash bench docs openapi web wheel wheel-test lock clean
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

PYTHON ?= python3
PORT ?= 8080
VENV := .venv
BIN := $(VENV)/bin
STAMPS := .stamps
CLIENT := .venv-client
FUZZ := .venv-fuzz
S3 := .venv-s3
ML := .venv-ml
STATIC := src/labelyard/web/static/index.html
# Index addresses that pip is configured with serve uv as well.
export UV_SYSTEM_CERTS := 1
UV := $(BIN)/uv
# Where nothing compiled may be kept, each process of the tests compiles everything anew.
unexport PYTHONDONTWRITEBYTECODE

help:  ## Show this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

# --- set-up ----------------------------------------------------------------------------------------------------------

$(STAMPS)/venv:
	@mkdir -p $(STAMPS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed (make PYTHON=python3.12 …)."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing: apt-get install python3-venv"; exit 1; }
	$(BIN)/pip install -q --disable-pip-version-check uv==0.13.9
	@touch $@

$(STAMPS)/python: $(STAMPS)/venv requirements.lock pyproject.toml
	$(UV) pip sync -q --compile-bytecode requirements.lock
	LABELYARD_SKIP_WEB=1 $(UV) pip install -q --no-deps --no-build-isolation --editable .
		@touch $@

$(STAMPS)/node: web/package-lock.json
	@mkdir -p $(STAMPS)
	@node -e 'process.exit(Number(process.versions.node.split(".")[0] < 20))' || { echo "Node 20 or newer with npm is needed."; exit 1; }
	cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(STAMPS)/openapi: web/tools/openapi/package-lock.json
	@mkdir -p $(STAMPS)
	cd web/tools/openapi && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# The official client of other makers' servers brings a tree of its own (pandas, OpenCV, …), so it lives apart.
$(STAMPS)/client: $(STAMPS)/venv tests/compat/requirements.lock
	$(UV) venv -q --clear --no-project --python $(BIN)/python $(CLIENT)
	$(UV) pip sync -q --require-hashes --python $(CLIENT)/bin/python tests/compat/requirements.lock
	@touch $@

$(STAMPS)/fuzz: $(STAMPS)/venv tests/fuzz/requirements.lock
	$(UV) venv -q --clear --no-project --python $(BIN)/python $(FUZZ)
	$(UV) pip sync -q --require-hashes --python $(FUZZ)/bin/python tests/fuzz/requirements.lock
	@touch $@

# A server that speaks S3, for the tests of storages.
$(STAMPS)/s3: $(STAMPS)/venv tests/s3/requirements.lock
	$(UV) venv -q --clear --no-project --python $(BIN)/python $(S3)
	$(UV) pip sync -q --require-hashes --python $(S3)/bin/python tests/s3/requirements.lock
	@touch $@

# The server that authors of models run theirs in.
$(STAMPS)/ml: $(STAMPS)/venv tests/ml/requirements.lock
	$(UV) venv -q --clear --no-project --python $(BIN)/python $(ML)
	$(UV) pip sync -q --require-hashes --python $(ML)/bin/python tests/ml/requirements.lock
	@touch $@

# What only the tests need: the distribution's Chromium and the programs of PostgreSQL.
$(STAMPS)/system: tools/install-system-packages
	@mkdir -p $(STAMPS)
	tools/install-system-packages
	@touch $@

setup: $(STAMPS)/python $(STAMPS)/client $(STAMPS)/s3 $(STAMPS)/ml $(STAMPS)/node $(STAMPS)/openapi $(STAMPS)/system  ## Install everything that development and tests need

openapi: web/src/api/schema.d.ts  ## Write the API's types for the front end

web/openapi.json: $(STAMPS)/python $(shell find src/labelyard -name 'api.py' -o -name 'schemas.py' -o -name 'app.py' 2>/dev/null)
	$(BIN)/python -m labelyard.openapi > $@.new && mv $@.new $@

web/src/api/schema.d.ts: web/openapi.json $(STAMPS)/node $(STAMPS)/openapi
	cd web && npm run --silent api

WEB_SOURCES := $(shell find web/src web/public web/index.html web/vite.config.ts -type f -not -name schema.d.ts 2>/dev/null)
$(STATIC): $(STAMPS)/node $(WEB_SOURCES)
	cd web && npm run --silent build

web: $(STATIC)  ## Build the front end into the package

# --- running ---------------------------------------------------------------------------------------------------------

start: $(STAMPS)/python $(STATIC)  ## Set up everything and start a server with sample projects
	@$(BIN)/labelyard samples --data-dir .labelyard
	@$(BIN)/labelyard start --data-dir .labelyard --port $(PORT) --no-browser

# --- checking --------------------------------------------------------------------------------------------------------

# A file stays on one process, because its tests share a server. The files that take longest come first, so that
# neither process waits for the other at the end.
test: setup openapi $(STATIC)  ## Lint, types, import rules and the whole test suite
	$(MAKE) lint types imports web-test
	$(BIN)/pytest -q -n 2 --dist loadfile --no-loadscope-reorder tests/crash tests/api tests/db tests/cli tests/ml tests/unit
	$(MAKE) compat
	$(BIN)/pytest -q tests/e2e

unit: $(STAMPS)/python  ## The quick Python tests
	$(BIN)/pytest -q tests/unit

compat: $(STAMPS)/python $(STAMPS)/client $(STAMPS)/ml $(STAMPS)/s3  ## The official client against a live server
	$(CLIENT)/bin/python -m pytest -q -c tests/compat/pytest.ini tests/compat

fuzz: $(STAMPS)/python $(STAMPS)/fuzz  ## schemathesis over the API description, with and without login (some minutes)
	$(BIN)/python -m tests.fuzz $(CURDIR)/$(FUZZ)/bin/schemathesis

crash: setup  ## Kill the server at random moments and count what is left
	LABELYARD_KILLS=100 LABELYARD_CLAIMS=100000 $(BIN)/pytest -q tests/crash

e2e: setup openapi $(STATIC)  ## The tests in a real browser
	$(BIN)/pytest -q tests/e2e

web-test: setup openapi  ## The front end's unit tests
	cd web && npm run --silent test

lint: setup  ## Style and mistakes, Python and TypeScript
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	cd web && npm run --silent lint

types: setup openapi  ## Types, Python and TypeScript
	$(BIN)/mypy
	cd web && npm run --silent types

imports: $(STAMPS)/python  ## The directions between the packages
	$(BIN)/lint-imports

format: setup  ## Format the sources in place
	$(BIN)/ruff check --fix -q . || true
	$(BIN)/ruff format .
	cd web && npm run --silent format

bench: setup $(STATIC)  ## Measure against a floor taken in the same run
	$(BIN)/python -m benchmarks

docs: $(STAMPS)/python  ## Write the generated pages of docs/reference
	$(BIN)/python -m labelyard.docs docs/reference

wheel: setup  ## Build the wheel, front end included
	$(UV) build -q --wheel --no-build-isolation --python $(BIN)/python --out-dir dist

lock: $(STAMPS)/venv  ## Resolve the Python dependencies anew
	$(UV) pip compile -q --upgrade --universal --generate-hashes --no-header --no-annotate --group dev --extra postgres pyproject.toml -o requirements.lock
	$(UV) pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate tests/compat/requirements.in -o tests/compat/requirements.lock
	$(UV) pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate tests/fuzz/requirements.in -o tests/fuzz/requirements.lock
	$(UV) pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate tests/s3/requirements.in -o tests/s3/requirements.lock
	$(UV) pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate tests/ml/requirements.in -o tests/ml/requirements.lock

clean:  ## Remove everything that was built (not the data in .labelyard)
	rm -rf $(VENV) $(CLIENT) $(FUZZ) $(S3) $(ML) $(STAMPS) dist web/node_modules web/tools/openapi/node_modules src/labelyard/web/static web/openapi.json web/src/api/schema.d.ts
