# What a user types. Everything is built by cargo; this says in which order, and what is missing when something is.

CARGO ?= cargo
TARGET := $(or $(CARGO_TARGET_DIR),target)
ARTEFACTS := $(abspath $(TARGET)/release)
export BSOCK_ARTEFACTS = $(ARTEFACTS)

# Where `make install` puts things. A folder that does not begin with / is below PREFIX: LIBDIR=lib/x86_64-linux-gnu.
# DESTDIR comes before all of them, for packages that are filled before they are installed.
DESTDIR ?=
PREFIX ?= /usr/local
BINDIR = bin
LIBDIR = lib
INCLUDEDIR = include
DATADIR = share
ZSHDIR = share/zsh/site-functions

# Cargo.toml is the version's home; its first number is the soname's.
VERSION := $(shell sed -n 's/^version = "\(.*\)"$$/\1/p' Cargo.toml)
SONAME := libbsock.so.$(firstword $(subst ., ,$(VERSION)))
# The library to be installed has a soname. The one in target/release has none: a program linked there would look for
# libbsock.so.0, which no build makes.
TO_INSTALL := $(abspath $(TARGET))/to-install
packaging = DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' BINDIR='$(BINDIR)' LIBDIR='$(LIBDIR)' INCLUDEDIR='$(INCLUDEDIR)' \
	DATADIR='$(DATADIR)' ZSHDIR='$(ZSHDIR)' VERSION='$(VERSION)' SONAME='$(SONAME)' \
	ARTEFACTS='$(ARTEFACTS)' TO_INSTALL='$(TO_INSTALL)' sh

# $(call need,PROGRAM,PACKAGE): fails with the command that installs what is missing.
need = @command -v $(1) >/dev/null || { echo "bsock: $(1) is missing; on Debian or Ubuntu: sudo apt-get install $(2)" >&2; exit 1; }
need-rust = @command -v $(firstword $(CARGO)) >/dev/null || { echo "bsock: $(firstword $(CARGO)) is missing; install Rust 1.88 or newer: https://rustup.rs" >&2; exit 1; }

.PHONY: all install uninstall deb dist check-dist demo examples test test-real torment mutants soak conformance python python-test python-lint bench loom fuzz format lint \
	check-aarch64 header check-header docs clean help

all: ## build the library, the recorder and the command into target/release
	$(need-rust)
	$(call need,cc,gcc libc6-dev)
	$(CARGO) build --release --workspace
	$(CARGO) rustc --release --package bsock --lib --crate-type cdylib,staticlib --target-dir $(TO_INSTALL) -- \
		-C link-arg=-Wl,-soname,$(SONAME) --print native-static-libs=$(TO_INSTALL)/native-static-libs

install: ## put what `make` built below PREFIX (/usr/local); needs no Rust, so `sudo make install` works
	@$(packaging) packaging/install.sh install

uninstall: ## take it away again; with the same PREFIX, DESTDIR and LIBDIR
	@$(packaging) packaging/install.sh uninstall

deb: all ## a Debian package of it, in target/debian
	$(call need,dpkg-shlibdeps,dpkg-dev)
	@$(packaging) packaging/debian/build.sh

dist: ## what is committed, with every crate it needs, as an archive in target/dist that builds offline
	$(need-rust)
	$(call need,git,git)
	@CARGO='$(CARGO)' $(packaging) packaging/dist.sh make

check-dist: dist ## build and install from that archive, without a network; two minutes
	@CARGO='$(CARGO)' $(packaging) packaging/dist.sh check

demo: all ## the echo pair of the course notes: built, run, talked to from Python, and checked with a mistake in it
	$(call need,python3,python3)
	@sh c-examples/demo.sh "$(ARTEFACTS)"

examples: all ## the programs of the course notes, built into c-examples/build
	@$(MAKE) --no-print-directory -C c-examples ARTEFACTS="$(ARTEFACTS)"

test: all ## all tests; a few minutes
	$(call need,c++,g++)
	$(call need,python3,python3)
	$(call need,readelf,binutils)
	$(call need,valgrind,valgrind)
	$(call need,curl,curl)
	$(call need,pkg-config,pkg-config)
	$(call need,cmake,cmake)
	$(call need,dpkg-shlibdeps,dpkg-dev)
	$(CARGO) test --workspace

