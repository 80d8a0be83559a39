#!/usr/bin/env bash
# No file of the project contains a path of the development machine or a mark of unfinished work.
set -euo pipefail
cd "$REPO"
! grep -rInE '(^|[^a-zA-Z.])/(work|farm)/|[T]ODO|[F]IXME|X[X]X' . \
  --exclude-dir=.git --exclude-dir=build --exclude=LICENSE --exclude='*.onnx' --exclude='*.csv'
