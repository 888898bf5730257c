# What a user types. Everything is built by cargo; this says in which order, and what is missing when something is.

CARGO ?= cargo
TARGET := $(or $(CARGO_TARGET_DIR),target)
ARTEFACTS := $(abspath $(TARGET)/release)
export BSOCK_ARTEFACTS = $(ARTEFACTS)

# $(call need,PROGRAM,PACKAGE): fails with the command that installs what is missing.
need = @command -v $(1) >/dev/null || { echo "bsock: $(1) is missing; on Debian or Ubuntu: sudo apt-get install $(2)" >&2; exit 1; }
need-rust = @command -v $(CARGO) >/dev/null || { echo "bsock: $(CARGO) is missing; install Rust 1.88 or newer: https://rustup.rs" >&2; exit 1; }

.PHONY: all demo test python python-test python-lint bench lint header check-header docs clean help

all: ## build the library, the recorder and the command into target/release
	$(need-rust)
	$(call need,cc,gcc libc6-dev)
	$(CARGO) build --release --workspace

demo: all ## the echo pair of the course notes: built, run, talked to from Python, and checked with a mistake in it
	$(call need,python3,python3)
	@sh c-examples/demo.sh "$(ARTEFACTS)"

test: all ## all tests; a few minutes
	$(call need,c++,g++)
	$(call need,python3,python3)
	$(call need,readelf,binutils)
	$(call need,valgrind,valgrind)
	$(CARGO) test --workspace

# Tools of the Python package, in an environment of their own. Which versions is in the file that they are installed from.
PYTHON ?= python3
TOOLS := $(TARGET)/python-tools
WHEELS := $(TARGET)/wheels
in-python = BSOCK_LIBRARY=$(ARTEFACTS)/libbsock.so PYTHONPATH=python PYTHONDONTWRITEBYTECODE=1

$(TOOLS)/ready: python/tools.txt
	$(call need,$(PYTHON),python3)
	@$(PYTHON) -m venv $(TOOLS) || { echo "bsock: python3 -m venv does not work; on Debian or Ubuntu: sudo apt-get install python3-venv" >&2; exit 1; }
	$(TOOLS)/bin/pip install --quiet --disable-pip-version-check --requirement python/tools.txt
	@touch $@

python: all $(TOOLS)/ready ## build the wheel of the Python package into target/wheels
	$(call need,readelf,binutils)
	rm -f $(WHEELS)/bsock-*.whl
	BSOCK_LIBRARY=$(ARTEFACTS)/libbsock.so $(TOOLS)/bin/pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir $(WHEELS) ./python
	@ls $(WHEELS)/bsock-*.whl

python-test: python ## the wheel in a fresh environment, and CPython's own test of the socket module; some three minutes
	@mkdir -p $(TARGET)/python-pair
	for end in server client; do \
	    cc -Iinclude c-examples/repeater_$$end.c -L$(ARTEFACTS) -lbsock -Wl,-rpath,$(ARTEFACTS) -o $(TARGET)/python-pair/$$end || exit 1; \
	done
	$(PYTHON) python/tests/check_wheel.py $(WHEELS)/bsock-*.whl $(TARGET)/python-pair/server $(TARGET)/python-pair/client
	$(in-python) $(PYTHON) python/tests/cpython_test_socket.py

python-lint: all $(TOOLS)/ready ## ruff and mypy
	$(TOOLS)/bin/ruff check python
	cd python && $(abspath $(TOOLS))/bin/mypy

bench: all ## what a call costs; prints a table, and says where a goal is missed
	$(call need,valgrind,valgrind)
	$(CARGO) bench --package bsock-cli --bench cost
	$(in-python) $(PYTHON) python/benchmarks/cost.py

lint: ## formatting, clippy with warnings as errors, generated files up to date
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	$(MAKE) check-header

header: ## write include/bsock.h anew from the source
	BSOCK_HEADER=write $(CARGO) build --package bsock --features header

check-header: ## fail if include/bsock.h is not what the source says
	BSOCK_HEADER=check $(CARGO) build --package bsock --features header

docs: ## write docs/rules and the manual pages anew from the source
	BSOCK_WRITE=1 $(CARGO) test --package bsock-analysis --package bsock-cli
	BSOCK_WRITE=1 $(CARGO) test --package bsock --test manual the_committed_pages

clean: ## remove what was built
	$(CARGO) clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 24
