#!/usr/bin/env bash
# Formatting, shell scripts and the page's script are clean: the fast part of ./scripts/lint.
set -euo pipefail
exec "$REPO/scripts/lint" --quick
