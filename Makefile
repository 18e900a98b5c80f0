# Entry points of the project; `make` alone lists them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test check bench peers accuracy test-long doc

help: ## Say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Build, generate the sample territory once, produce its next vintage in out/
	@.ci/setup.sh
	cargo build --release --locked --bin millesime
	@.ci/sample.sh
	cargo run --release --locked --quiet --bin millesime -- run samples/config.yaml

test: ## Run every test that takes seconds
	@.ci/setup.sh
	@.ci/test.sh

check: ## Formatting, lints and documentation, warnings denied
	@.ci/setup.sh
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

bench: ## Measure the kernels (criterion); FILTER=name for some
	@.ci/setup.sh
	cargo bench --package benches --locked -- $(FILTER)

peers: ## Measure beside public tools (PEERS_PYTHON=python that has them); about 15 minutes
	@.ci/setup.sh
	@benches/peers/raster_to_coverage.py
	@benches/peers/overlay.py
	@benches/peers/decode.py
	@benches/peers/trees.py

accuracy: ## Measure accuracy beside a random forest (PEERS_PYTHON= as above); about 20 minutes
	@.ci/setup.sh
	@benches/peers/accuracy.py
	@benches/peers/patches.py

test-long: ## Licences, bans and sources of dependencies, then the tests that take minutes
	@.ci/setup.sh
	@.ci/test-long.sh

doc: ## Build the documentation of the code
	@.ci/setup.sh
	cargo doc --workspace --no-deps --locked
