# Every command of the repository; `make` alone prints them. PAPER is a folder's name, - or _ alike.

PAPERS := vineppo loqa advantage_alignment brs meta_value riemannian_diffusion
BEGUN := $(patsubst %/__main__.py,%,$(wildcard $(PAPERS:=/__main__.py)))

# A misspelt variable would silently run something else.
KNOWN := PRESET SEEDS EXPERIMENT POLICIES FORCE RESUME JOBS DEVICE PYTHON UV UPGRADE \
    JAX_COMPILATION_CACHE_DIR JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS \
    JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES JAX_PLATFORMS SMOKE_XLA_FLAGS
given := $(foreach v,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $v))),$v))
unknown := $(filter-out $(KNOWN) MAKEFLAGS -%,$(given))
$(if $(unknown),$(error unknown variable $(unknown); known: $(wordlist 1,9,$(KNOWN))))

PRESET ?= quick
DEVICE ?= cpu
PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null)

# Compiled programs outlive the process: the second run of anything starts in seconds.
JAX_COMPILATION_CACHE_DIR ?= $(CURDIR)/.cache/jax
JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS ?= 0
JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES ?= -1
export JAX_COMPILATION_CACHE_DIR JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS
export JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES

ifeq ($(DEVICE),cuda)
JAX_PLATFORMS ?= cuda,cpu
export JAX_PLATFORMS
else ifneq ($(DEVICE),cpu)
$(error DEVICE must be cpu or cuda, not "$(DEVICE)")
endif

empty :=
space := $(empty) $(empty)
comma := ,

# The paper of a pattern rule's stem, as its folder is spelled.
folder = $(subst -,_,$*)
paper = $(or $(filter $(folder),$(BEGUN)),$(if $(filter $(folder),$(PAPERS)),\
    $(error $(folder) is not begun; begun: $(BEGUN)),\
    $(error no paper "$*"; papers: $(PAPERS))))

# Tests of a file share what they compile, and so stay in one process.
JOBS ?= 2
distributed = -n $(JOBS) --dist loadfile

# common has no lock of its own and is tested with everybody's.
tested = $(if $(filter common,$*),common,$(paper))
tester = $(if $(filter common,$*),all,$(paper))

environment = .venv/$1$(if $(filter cuda,$(DEVICE)),-cuda)
stamp = $(call environment,$1)/.stamp
python = $(call environment,$1)/bin/python

check_python = "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
    echo 'Python 3.11 or later is needed, and "$(PYTHON)" is not: add PYTHON=/path/to/python' >&2; \
    exit 1; }

.PHONY: help test test-all list report summary lint format lock clean
.PRECIOUS: .venv/%/.stamp
.SECONDEXPANSION:

