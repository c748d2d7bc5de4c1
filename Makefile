# make demo   assess the bundled synthetic tiles and say where the map is
# make test   every check: format, lint, types, floors of the house, the viewer's scripts, tests
# Each makes .venv by itself; all that is needed is Python 3.11 or later.

PYTHON ?= python3
BIN := .venv/bin
DEMO_OUT ?= demo_run

.PHONY: demo test check samples fuzz clean

demo: .venv/.package
	$(BIN)/jezero-sites demo --out $(DEMO_OUT)

test: .venv/.tests
	sh scripts/test_tools.sh
	$(MAKE) check

check:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	sh scripts/lint_viewer.sh
	$(BIN)/python -m pytest

samples: .venv/.package
	$(BIN)/python -m benchmarks.make_dem_samples

# damaged TIFFs, lists of samples and settings against their readers; some minutes
fuzz: .venv/.package
	$(BIN)/python -m benchmarks.fuzz_rasters
	$(BIN)/python -m benchmarks.fuzz_samples

.venv/.package: pyproject.toml
	PYTHON="$(PYTHON)" sh scripts/venv.sh .
	touch $@

.venv/.tests: pyproject.toml
	PYTHON="$(PYTHON)" sh scripts/venv.sh ".[test]"
	touch $@ .venv/.package

clean:
	rm -rf .venv node_modules $(DEMO_OUT)
