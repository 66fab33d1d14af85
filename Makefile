# Needs Python 3.11 or newer, make and a network to the package registry. `make help` lists the rest.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:

PYTHON ?= $(shell python3.11 -c pass 2>/dev/null && echo python3.11 || echo python3)
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check

# Lowest branch coverage, in percent, of the parts that decide.
PURE_COVERAGE_MIN ?= 99
PURE_SOURCES := tags,zones,inventory,alerts,gateway.pipeline
PURE := tags/*,zones/*,inventory/*,alerts/*,gateway/pipeline*
PURE_FOLDERS := tags zones inventory alerts
PURE_TESTS := $(addprefix tests/,$(PURE_FOLDERS)) $(wildcard tests/gateway/test_pipeline*.py)
# Tests run in so many lanes at a time, a group each: those of the parts that decide, each other
# folder, and the files beside the folders. What takes longest begins first; the browser's tests
# begin when those of whole gateways are nearly over, as both mind the load.
LANES ?= 2
GROUPS_FIRST := acceptance deciding gateway browser api readers history delivery
FOLDERS := $(sort $(notdir $(patsubst %/,%,$(dir $(wildcard tests/*/test_*.py)))))
TEST_GROUPS := $(GROUPS_FIRST) $(filter-out $(GROUPS_FIRST) $(PURE_FOLDERS),$(FOLDERS)) beside

# Servers and tools of the tests that are no Python packages: command and Debian's package.
TEST_SERVERS := mosquitto:mosquitto tshark:tshark influxd:influxdb chromium:chromium
# How long `make fuzz` hunts in each decoder, in seconds.
FUZZ_S ?= 600

ARGS ?=

# Compiled modules are kept wherever make runs: the tests start hundreds of gateways, each half a
# second sooner with them.
unexport PYTHONDONTWRITEBYTECODE

##@ Use
demo: $(VENV)/run.stamp pages ## Show a simulated facility and its first exit alert; Ctrl-C stops it
	@$(BIN)/tagwarden demo $(ARGS)

dashboard: $(VENV)/node.stamp ## Build the pages into dashboard/dist, with Node from the system or from a wheel
	@$(BIN)/python dashboard/build.py

# The gateway runs without new pages, too.
pages: $(VENV)/node.stamp
	@$(BIN)/python dashboard/build.py || echo "going on without: / will say how to build the dashboard"

screenshots: $(VENV)/dev.stamp $(VENV)/servers.stamp dashboard ## Pictures of every page into build/screenshots, two small ones into docs/images
	$(BIN)/python -m tests.browser.screenshots $(ARGS)

##@ Check
test: lint test-dashboard test-python test-wheel ## Everything that must hold before a change goes in, cheap things first

lint: $(VENV)/dev.stamp ## Format, lint, import order, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy & types=$$!; $(BIN)/basedpyright && wait $$types

test-dashboard: dashboard ## Types, lint and tests of the pages' sources
	@$(BIN)/python dashboard/build.py check

test-python: $(VENV)/dev.stamp $(VENV)/servers.stamp pages ## The tests, two groups at a time; what a group said is in build/tests
	@$(MAKE) --no-print-directory test-lanes

test-lanes:
	@rm -rf build/tests && mkdir -p build/tests
	@printf '%s\n' $(TEST_GROUPS) | xargs -P $(LANES) -I '{}' $(MAKE) --no-print-directory 'test-group-{}'

# A group says in a line how it went, or all that it said where it failed. 5: nothing was chosen.
test-group-%:
	@log=build/tests/$*.log; { $(call test_of,$*); } > $$log 2>&1; failed=$$?; \
	if test $$failed = 5; then failed=0; fi; \
	if test $$failed = 0; then echo "tests/$*: $$(grep -E ' in [0-9.]+s' $$log | tail -1 | tr -d =)"; \
	else cat $$log; echo "tests/$*: FAILED, see $$log"; fi; exit $$failed

pytest = $(BIN)/python -m pytest -p no:cacheprovider $(1) $(ARGS)
test_of = $(or $(test_$(1)),$(call pytest,tests/$(1)))
test_gateway = $(call pytest,tests/gateway $(addprefix --ignore=,$(PURE_TESTS)))
test_beside = $(call pytest,$(wildcard tests/test_*.py))
# Other parts need not be followed line by line: that takes time.
test_deciding = $(BIN)/coverage run --source=$(PURE_SOURCES) -m pytest -p no:cacheprovider $(PURE_TESTS) $(ARGS) \
  && $(BIN)/coverage report --include='$(PURE)' --fail-under=$(PURE_COVERAGE_MIN)

