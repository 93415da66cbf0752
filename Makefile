# Everything a person or CI types. `make` alone lists it.

VENV := .venv
PYTHON := $(VENV)/bin/python
PIP := $(PYTHON) -m pip
ARGS :=
TEST := $(PYTHON) -m pytest --numprocesses 2 --dist loadfile

.PHONY: help run test soak check format lock clean chromium
.DEFAULT_GOAL := help

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/.installed  ## start the studio; options: make run ARGS="--server.port 8502"
	$(PYTHON) -m streamlit run Home.py $(ARGS)

test: $(VENV)/.installed-dev chromium  ## all tests; some of them: make test ARGS="-k digits"
	$(TEST) $(ARGS)

soak: $(VENV)/.installed-dev  ## look for files that no reader survives; longer: make soak ARGS="--minutes 60"
	$(PYTHON) -m pytest tests/fuzz --minutes 10 --capture no --override-ini timeout=0 $(ARGS)

check: $(VENV)/.installed-dev chromium  ## what CI runs: format, lint, types, layers, all tests
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	$(VENV)/bin/lint-imports --no-logo
	$(TEST) $(ARGS)

format: $(VENV)/.installed-dev  ## put the code into the one format
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .

lock:  ## write requirements.lock anew: every package beneath, with the hashes of its files
	$(PIP) install --quiet uv==0.13.9
	$(PYTHON) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
		--custom-compile-command "make lock" --output-file requirements.lock requirements-dev.txt

clean:  ## remove what these commands made; runs and data stay
	rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# The first Python that is new enough and can make virtual environments.
$(PYTHON):
	@for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
		$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		$$python -c 'import ensurepip, venv' 2>/dev/null || { incomplete=$$python; continue; }; \
		exec $$python -m venv $(VENV); \
	done; \
	if [ -n "$$incomplete" ]; \
	then echo "$$incomplete cannot make virtual environments; on Debian and Ubuntu: apt-get install python3-venv" >&2; \
	else echo "Python 3.11 or newer is needed and was not found." >&2; fi; \
	exit 1

# What is beneath the requirements comes in the versions of the lock, and pip writes down which files it took.
$(VENV)/constraints.txt: requirements.lock | $(PYTHON)
	sed -n 's/^\([a-zA-Z0-9][^\\]*\)\\$$/\1/p' requirements.lock > $@

$(VENV)/.installed: requirements.txt $(VENV)/constraints.txt | $(PYTHON)
	$(PIP) install -r requirements.txt --constraint $(VENV)/constraints.txt --report $(VENV)/installed.json
	@touch $@

$(VENV)/.installed-dev: requirements.txt requirements-dev.txt $(VENV)/constraints.txt | $(PYTHON)
	$(PIP) install -r requirements-dev.txt --constraint $(VENV)/constraints.txt --report $(VENV)/installed-dev.json
	@touch $(VENV)/.installed $@

# Tests in a browser are skipped where there is none, so a missing browser stops nothing here.
chromium:
	@for browser in "$${CHROMIUM:-chromium}" chromium chromium-browser google-chrome; do \
		if command -v "$$browser" >/dev/null; then exit 0; fi; \
	done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		export DEBIAN_FRONTEND=noninteractive; \
		if apt-get update -qq && apt-get install -y -qq chromium; then exit 0; fi; \
	fi; \
	echo "No Chromium found: install it (Debian: apt-get install chromium) or set CHROMIUM to its path; the tests in a browser are skipped." >&2
