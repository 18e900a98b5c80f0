#!/usr/bin/env bash
# Licences, bans and sources of the dependencies, then the tests that take minutes.
set -euo pipefail

if ! cargo deny --version >/dev/null 2>&1; then
  echo "cargo-deny is missing: installing it" >&2
  cargo install --locked --quiet cargo-deny
fi
cargo deny --workspace --locked check bans licenses sources

.ci/test.sh
# Debug assertions would multiply their time; the release build is the one users run.
cargo test --workspace --locked --release -- --ignored
