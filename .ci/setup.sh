#!/usr/bin/env bash
# Installs the Debian packages that the build needs, or says the exact command; silent when done.
set -euo pipefail

missing=()
command -v cc >/dev/null || missing+=(build-essential)
command -v pkg-config >/dev/null || missing+=(pkg-config)
pkg-config --exists gdal 2>/dev/null || missing+=(libgdal-dev)
[[ -e ${MILLESIME_LEAFLET_DIR:-/usr/share/javascript/leaflet}/leaflet.css ]] || missing+=(libjs-leaflet)

((${#missing[@]} == 0)) || .ci/install.sh "${missing[@]}"

if ! command -v cargo >/dev/null; then
  echo "error: Rust is missing; install it with:" >&2
  echo "  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh" >&2
  exit 1
fi
