# `make run` is all a laptop needs; see README.md.

.PHONY: run setup test test-only lint bench lock clean

PORT ?= 8000
PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3)
BIN := .venv/bin
DJANGO := $(BIN)/python manage.py
STAMP := .venv/installed-$(shell cksum < requirements.lock | tr -s ' \t' '--')
TESTS ?= tests
# As many as there are processors; each has its own database, files and browser. A debugger needs 0.
PROCESSES ?= logical

# Tests run as on a laptop, whatever .env says.
TEST_ENV := PARALLAX_PROFILE=local PARALLAX_EXAMPLE=0 HASHED_STATIC_FILES=0
# What a server would set, for the checks that Django keeps for servers.
SERVER_ENV := PARALLAX_PROFILE=production PARALLAX_EXAMPLE=0 ALLOWED_HOSTS=reviews.example.org \
	SECRET_KEY=only-for-the-check-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ

run: setup
	@$(DJANGO) migrate --verbosity 0
	@PARALLAX_EXAMPLE=1 $(DJANGO) example_review --if-missing > /dev/null
	@HASHED_STATIC_FILES=1 $(DJANGO) collectstatic --no-input --verbosity 0
	@PARALLAX_EXAMPLE=1 HASHED_STATIC_FILES=1 EMBEDDED_WORKER=1 PORT=$(PORT) \
		$(BIN)/gunicorn --config config/gunicorn_conf.py

# Packages in .venv, and the settings of a laptop in .env; nothing when they are there.
setup: $(STAMP) .env var/secret_key

$(STAMP): requirements.lock
	@$(PYTHON) -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Parallax needs Python 3.11 or newer with its venv module, and $(PYTHON) is not that."; \
		echo "If you have one elsewhere: make PYTHON=/path/to/python3.11 setup"; \
		exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing packages into .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@rm -f .venv/installed-*
	@touch $@

.env:
	@echo "PARALLAX_PROFILE=local" > $@

var/secret_key:
	@mkdir -p var
	@(umask 077 && $(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(64))' > $@)

test: setup lint test-only

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint --lint --quiet .
	$(BIN)/lint-imports
	$(TEST_ENV) $(BIN)/mypy
	$(TEST_ENV) $(DJANGO) makemigrations --check --dry-run
	$(SERVER_ENV) $(DJANGO) check --deploy --fail-level WARNING

test-only: setup
	$(TEST_ENV) $(BIN)/pytest --numprocesses $(PROCESSES) --maxprocesses 4 --maxschedchunk 8 $(TESTS)

bench: setup
	$(TEST_ENV) $(BIN)/python -m tests.benchmarks

# After a change of the packages in pyproject.toml.
lock: setup
	$(PYTHON) -m venv var/lock-tools
	var/lock-tools/bin/pip install --quiet --disable-pip-version-check uv
	var/lock-tools/bin/uv pip compile pyproject.toml --extra test --universal --generate-hashes \
		--python-version 3.11 --no-annotate --no-header --no-emit-index-url \
		--quiet --output-file requirements.lock
	sed -i '1i # Every package by version and hash, test tools included: made by `make lock`.' requirements.lock

# Everything made here but the data: var/ with database and files stays.
clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache \
		test-results var/static var/lock-tools var/test-*.sqlite3*
	find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
