#!/usr/bin/env bash
# scripts/packages.lock has the version of every package of the list, and of no other.
set -euo pipefail
cd "$REPO"
diff <(grep -v '^#' scripts/packages.txt | grep . | sort -u) <(grep -v '^#' scripts/packages.lock | cut -d' ' -f1 | sort -u) ||
  { echo "FAILED: scripts/packages.lock does not match scripts/packages.txt: run scripts/packages-lock --write"; exit 1; }
grep -q '^# Debian 13 on 20' scripts/packages.lock
