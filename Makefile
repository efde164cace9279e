# Needs only a shell, make and Python 3.11 or newer with its venv module. `make help` lists what there is to make.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help setup run test check bench lock bom compiled clean setup-dev machine FORCE

export PIP_NO_INPUT := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

BIN := .venv/bin
UV := uv==0.13.9
BACK_MASSAGE := src/palpate/library/back_massage
COMPILED := $(BACK_MASSAGE)/compiled.json
SOURCES := $(shell find src/palpate/pathway src/palpate/library -name '*.py' -o -name '*.toml')

# An environment knows the folder it was made in. In a copied or moved folder it would still run the code of the
# old one, so it is made anew there.
stale = $(shell [ ! -e $(1)/pyvenv.cfg ] || grep -qF '$(CURDIR)/$(1)' $(1)/pyvenv.cfg || echo FORCE)

# Sets $$python: the first that is new enough and can make environments (Debian's python3 alone cannot).
define find_python
python=; \
for candidate in $(or $(PYTHON),python3.11 python3); do \
	if $$candidate -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		python=$$candidate; break; \
	fi; \
done; \
if [ -z "$$python" ]; then \
	echo 'Palpate needs Python 3.11 or newer with its venv module; on Debian: apt-get install python3-venv' >&2; exit 1; \
fi
endef

# $(call install,FOLDER,REQUIREMENTS): an environment with locked packages and palpate itself, as editable sources.
# An environment that works is kept; one that is stale, or that an interrupted call left half made, is not.
define install
@if [ -n '$(call stale,$(1))' ] || ! $(1)/bin/python -m pip --version >/dev/null 2>&1; then \
	$(find_python); \
	echo "Making $(1) with $$python"; \
	$$python -m venv --clear $(1); \
fi
@echo 'Installing into $(1): $(2)'
@$(1)/bin/python -m pip install --quiet --require-hashes $(foreach file,requirements/build.txt $(2),-r $(file))
@$(1)/bin/python -m pip install --quiet --no-build-isolation --no-deps --editable .
@touch $(1)/.installed
endef

PACKAGE := pyproject.toml hatch_build.py requirements/build.txt

help: ## lists these targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 12

setup: .venv/.installed $(COMPILED) ## makes .venv with .venv/bin/palpate

run: setup ## opens the clinic with its demo practice
	@$(BIN)/palpate serve --demo

# What these files look at does not hang on the store; `tests/on_postgresql.py tests/web` runs them all the same.
ONE_STORE := check decision fields fuzz headers injection intake languages outbound plan policy session_visits \
	signing_factors signing_sessions signing_throttle

test: machine ## runs every test, those of the clinic on SQLite and on PostgreSQL
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile
	@$(BIN)/python tests/on_postgresql.py -n 2 --dist loadfile tests/clinic tests/web -m 'not browser and not slow' \
		$(addprefix --ignore=tests/web/test_,$(addsuffix .py,$(ONE_STORE)))

check: setup-dev ## format, lint, types, imports and the fast tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@PALPATE_DATA=.mypy_cache/palpate $(BIN)/mypy --strict src
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest -q -m 'not slow and not browser'

bench: .venv-bench/.installed setup-dev $(COMPILED) ## measures palpate beside another rule engine, and the clinic beside a plain page
	@.venv-bench/bin/python benchmarks/run.py
	@$(BIN)/python benchmarks/clinic/run.py
	@$(BIN)/python benchmarks/schedule/run.py
	@$(BIN)/python benchmarks/population/run.py

compiled: setup ## compiles the shipped pathway if its sources changed

.venv/.installed: requirements/clinic.txt $(PACKAGE) $(call stale,.venv)
	$(call install,.venv,requirements/clinic.txt)

.venv/.installed-dev: .venv/.installed requirements/dev.txt
	@echo 'Installing into .venv: requirements/dev.txt'
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	@touch $@

.venv-bench/.installed: requirements/bench.txt $(PACKAGE) $(call stale,.venv-bench)
	$(call install,.venv-bench,requirements/bench.txt)

setup-dev: setup .venv/.installed-dev

# The folder stands among the sources because a TOML file that was taken away leaves no other trace. The file is
# touched last, or writing it would leave the folder the newer of the two.
$(COMPILED): $(SOURCES) $(BACK_MASSAGE) | .venv/.installed
	@$(BIN)/python -m palpate.library
	@touch $@

# What the tests need of the machine: a browser and what steers it (Playwright brings neither in its package), a Java
# runtime for Spark, calendar programs that read our feeds, and what looks into a PDF. Tests that miss theirs are skipped.
PROGRAMS := chromium-headless-shell:chromium-headless-shell java:default-jre-headless khal:khal vdirsyncer:vdirsyncer pdftotext:poppler-utils

machine: setup-dev
	@missing=; \
	for pair in $(PROGRAMS); do command -v $${pair%%:*} >/dev/null || missing="$$missing $${pair#*:}"; done; \
	$(BIN)/python -m playwright --version >/dev/null 2>&1 || missing="$$missing libatomic1"; \
	if [ -z "$$missing" ]; then \
		:; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing for the tests:$$missing"; \
		{ apt-get update -qq -o Acquire::Retries=3 && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y \
			--no-install-recommends -o Acquire::Retries=3 -o DPkg::Lock::Timeout=120 $$missing </dev/null >/dev/null; } || \
			echo "Could not be installed, and some tests need it:$$missing" >&2; \
	else \
		echo "Some tests need what is missing here. As root: apt-get install$$missing" >&2; \
	fi

# Pins that stand are kept; `make lock UPGRADE=1` looks for newer ones. The build packages share an environment with
# the developers' tools, so they are held to the same versions.
lock: ## writes requirements/*.txt anew from pyproject.toml
	@set -e; $(find_python); \
	scratch=$$(mktemp -d); trap 'rm -rf "$$scratch"' EXIT; \
	$$python -m venv "$$scratch"; \
	"$$scratch/bin/python" -m pip install --quiet '$(UV)'; \
	compile() { "$$scratch/bin/uv" pip compile --quiet --no-config --generate-hashes --no-header --universal \
		--python-version 3.11 $(if $(UPGRADE),--upgrade) "$$@" >/dev/null; }; \
	compile pyproject.toml -o requirements/run.txt; \
	compile pyproject.toml --extra clinic --extra scheduling --extra population -o requirements/clinic.txt; \
	compile pyproject.toml --extra clinic --extra scheduling --extra population --extra spark --group dev --group browser --group clinic -o requirements/dev.txt; \
	compile pyproject.toml --group bench -o requirements/bench.txt; \
	$$python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
		> "$$scratch/build.in"; \
	compile - -c requirements/dev.txt -o requirements/build.txt < "$$scratch/build.in"; \
	if grep -n '://' requirements/*.txt; then echo 'An address stands in a locked file.' >&2; exit 1; fi

bom: setup ## writes the bill of materials (CycloneDX)
	@$(BIN)/python requirements/bill_of_materials.py

clean: ## removes all that make made
	rm -rf .venv .venv-bench dist .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache
	rm -f src/palpate/library/*/compiled.json
	find src tests -name __pycache__ -prune -exec rm -rf {} +
