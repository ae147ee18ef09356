# Each target makes its own virtual environment and installs what it needs; a second run is quick.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CHECK := .venv-check

.PHONY: demo test parity browser bench check clean

demo: $(VENV)/demo.installed
	$(BIN)/autodiff demo --out demo-output

test: $(VENV)/test.installed
	$(BIN)/python -m pytest -m "not parity and not browser"

parity: $(VENV)/test.installed $(VENV)/torch.installed
	$(BIN)/python -m pytest -m parity

browser: $(VENV)/test.installed $(VENV)/browser.installed
	$(BIN)/python -m pytest -m browser

bench: $(VENV)/bench.installed
	$(BIN)/autodiff bench

check: $(CHECK)/installed
	$(CHECK)/bin/pip install --quiet --force-reinstall --no-deps --no-build-isolation .
	$(CHECK)/bin/ruff check .
	$(CHECK)/bin/ruff format --check .
	cd $(CHECK) && bin/mypy --config-file ../pyproject.toml -p autodiff
	cd $(CHECK) && bin/python -m pytest -q ../tests/test_doctests.py -p no:cacheprovider

clean:
	rm -rf $(VENV) $(CHECK) build *.egg-info demo-output

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/torch.installed: | $(BIN)/python
	$(BIN)/pip install --quiet torch==2.13.0
	touch $@

# The extra of that name in pyproject.toml.
$(VENV)/%.installed: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --editable '.[$*]'
	touch $@

$(CHECK)/installed: pyproject.toml
	$(PYTHON) -m venv $(CHECK)
	$(CHECK)/bin/pip install --quiet --upgrade 'setuptools>=77' wheel
	$(CHECK)/bin/pip install --quiet '.[check,test]'
	touch $@
