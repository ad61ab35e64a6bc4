# The house's commands; `make help` lists them. A fresh machine needs Python 3.11+ and make, nothing else.
PYTHON ?= python3
# processes that run the tests; some wait for browsers and whole networks, so one more than processors
WORKERS ?= 3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
STAMP_DEV := $(VENV)/.installed-dev
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONUNBUFFERED := 1

.PHONY: help setup demo test test-deep soak check bench clean format

help:
	@echo "make demo       set up and run the demo network: eight shops, web, worker; Ctrl-C stops it"
	@echo "make test       set up and run every check and test, browser tests included"
	@echo "make test-deep  the same proofs with their full counts"
	@echo "make soak       trade in a network of its own while everything in it is broken, then hold it against its stores"
	@echo "make setup      only the set-up, into .venv"
	@echo "make check      lint, types, import contracts, migrations, deployment checks; no tests"
	@echo "make bench      the benches that exist, one JSON line a figure"
	@echo "make format     let the formatters have their way"
	@echo "make clean      stop this checkout's database servers and remove .venv, .skuu and var"

$(STAMP): requirements.txt constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "SKUU needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Say PYTHON=python3.11 make …")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || (echo "Python's venv module is missing: install python3-venv" && exit 1)
	$(BIN)/python -m pip install -q -q -r requirements.txt -c constraints.txt
	@touch $@

$(STAMP_DEV): requirements-dev.txt $(STAMP)
	$(BIN)/python -m pip install -q -q -r requirements-dev.txt -c constraints.txt
	@touch $@

setup: $(STAMP)
	@$(BIN)/python -m skuu.local_env

demo: setup
	@exec $(BIN)/python manage.py demo $(DEMO)

check: setup $(STAMP_DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/mypy skuu network catalog orders settlement
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python -m skuu.local_env --deploy-check

test: check
	@$(BIN)/python -m skuu.testing.chromium
	$(BIN)/python -m pytest -m "not deep" -n $(WORKERS) --dist loadfile

test-deep: check
	@$(BIN)/python -m skuu.testing.chromium
	SKUU_DEEP=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

soak: setup $(STAMP_DEV)
	$(BIN)/python -m skuu.proof.soak --minutes $(or $(MINUTES),10) --seed $(or $(SEED),1)

bench: setup $(STAMP_DEV)
	@for bench in benches/[a-z]*.py; do name=$$(basename $$bench .py); $(BIN)/python -m benches.$$name || exit 1; done

format: $(STAMP_DEV)
	$(BIN)/ruff check --fix -q . ; $(BIN)/ruff format . ; $(BIN)/djlint templates --reformat --quiet

clean:
	-@test -x $(BIN)/python && $(BIN)/python -m skuu.postgresql.server destroy && SKUU_PG_CLUSTER=test $(BIN)/python -m skuu.postgresql.server destroy
	rm -rf $(VENV) .skuu var