test-real: all ## programs of the world, plain, recorded and checked: make test-real ONLY=nginx,curl; all of them take half an hour
	$(CARGO) test --test real -- $(ONLY)

torment: all ## kill -9 at 1,000 instants, forks, storms of signals, no descriptors: make torment SEED=7; some minutes
	TORMENT=all SEED=$(SEED) $(CARGO) test --test torment --test meaning

mutants: all ## recorder and command with one mistake at a time: each must turn a test red; a quarter of an hour, or ONLY=errno, or ONLY=58
	ONLY='$(ONLY)' $(CARGO) test --test preload_mutants -- --include-ignored --nocapture

soak: all ## a server's life under the recorder beside rounds of torment: an hour, or make soak SECONDS=60
	SECONDS=$(or $(SECONDS),3600) SEED=$(SEED) $(CARGO) test --test torment -- --ignored --exact soak --nocapture

conformance: all ## libc and bsock side by side by random calls: make conformance STEPS=10000000 SEED=7
	STEPS=$(STEPS) SEED=$(SEED) $(CARGO) test --test conformance --test random_calls -- --nocapture

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

loom: ## the shared rings in a model of memory that tries every order; a minute
	$(need-rust)
	RUSTFLAGS="--cfg loom" $(CARGO) test --release --package bsock-recording --target-dir $(TARGET)/loom --test loom

FUZZ_TARGET = $(or $(filter recording records control address,$(TARGET)),recording)
CORPUS = $(if $(filter address,$(FUZZ_TARGET)),tests/corpus/address-*/*,crates/recording/tests/recordings/* crates/recording/tests/corpus/*)

fuzz: ## SECONDS=60 TARGET=recording (or records, control, address): the parsers against a fuzzer; needs nightly and cargo-fuzz
	@$(CARGO) fuzz --version >/dev/null 2>&1 || { echo "bsock: cargo-fuzz is missing: cargo install cargo-fuzz, and rustup toolchain install nightly" >&2; exit 1; }
	mkdir -p fuzz/corpus/$(FUZZ_TARGET)
	cp --backup=numbered $(CORPUS) fuzz/corpus/$(FUZZ_TARGET)/
	$(CARGO) +nightly fuzz run $(FUZZ_TARGET) -- -max_total_time=$(or $(SECONDS),60)

# By cargo fmt those would be left out that a macro declares, as the rules.
SOURCES = find . -name '*.rs' -not -path '*/target/*' -print0

format: ## every source file as rustfmt.toml says
	$(SOURCES) | xargs -0 rustfmt

lint: ## formatting, clippy with warnings as errors, generated files up to date
	$(SOURCES) | xargs -0 rustfmt --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	$(MAKE) check-header

check-aarch64: ## type-check for 64-bit ARM, where Rust has that target (rustup target add aarch64-unknown-linux-gnu)
	@if [ -d "$$(rustc --print target-libdir --target aarch64-unknown-linux-gnu)" ]; then \
	    $(CARGO) check --package bsock --package bsock-recording --target aarch64-unknown-linux-gnu; \
	else echo "bsock: not type-checked for aarch64, whose target is not installed"; fi

header: ## write include/bsock.h anew from the source
	BSOCK_HEADER=write $(CARGO) build --package bsock --features header

check-header: ## fail if include/bsock.h is not what the source says
	BSOCK_HEADER=check $(CARGO) build --package bsock --features header

docs: ## write the pages of docs that are made of the source, manual pages, completions and the tutorial's excerpts anew
	BSOCK_WRITE=1 $(CARGO) test --package bsock-analysis --package bsock-cli
	BSOCK_WRITE=1 $(CARGO) test --package bsock --test manual the_committed_pages
	BSOCK_WRITE=1 $(CARGO) test --package bsock --test tutorial excerpts
	BSOCK_WRITE=1 $(CARGO) test --package bsock --test preload_symbols the_committed_page
	BSOCK_WRITE=1 $(CARGO) test --package bsock --test precision the_committed_page
	BSOCK_WRITE=1 $(CARGO) test --package bsock --test requirements the_committed_page

clean: ## remove what was built
	$(CARGO) clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 24
