#!/usr/bin/env bash
# Every test that takes seconds. Arguments go to the test runner.
set -euo pipefail

profile=default
[[ ${CI:-} == true ]] && profile=ci

# Deliverables are opened by the tools of others.
packages=()
command -v ogr2ogr >/dev/null || packages+=(gdal-bin)
command -v unzip >/dev/null || packages+=(unzip)
command -v 7z >/dev/null || packages+=(p7zip-full)
((${#packages[@]} == 0)) || .ci/install.sh "${packages[@]}"

if ! cargo nextest --version >/dev/null 2>&1; then
  echo "cargo-nextest is missing: installing it" >&2
  cargo install --locked --quiet cargo-nextest ||
    echo "cargo-nextest cannot be installed: \`cargo test\` runs the same tests" >&2
fi

if cargo nextest --version >/dev/null 2>&1; then
  cargo nextest run --workspace --locked --profile "$profile" "$@"
else
  cargo test --workspace --locked --all-targets --exclude benches "$@"
fi
cargo test --workspace --locked --doc
