# What a user types. Everything is built by cargo; this says in which order, and what is missing when something is.

CARGO ?= cargo
TARGET := $(or $(CARGO_TARGET_DIR),target)
ARTEFACTS := $(abspath $(TARGET)/release)
export BSOCK_ARTEFACTS = $(ARTEFACTS)

# $(call need,PROGRAM,PACKAGE): fails with the command that installs what is missing.
need = @command -v $(1) >/dev/null || { echo "bsock: $(1) is missing; on Debian or Ubuntu: sudo apt-get install $(2)" >&2; exit 1; }
need-rust = @command -v $(CARGO) >/dev/null || { echo "bsock: $(CARGO) is missing; install Rust 1.88 or newer: https://rustup.rs" >&2; exit 1; }

.PHONY: all demo test bench lint header check-header docs clean help

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
	BSOCK_WRITE=1 $(CARGO) test --package bsock --test preload_symbols the_committed_page

clean: ## remove what was built
	$(CARGO) clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 24
