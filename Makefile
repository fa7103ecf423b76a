# Needs make and Python 3.11 or newer. Everything else goes into .venv and .data.

PORT ?= 8000
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
ARGS ?=
SECONDS ?=
SEED ?=
SIZE ?= 10000
MAX_EXAMPLES ?= 100
# All tests of a file run in one process, each process with its own PostgreSQL.
PARALLEL := --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

# Programs are run as modules: the scripts in .venv/bin hold an absolute path, which breaks when the checkout moves.
PY := .venv/bin/python
MANAGE := $(PY) manage.py
PINS := requirements.txt requirements-semantic.txt requirements-embedded.txt requirements-observability.txt requirements-dev.txt \
	constraints.txt
export PORT

.DEFAULT_GOAL := help
.PHONY: help run test test-pooler clients e2e fleet screenshots faults webhook-faults fuzz mutants bench bench-pages bench-servers check lint-schema db-stop clean \
	packages environment test-environment bench-environment mutants-environment barman-environment node-environment

help: ## Show this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

run: export DEBUG := 1
run: environment ## Serve the demo newsroom at http://127.0.0.1:8000/ (another port: PORT=8001)
	@$(PY) -c "$$WAIT_FOR_PORT"
	@umask 077; rm -f .development.env; \
	printf 'DEBUG=1\nDATA_DIR=%s\nDATABASE_URL=%s\n' "$$DATA_DIR" "$$DATABASE_URL" > .development.env
	@$(MANAGE) migrate --verbosity 0
	@set -e; \
	login=$$($(MANAGE) demo seeds/*.json); \
	printf '\nFactcheck runs at http://127.0.0.1:%s/ (the API at /api/v1/, its documentation at /api/v1/docs/).\n' "$(PORT)"; \
	printf '%s\nCtrl-C ends it. The data stays.\n\n' "$$login"; \
	$(MANAGE) follow --while $$$$ & \
	exec $(PY) -m gunicorn --config gunicorn.conf.py --bind "127.0.0.1:$(PORT)" --log-level warning factcheck.wsgi

test: export DEBUG := 1
test: test-environment ## Run all tests, on all cores (or some, on one: ARGS="tests/claims/test_anchors.py -k moved")
	@$(PY) -m pytest $(or $(ARGS),$(PARALLEL))

faults: test-environment ## Kill workers and PostgreSQL under load: nothing may be lost (SECONDS=120, SEED=)
	@$(PY) -m tests.faults $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED))

webhook-faults: test-environment ## Kill the workers that send webhooks: every entry must arrive, in order (SIZE=10000, SEED=)
	@$(PY) -m tests.webhook_faults --changes $(SIZE) $(if $(SEED),--seed $(SEED))

bench: test-environment bench-environment ## Measure against the limit and its rivals (SIZE=10000, SECONDS=2, ARGS=--flat)
	@$(PY) -m benchmarks --size $(SIZE) $(if $(SECONDS),--seconds $(SECONDS)) $(ARGS)

bench-pages: test-environment ## Measure the desk's pages against their budgets
	@$(PY) -m benchmarks.pages $(ARGS)

bench-servers: environment bench-environment ## Measure the service under gunicorn, granian and uvicorn
	@$(PY) -m benchmarks.servers --size $(SIZE) $(if $(SECONDS),--seconds $(SECONDS)) $(ARGS)

e2e: export DEBUG := 1
e2e: test-environment ## End-to-end tests in a browser (needs Chromium, and npm for axe-core)
	@$(call need,chromium-headless-shell chromium chromium-browser google-chrome,chromium)
	@$(call need,npm,npm)
	@npm ci --prefix tests/e2e --ignore-scripts --no-audit --no-fund --silent
	@$(PY) -m pytest tests/e2e $(or $(ARGS),$(PARALLEL))

fleet: export DEBUG := 1
fleet: test-environment barman-environment ## Many machines on one: restarts, failures, PgBouncer, backup (needs nginx, pgbouncer and rsync)
	@$(call need,nginx /usr/sbin/nginx,nginx-light)
	@$(call need,pgbouncer /usr/sbin/pgbouncer,pgbouncer)
	@$(call need,rsync,rsync)
	@$(PY) -m pytest tests/fleet $(ARGS)

test-pooler: export DEBUG := 1
test-pooler: test-environment ## Run all tests through PgBouncer (another one than on the PATH: PGBOUNCER=/path)
	@test -x "$$PGBOUNCER" || { $(call need,pgbouncer /usr/sbin/pgbouncer,pgbouncer); }
	@$(PY) -m pytest -p tests.fleet.pooled -m "not server" $(or $(ARGS),$(PARALLEL))

screenshots: export DEBUG := 1
screenshots: test-environment ## Take the pictures in docs/ again (needs Chromium)
	@$(call need,chromium-headless-shell chromium chromium-browser google-chrome,chromium)
	@$(PY) -m pytest tests/e2e/screenshots.py $(ARGS)

fuzz: test-environment ## Send what the schema allows and what it forbids, as each role (MAX_EXAMPLES=100, SECONDS=, SEED=)
	@$(PY) -m tests.fuzz --max-examples $(MAX_EXAMPLES) $(if $(SECONDS),--seconds $(SECONDS)) \
		$(if $(SEED),--seed $(SEED))

mutants: export DEBUG := 1
mutants: mutants-environment ## Change the code in small ways: which does no test notice? (SECONDS=600, SEED=, ARGS=claims/services)
	@.venv-mutants/bin/python -m tests.mutants $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED)) $(ARGS)

CLIENTS := clients/generated
CLIENTS_PYTHON := PATH="$(CURDIR)/clients/.venv/bin:$$PATH" clients/.venv/bin/python -m
GENERATORS := openapi-typescript orval hey-api swagger-typescript-api openapi-zod-client openapi-python-client \
	datamodel-code-generator
clients: export DEBUG := 1
clients: test-environment ## Generate the TypeScript and the Python clients, and try them (needs Node)
	@$(call need,node,nodejs npm)
	@$(call need,npm,npm)
	@$(MAKE) --no-print-directory node-environment
	@cmp -s clients/requirements.txt clients/.venv/stamp || { $(PY) -m venv --clear clients/.venv \
		&& clients/.venv/bin/python -m pip install --quiet --disable-pip-version-check -r clients/requirements.txt \
		&& cp clients/requirements.txt clients/.venv/stamp; }
	@mkdir -p $(CLIENTS)/openapi_zod_client
	@$(MAKE) --no-print-directory --jobs 2 $(GENERATORS:%=generate-%) packages
	@$(PY) -m pytest clients $(ARGS)

# What each needs to be told is in docs/clients.md.
.PHONY: $(GENERATORS:%=generate-%)
generate-openapi-typescript:
	@clients/node_modules/.bin/openapi-typescript openapi.yaml --default-non-nullable=false --output $(CLIENTS)/factcheck.d.ts
generate-orval:
	@clients/node_modules/.bin/orval --config clients/generators/orval.config.ts
generate-hey-api:
	@clients/node_modules/.bin/openapi-ts --silent --input openapi.yaml --output $(CLIENTS)/hey_api --client @hey-api/client-fetch
generate-swagger-typescript-api:
	@clients/node_modules/.bin/swagger-typescript-api generate --silent --path openapi.yaml --enum-style union \
		--disable-throw-on-error --output $(CLIENTS)/swagger_typescript_api --name factcheck.ts
generate-openapi-zod-client:
	@clients/node_modules/.bin/openapi-zod-client openapi.yaml --export-schemas --media-type-expr '/json/.test(mediaType)' \
		--output $(CLIENTS)/openapi_zod_client/factcheck.ts
generate-openapi-python-client:
	@$(CLIENTS_PYTHON) openapi_python_client generate --path openapi.yaml --config clients/python.yaml --meta none \
		--overwrite --output-path $(CLIENTS)/factcheck_client
generate-datamodel-code-generator:
	@$(CLIENTS_PYTHON) datamodel_code_generator --input openapi.yaml --input-file-type openapi \
		--output-model-type pydantic_v2.BaseModel --target-python-version 3.11 --formatters builtin --disable-timestamp --disable-warnings \
		--use-annotated --set-default-enum-member --type-mappings uri=string --output $(CLIENTS)/factcheck_models.py

# Needs what `make clients` has set up. TYPES has every query, body and answer of the API by name.
TYPES := $(CLIENTS)/named-schemas.json
BUILT := $(CLIENTS)/packages
packages:
	@rm -rf $(BUILT) && mkdir -p $(BUILT)
	@$(PY) clients/packages.py
	@clients/node_modules/.bin/openapi-typescript $(TYPES) --default-non-nullable=false --root-types \
		--root-types-no-schema-prefix --output clients/typescript/src/schema.ts >$(BUILT)/log 2>&1 || { cat $(BUILT)/log; exit 1; }
	@clients/.venv/bin/python -m datamodel_code_generator --input $(TYPES) --input-file-type openapi --formatters builtin \
		--output-model-type typing.TypedDict --enum-field-as-literal all --target-python-version 3.11 --disable-timestamp \
		--output clients/python/factcheck_client/types.py
	@cp LICENSE clients/typescript/ && cp LICENSE clients/python/
	@npm pack ./clients/typescript --pack-destination $(BUILT) --silent
	@clients/.venv/bin/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir $(BUILT) ./clients/python

check: export DEBUG := 1
check: test-environment lint-schema ## Style, types, migrations, import rules, schema, compose file, settings for production
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy .
	$(MANAGE) makemigrations --check --dry-run
	$(PY) -m tests.migration_sql
	$(MANAGE) translations --check
	$(PY) -c 'from importlinter.cli import lint_imports_command as run; run()'
	$(MANAGE) spectacular --validate --fail-on-warn --file /dev/null
	$(MANAGE) breaking_changes
	$(PY) -m check_jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	@echo "manage.py check --deploy, with the settings of a server"
	@export DEBUG=0 ALLOWED_HOSTS=factcheck.example DATABASE_URL=postgres://factcheck@database/factcheck; \
	export SECRET_KEY=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(64))'); \
	$(MANAGE) collectstatic --noinput --verbosity 0 && $(MANAGE) check --deploy --fail-level WARNING

# The two linters of the schema need Node 20.19, which not everybody has. .ci/run has it.
lint-schema:
	@if command -v npm >/dev/null && node -e "$$NODE_IS_NEW_ENOUGH" 2>/dev/null; then \
	$(MAKE) --no-print-directory node-environment && \
	clients/node_modules/.bin/spectral lint --fail-severity warn --ruleset clients/spectral.yaml openapi.yaml && \
	REDOCLY_TELEMETRY=off clients/node_modules/.bin/redocly lint --max-problems 20 --config clients/redocly.yaml openapi.yaml; \
	else echo "LEFT OUT: spectral and redocly, which lint openapi.yaml: they need npm, and Node 20.19 or newer."; fi

db-stop: ## Stop the embedded PostgreSQL now (it stops by itself after its last client)
	@$(or $(PYTHON),$(error Python 3.11 or newer is needed)) -m factcheck.postgres.embedded stop

clean: db-stop ## Remove .venv and caches. The database in .data stays
	rm -rf .venv .venv-bench .venv-mutants .venv-barman .mutants staticfiles .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# need PROGRAMS,PACKAGE: fail and say what to install, unless one of the programs is there
need = for name in $(1); do command -v $$name >/dev/null && exit; done; \
	echo "This needs $(firstword $(1)): on Debian or Ubuntu, apt install $(2)." >&2; exit 1

# A stamp holds the pins that were installed. It is written last, so that an interrupted installation has none. It is
# compared by content: file times change with every git checkout.
installed = { cat $(PINS) | cmp -s - .venv/$(1).stamp && $(PY) -c ''; } 2>/dev/null
install = { rm -f .venv/*.stamp && $(PY) -m pip install --quiet --disable-pip-version-check \
	--requirement $(1) --constraint constraints.txt && cat $(PINS) > .venv/stamp.new && mv .venv/stamp.new .venv/$(2).stamp; }
create = { echo "Setting up .venv; this takes about half a minute." && $(require-python) && $(PYTHON) -m venv --clear .venv; }
require-python = { test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/it if it is not on the PATH." >&2; exit 1; }; \
	$(PYTHON) -c 'import ensurepip, venv' || { echo "This Python cannot make virtual environments: on Debian or Ubuntu, apt install python3-venv." >&2; exit 1; }; }

environment:
	@$(call installed,run) || $(call installed,test) || { $(create) && $(call install,requirements-embedded.txt,run); }

test-environment:
	@$(call installed,test) || { { $(call installed,run) || $(create); } && $(call install,requirements-dev.txt,test); }

# The linters of the schema and the generator of the TypeScript client. The stamp is written last here too.
node-environment:
	@cmp -s clients/package-lock.json clients/node_modules/stamp || { \
	npm ci --prefix clients --ignore-scripts --no-audit --no-fund --silent && \
	cp clients/package-lock.json clients/node_modules/stamp; }

# The rivals of `make bench`, apart from the service's own packages. The stamp is written last here too.
bench-environment:
	@cmp -s benchmarks/rivals/requirements.txt .venv-bench/stamp || { \
	echo "Setting up .venv-bench for the rivals." && $(require-python) && $(PYTHON) -m venv --clear .venv-bench && \
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --requirement benchmarks/rivals/requirements.txt && \
	cp benchmarks/rivals/requirements.txt .venv-bench/stamp; }

# Barman with a driver of its own, apart from the service's packages.
barman-environment:
	@cmp -s requirements-barman.txt .venv-barman/stamp || { \
	echo "Setting up .venv-barman." && $(require-python) && $(PYTHON) -m venv --clear .venv-barman && \
	.venv-barman/bin/python -m pip install --quiet --disable-pip-version-check --no-deps \
	--requirement requirements-barman.txt && cp requirements-barman.txt .venv-barman/stamp; }

# The tool of `make mutants` with the tests' own packages.
mutants-environment:
	@cat requirements-mutants.txt $(PINS) | cmp -s - .venv-mutants/stamp || { \
	echo "Setting up .venv-mutants." && $(require-python) && $(PYTHON) -m venv --clear .venv-mutants && \
	.venv-mutants/bin/python -m pip install --quiet --disable-pip-version-check \
	--requirement requirements-mutants.txt --constraint constraints.txt && \
	cat requirements-mutants.txt $(PINS) > .venv-mutants/stamp; }

define NODE_IS_NEW_ENOUGH
const [major, minor] = process.versions.node.split(".").map(Number);
process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1);
endef
export NODE_IS_NEW_ENOUGH

# Waits up to 5 seconds: the workers of a killed server need a moment to notice and end.
define WAIT_FOR_PORT
import os, socket, sys, time
port = os.environ["PORT"]
for attempt in range(20):
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(("127.0.0.1", int(port)))
            sys.exit()
        except PermissionError:
            sys.exit(f"Port {port} needs root. Choose another: make run PORT=8001")
        except (ValueError, OverflowError):
            sys.exit(f"PORT must be a number up to 65535, not {port!r}.")
        except OSError:
            time.sleep(0.25)
sys.exit(f"Port {port} is taken. Choose another: make run PORT=8001")
endef
export WAIT_FOR_PORT
