# What a user types. Everything is built by cargo; this says in which order, and what is missing when something is.

CARGO ?= cargo
TARGET := $(or $(CARGO_TARGET_DIR),target)
ARTEFACTS := $(abspath $(TARGET)/release)
export BSOCK_ARTEFACTS = $(ARTEFACTS)

# $(call need,PROGRAM,PACKAGE): fails with the command that installs what is missing.
need = @command -v $(1) >/dev/null || { echo "bsock: $(1) is missing; on Debian or Ubuntu: sudo apt-get install $(2)" >&2; exit 1; }
need-rust = @command -v $(CARGO) >/dev/null || { echo "bsock: $(CARGO) is missing; install Rust 1.88 or newer: https://rustup.rs" >&2; exit 1; }

.PHONY: all demo test bench loom fuzz lint header check-header docs clean help

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

bench: all ## what a call costs; prints a table, and says where a goal is missed
	$(call need,valgrind,valgrind)
	$(CARGO) bench --package bsock-cli --bench cost

loom: ## the shared rings in a model of memory that tries every order; a minute
	$(need-rust)
	RUSTFLAGS="--cfg loom" $(CARGO) test --release --package bsock-recording --target-dir $(TARGET)/loom --test loom

FUZZ_TARGET = $(or $(filter recording records,$(TARGET)),recording)

fuzz: ## SECONDS=60 TARGET=recording (or records): the reader of recordings against a fuzzer; needs nightly and cargo-fuzz
	@$(CARGO) fuzz --version >/dev/null 2>&1 || { echo "bsock: cargo-fuzz is missing: cargo install cargo-fuzz, and rustup toolchain install nightly" >&2; exit 1; }
	mkdir -p fuzz/corpus/$(FUZZ_TARGET)
	cp crates/recording/tests/recordings/* crates/recording/tests/corpus/* fuzz/corpus/$(FUZZ_TARGET)/
	$(CARGO) +nightly fuzz run $(FUZZ_TARGET) -- -max_total_time=$(or $(SECONDS),60)

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
