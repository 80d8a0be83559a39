#!/usr/bin/env bash
# Every package of the list has its version written down, and no other.
set -euo pipefail
cd "$REPO"
diff <(grep -v '^#' scripts/packages.txt | grep . | sort -u) <(grep -v '^#' scripts/packages.lock | cut -d' ' -f1 | sort -u) ||
  { echo "FAILED: scripts/packages.lock is not of scripts/packages.txt: run scripts/packages-lock --write"; exit 1; }
grep -q '^# Debian 13 on 20' scripts/packages.lock
