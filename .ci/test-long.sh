#!/usr/bin/env bash
# Licences, bans and sources of the dependencies, then the tests that take minutes.
set -euo pipefail

if ! cargo deny --version >/dev/null 2>&1; then
  echo "cargo-deny is missing: installing it" >&2
  cargo install --locked --quiet cargo-deny
fi
cargo deny --workspace --locked check bans licenses sources

# Pages are looked at in a browser.
command -v chromium >/dev/null || .ci/install.sh chromium

.ci/test.sh

# Property tests draw other cases each time: what is rare shows in many draws. Of `kernels` and
# `nomenclature` all tests are repeated, of `pipeline` those of the files that draw.
if cargo nextest --version >/dev/null 2>&1; then
  drawing=$(grep -rl --include='*.rs' 'proptest!' pipeline |
    sed -E 's#^pipeline/(src|tests/it)/##; s#(_tests|/tests)?\.rs$##; s#/#::#g' | paste -sd '|')
  cargo nextest run --workspace --locked --no-fail-fast --status-level fail \
    --stress-count "${MILLESIME_DRAWS:-50}" \
    -E "package(kernels) | package(nomenclature) | package(pipeline) & test(/^($drawing)::/)"
fi

# Debug assertions would multiply their time; the release build is the one users run.
cargo test --workspace --locked --release -- --ignored --skip a_real_qgis_

# A project opens in a real QGIS where there is one; `.ci/open_project.py` draws it without a screen.
if /usr/bin/python3 -c 'import qgis.core' 2>/dev/null; then
  cargo test --package pipeline --locked --release --test it -- a_real_qgis_ --include-ignored
else
  echo "SKIPPED: the test of QGIS projects. Install QGIS with: apt-get install" \
    "--no-install-recommends qgis python3-qgis qgis-providers" >&2
fi

# Models run where there is an ONNX Runtime: at ORT_DYLIB_PATH, or in the wheel of PEERS_PYTHON.
cargo clippy --package pipeline --all-targets --features onnx --locked -- -D warnings
wheel='import onnxruntime, pathlib; print(pathlib.Path(onnxruntime.__file__).parent / "capi")'
library=${ORT_DYLIB_PATH:-$("${PEERS_PYTHON:-python3}" -c "$wheel" 2>/dev/null || true)}
if [[ -n $library ]]; then
  ORT_DYLIB_PATH=$library cargo test --package pipeline --features onnx --locked --release \
    --test it -- infer --include-ignored
else
  echo "SKIPPED: the tests of ONNX models. Set ORT_DYLIB_PATH to libonnxruntime.so or its folder," \
    "or PEERS_PYTHON to a Python that has onnxruntime" >&2
fi

# Two departments on a Slurm of two nodes, where root may start one.
cargo build --locked --release --bin millesime
.ci/slurm.sh