help: ## print this list
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / { sub(/%/, "PAPER", $$1); \
	    printf "make %-18s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "PAPER        $(PAPERS)"
	@echo "PRESET       smoke, quick, day or paper (reproduce; default quick)"
	@echo "SEEDS        number of seeds (reproduce; default: the preset's)"
	@echo "EXPERIMENT   one or several names of 'make list' (reproduce; default: all that fit its time)"
	@echo "POLICIES     folder of players that other papers exported (reproduce-brs)"
	@echo "RESUME=1     go on with what was begun with the same settings and seeds (reproduce)"
	@echo "FORCE=1      overwrite newer results (reproduce)"
	@echo "JOBS         processes that test side by side (test; default 2, about 3 GB each)"
	@echo "DEVICE=cuda  install and use the GPU build of JAX"
	@echo "PYTHON       Python 3.11 or later that builds the environments (default python3)"

reproduce-%: $$(call stamp,$$(paper)) ## run the paper's experiments, print its claim table
	$(call python,$(paper)) -m $(paper) reproduce --preset '$(PRESET)'$(if \
	    $(SEEDS), --seeds '$(SEEDS)')$(if \
	    $(EXPERIMENT), --experiment '$(subst $(space),$(comma),$(strip $(EXPERIMENT)))')$(if \
	    $(POLICIES), --policies '$(POLICIES)')$(if \
	    $(RESUME), --resume)$(if \
	    $(FORCE), --force)

# Compiling is most of what a smoke run does: XLA is asked for little.
SMOKE_XLA_FLAGS := --xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false
smoke-%: $$(call stamp,$$(paper)) ## run all its experiments in a minute, in a temporary folder
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && trap 'exit 130' INT TERM && \
	XLA_FLAGS="$${XLA_FLAGS:-$(SMOKE_XLA_FLAGS)}" \
	$(call python,$(paper)) -m $(paper) reproduce --preset smoke \
	    --results-dir "$$folder/results" --runs-dir "$$folder/runs"

test: $$(call stamp,all) ## run every test that is not slow
	$(call python,all) -m pytest -m 'not slow' $(distributed)

test-all: $$(call stamp,all) ## run the slow ones too
	$(call python,all) -m pytest $(distributed)

test-%: $$(call stamp,$$(tester)) ## run the paper's tests (test-common: those of common/)
	$(call python,$(tester)) -m pytest -m 'not slow' $(distributed) $(tested)

shell-%: $$(call stamp,$$(paper)) ## a shell in which `python -m PAPER` is the paper's environment
	@PATH="$(CURDIR)/$(call environment,$(paper))/bin:$$PATH" "$${SHELL:-/bin/sh}"

bench-%: $$(call stamp,$$(paper)) ## measure throughput, compile time and memory
	JAX_ENABLE_COMPILATION_CACHE=false $(call python,$(paper)) -m $(paper) bench

list: ## every experiment: its place in the paper, claim and expected time
	@$(check_python)
	@for paper in $(PAPERS); do \
	    if [ -e $$paper/__main__.py ]; then "$(PYTHON)" -m common.logger.listing $$paper || exit; \
	    else echo "$$paper: not begun"; fi; \
	done

report: $$(foreach p,$$(BEGUN),$$(call stamp,$$p)) ## rebuild pages and figures from results
	@for paper in $(BEGUN); do $(call python,$$paper) -m $$paper report || exit; done
	@$(call python,$(firstword $(BEGUN))) -m common.logger.summary $(BEGUN)

summary: $$(call stamp,$$(firstword $$(BEGUN))) ## all claims and figures in summary.html, summary.csv
	@$(call python,$(firstword $(BEGUN))) -m common.logger.summary $(BEGUN)
	@echo summary.html summary.csv

lint: .venv/lint/.stamp ## check formatting, style and types
	.venv/lint/bin/python -m ruff format --check .
	.venv/lint/bin/python -m ruff check .
	.venv/lint/bin/python -m mypy

format: .venv/lint/.stamp ## format the code, fix what can be fixed
	.venv/lint/bin/python -m ruff check --fix-only .
	.venv/lint/bin/python -m ruff format .

# The flags keep addresses of package indexes out of the locks. all.lock fixes the versions of the rest.
compile = "$(UV)" --no-config pip compile pyproject.toml --quiet --universal --python-version 3.11 \
    --fork-strategy fewest --generate-hashes --no-emit-index-url --no-emit-find-links \
    --no-annotate --no-header $(if $(UPGRADE),--upgrade)
extra = --extra $(subst _,-,$1)

lock: ## bring requirements/ in step with pyproject.toml (needs uv; UPGRADE=1: newest versions)
	@$(if $(UV),,echo 'make lock needs uv' >&2; exit 1)
	$(compile) $(foreach p,$(PAPERS) test,$(call extra,$p)) \
	    -o requirements/all.lock
	for paper in $(PAPERS); do \
	    $(compile) --extra $$(echo $$paper | tr _ -) --extra test \
	        -c requirements/all.lock -o requirements/$$paper.lock || exit; \
	done
	$(compile) --extra lint -c requirements/all.lock -o requirements/lint.lock
	$(compile) --extra cuda -c requirements/all.lock -o requirements/cuda.lock

clean: ## remove environments and caches; results, runs and data stay
	rm -rf .venv .cache build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

install = $(if $(UV),"$(UV)" pip install --quiet --python $(@D)/bin/python,\
    $(@D)/bin/python -m pip install -qq --disable-pip-version-check --no-compile)

# The stamp comes last: an environment without one was interrupted, and is built afresh.
define create
@$(check_python)
@echo "Creating $(@D) with $(if $(UV),uv: under a minute,pip: one to three minutes)"
@rm -rf $(@D)
@$(if $(UV),"$(UV)" venv --quiet --python "$(PYTHON)" $(@D),"$(PYTHON)" -m venv $(@D))
@$(install) --require-hashes $(patsubst %,-r %,$(filter %.lock,$^))
@$(install) --no-deps --no-build-isolation -e .
@touch $@
endef

.venv/%-cuda/.stamp: requirements/%.lock requirements/cuda.lock pyproject.toml
	$(create)

.venv/%/.stamp: requirements/%.lock pyproject.toml
	$(create)
