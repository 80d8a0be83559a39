#!/usr/bin/env bash
# No machine path and no mark of something unfinished in the project.
set -euo pipefail
cd "$REPO"
! grep -rInE '(^|[^a-zA-Z.])/(work|farm)/|[T]ODO|[F]IXME|X[X]X' . \
  --exclude-dir=.git --exclude-dir=build --exclude=LICENSE --exclude='*.onnx' --exclude='*.csv'
