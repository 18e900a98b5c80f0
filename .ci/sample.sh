#!/usr/bin/env bash
# Generates the sample territory into samples/data, once; a half-written one is generated again.
set -euo pipefail

data=samples/data
# Another name whenever what a sample holds changes, so that older ones are generated again.
complete=$data/.complete-3
[[ -e $complete ]] && exit 0
rm -rf "$data"
cargo run --release --locked --quiet --bin millesime -- \
  sample --department 11 --size-m 2000 --seed 7 --out "$data"
touch "$complete"
