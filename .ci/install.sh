#!/usr/bin/env bash
# Installs Debian packages where that is allowed, or says the exact command; `make` says which.
set -euo pipefail

install=(apt-get install --yes --no-install-recommends "$@")
if ! command -v apt-get >/dev/null; then
  echo "error: these Debian packages, or your system's equivalents, are missing: $*" >&2
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
echo "installing Debian packages: $*" >&2
"${prefix[@]}" apt-get update --quiet --quiet
"${prefix[@]}" "${install[@]}" >&2
