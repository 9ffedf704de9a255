# Everything a newcomer needs: `make demo` and `make test`. Each target sets up what it needs and does nothing twice.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
# A stamp's name holds the content it stands for, so that another branch's requirements are installed again.
content = $(STAMPS)/$(1)-$(shell cat requirements/$(1).txt | cksum | cut -d' ' -f1)
BOOTSTRAP := $(call content,bootstrap)
RUNTIME := $(call content,runtime)
TEST := $(call content,test)
BENCH := $(call content,bench)
COMMAND := $(BIN)/edgewise
PLUGIN := $(STAMPS)/plugin-$(shell cksum < lineage/mlflow_plugin/pyproject.toml | cut -d' ' -f1)

install = $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --requirement requirements/$(1).txt

# The demonstration, the checks and the tests run on this machine alone; a real installation sets its own secret.
export EDGEWISE_PRODUCTION ?= false
# Where the environment forbids compiled files, every process would compile all of its libraries again.
unexport PYTHONDONTWRITEBYTECODE

.DELETE_ON_ERROR:
.PHONY: help setup demo demo-once demo-clean check reference test bench chromium

help:
	@echo "make demo        set up, run the whole job on real models, leave the site running (Ctrl-C stops it)"
	@echo "make demo-once   the same, then end: exit code 0 when every step gave the expected verdict"
	@echo "make demo-clean  remove the demonstration's data"
	@echo "make check       style, types, layers, migrations, reference"
	@echo "make reference   write docs/reference from the code"
	@echo "make test        all tests, a real browser included"
	@echo "make bench       what an audited action costs, against others"

setup: $(RUNTIME) $(COMMAND) $(PLUGIN)

demo: setup
	$(COMMAND) demo

demo-once: setup
	$(COMMAND) demo --once

demo-clean: setup
	$(COMMAND) demo --clean

check: setup $(TEST)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --config-file lineage/mlflow_plugin/pyproject.toml
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py generate_reference --check
	$(BIN)/python -m api.graphql.reference --check

reference: setup
	$(BIN)/python manage.py generate_reference
	$(BIN)/python -m api.graphql.reference

test: setup $(TEST) chromium
	$(BIN)/python -m pytest -n auto --dist loadgroup

bench: setup $(BENCH)
	$(BIN)/python -m benchmarks

chromium:
	@sh tests/chromium.sh

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Edgewise needs Python 3.11 or newer; $(PYTHON) is older or missing. Name another: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "$(PYTHON) cannot make a virtual environment. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }

$(BOOTSTRAP): $(VENV)/pyvenv.cfg
	@echo "Installing what installs the rest"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/bootstrap.txt
	@mkdir -p $(STAMPS) && touch $@

$(RUNTIME): $(BOOTSTRAP)
	@echo "Installing what Edgewise runs on"
	@$(call install,runtime)
	@touch $@

$(TEST): $(RUNTIME)
	@echo "Installing what the tests need"
	@$(call install,test)
	@touch $@

# For the demonstration's training and the tests' MLflow servers; uv holds the build backend, so nothing is downloaded.
$(PLUGIN): $(RUNTIME)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --offline --no-deps --editable lineage/mlflow_plugin
	@touch $@

$(BENCH): $(RUNTIME)
	@echo "Installing what the benchmarks compare with"
	@$(call install,bench)
	@touch $@

# No build: the folder itself is on the path, so the command starts as fast as Python allows.
$(COMMAND): $(VENV)/pyvenv.cfg Makefile
	@echo "$(CURDIR)" > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/edgewise.pth"
	@printf '#!%s\nimport sys\n\nfrom api.cli.main import main\n\nsys.exit(main())\n' "$(CURDIR)/$(BIN)/python" > $@
	@chmod +x $@
