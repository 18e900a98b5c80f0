#!/usr/bin/env bash
# Installs the Debian packages that the build needs, or says the exact command; silent when done.
set -euo pipefail

missing=()
command -v cc >/dev/null || missing+=(build-essential)
command -v pkg-config >/dev/null || missing+=(pkg-config)
pkg-config --exists gdal 2>/dev/null || missing+=(libgdal-dev)
[[ -e ${MILLESIME_LEAFLET_DIR:-/usr/share/javascript/leaflet}/leaflet.css ]] || missing+=(libjs-leaflet)

if ((${#missing[@]})); then
  install=(apt-get install --yes --no-install-recommends "${missing[@]}")
  if ! command -v apt-get >/dev/null; then
    echo "error: these Debian packages, or your system's equivalents, are missing: ${missing[*]}" >&2
    exit 1
  elif ((EUID == 0)); then
    prefix=(env DEBIAN_FRONTEND=noninteractive)
  elif sudo -n true 2>/dev/null; then
    prefix=(sudo env DEBIAN_FRONTEND=noninteractive)
  else
    echo "error: packages are missing; install them with:" >&2
    echo "  sudo apt-get update && sudo ${install[*]}" >&2
    exit 1
  fi
  echo "installing Debian packages: ${missing[*]}" >&2
  "${prefix[@]}" apt-get update --quiet --quiet
  "${prefix[@]}" "${install[@]}" >&2
fi

if ! command -v cargo >/dev/null; then
  echo "error: Rust is missing; install it with:" >&2
  echo "  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh" >&2
  exit 1
fi