test-wheel: $(VENV)/run.stamp pages ## Build the wheel, install it into a clean environment, run the demo from it, open its dashboard
	rm -rf build/wheel
	$(PIP) wheel --quiet --no-index --no-deps --no-build-isolation --wheel-dir build/wheel .
	$(BIN)/python -m venv build/wheel/venv
	$(call install,build/wheel/venv/bin/python,requirements/run.txt)
	build/wheel/venv/bin/python -m pip install --quiet --no-index --no-deps build/wheel/*.whl
	cd build/wheel && venv/bin/python ../../tests/installed.py venv/bin/tagwarden demo --for 20 --seed 1 --port 0

sbom: test-wheel ## The bill of materials of what the wheel installs, CycloneDX in build/sbom.json
	$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
	  --output-file build/sbom.json build/wheel/venv/bin/python

format: $(VENV)/dev.stamp ## Let ruff set the format and repair what it can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

##@ Measure
bench: $(VENV)/dev.stamp ## Each benchmark, one after the other
	@for benchmark in benchmarks/*.py; do PYTHONPATH=. $(BIN)/python "$$benchmark" || exit 1; done

soak: $(VENV)/dev.stamp $(VENV)/servers.stamp ## The long runs: kills, floods, full disks
	$(BIN)/python -m pytest -m soak --timeout=0 $(ARGS)

fuzz: $(VENV)/fuzz.stamp ## Every property and parser with many more examples, each decoder for FUZZ_S seconds
	$(BIN)/python -m pytest -m 'fuzz or hypothesis' --hypothesis-profile=fuzz --timeout=0 $(ARGS)
	$(BIN)/python -m tests.fuzz.hunt --seconds $(FUZZ_S)

##@ Keep
docs: $(VENV)/docs.stamp ## Build the documentation into site/; a broken link is an error
	$(BIN)/mkdocs build --strict --quiet

lock: $(VENV)/dev.stamp ## Compile requirements/*.txt again; ARGS=--upgrade takes newer versions
	$(call compile,run,pyproject.toml requirements/build.in --extra demo)
	$(call compile,dev,pyproject.toml requirements/build.in --group dev -c requirements/run.txt)
	$(call compile,docs,--group docs -c requirements/dev.txt)
	$(call compile,fuzz,--group fuzz -c requirements/dev.txt)
	$(call compile,node,requirements/node.in -c requirements/dev.txt)

clean: ## Remove the environment and everything that was built
	rm -rf $(VENV) build dist site dashboard/dist dashboard/dist.* dashboard/node_modules .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## This list
	@awk -F':.*## ' '/^##@/ {print "\n" substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

.PHONY: demo dashboard pages screenshots test test-dashboard lint test-python test-lanes test-wheel sbom format bench soak fuzz docs lock clean help

# The environment: pinned versions with their hashes, then this tree itself, editable.
install = $(1) -m pip --disable-pip-version-check install --quiet --require-hashes -r $(2)
compile = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command 'make lock' $(ARGS) $(2) -o requirements/$(1).txt

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Tagwarden needs Python 3.11 or newer; say which: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "Python could not make $(VENV); Debian and Ubuntu want the package python3-venv." >&2; exit 1; }

$(VENV)/run.stamp: requirements/run.txt pyproject.toml | $(VENV)/bin/python
	$(call install,$(BIN)/python,requirements/run.txt)
	$(PIP) install --quiet --no-index --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt requirements/peers.txt $(VENV)/run.stamp
	$(call install,$(BIN)/python,requirements/dev.txt)
	$(call install,$(BIN)/python,requirements/peers.txt) --no-deps --ignore-requires-python
	@touch $@

$(VENV)/docs.stamp: requirements/docs.txt $(VENV)/dev.stamp
	$(call install,$(BIN)/python,requirements/docs.txt)
	@touch $@

$(VENV)/fuzz.stamp: requirements/fuzz.txt $(VENV)/dev.stamp
	$(call install,$(BIN)/python,requirements/fuzz.txt)
	@touch $@

# Node for the dashboard, only where the system has none that is new enough; where there is none to
# be had either, the build says so.
$(VENV)/node.stamp: requirements/node.txt dashboard/package.json $(VENV)/run.stamp
	@$(BIN)/python dashboard/build.py node || { echo "fetching Node for the dashboard"; \
	  $(call install,$(BIN)/python,requirements/node.txt); } || true
	@touch $@

# Tests that need one of them skip without it and name the package.
$(VENV)/servers.stamp: | $(VENV)/bin/python
	@missing=; for server in $(TEST_SERVERS); do command=$${server%%:*}; \
	  command -v $$command >/dev/null || test -x /usr/sbin/$$command || missing="$$missing $${server##*:}"; done; \
	if test -z "$$missing"; then exit 0; fi; \
	if test "$$(id -u)" = 0 && command -v apt-get >/dev/null; then \
	  export DEBIAN_FRONTEND=noninteractive; install="apt-get install -y -qq --no-install-recommends$$missing"; \
	  echo "installing$$missing for the tests"; \
	  { $$install || { apt-get update -qq && $$install; }; } >/dev/null 2>&1 \
	    || echo "could not install$$missing: the tests that need it skip"; \
	else echo "tests that need$$missing skip; Debian: sudo apt-get install$$missing"; fi
	@touch $@
