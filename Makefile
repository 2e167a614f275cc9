# Two commands do everything on a machine with Python 3.11 or later, make and git: make demo, make test.
PYTHON ?= python3
VENV ?= .venv
# Tests mostly wait for sockets: a few at a time take a third of the time. WORKERS=0 runs them one by one.
WORKERS ?= 4

.PHONY: demo test test-browser lint bench clean

demo: $(VENV)/.demo
	$(VENV)/bin/publish examples --sandbox

test: $(VENV)/.dev
	$(VENV)/bin/python -m pytest -n $(WORKERS) --dist worksteal $(TESTS)

test-browser: $(VENV)/.dev
	$(VENV)/bin/python -m pytest -n $(WORKERS) --dist worksteal tests/test_browser_*.py

lint: $(VENV)/.dev
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy

bench: $(VENV)/.dev
	$(VENV)/bin/python benchmarks/conformance.py
	$(VENV)/bin/python benchmarks/commonmark.py
	$(VENV)/bin/python benchmarks/speed.py
	$(VENV)/bin/python benchmarks/pictures.py

$(VENV)/.demo: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --editable '.[sandbox]'
	touch $@

$(VENV)/.dev: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(VENV)/bin/python -m pip install --quiet --editable . --group dev
	touch $@ $(VENV)/.demo

clean:
	rm -rf $(VENV) .venvs build dist *.egg-info .publish
