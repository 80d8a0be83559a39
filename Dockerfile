# Builds and runs Vitrine where a private Debian 13 root can't be made.
#
#   docker build -t vitrine-build .
#   docker run --rm vitrine-build ./scripts/test
#   docker run --rm -p 9696:9696 vitrine-build ./scripts/vitrine serve churn.onnx --host 0.0.0.0
#
# For builders: it holds compiler and sources. It is no image to ship.
FROM debian:trixie
COPY scripts/packages.txt /tmp/packages.txt
RUN apt-get update \
 && grep -v '^#' /tmp/packages.txt | grep . | xargs apt-get install -y --no-install-recommends \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /vitrine
COPY . .
RUN ./scripts/build release \
 && ./scripts/vitrine sample churn customers.csv \
 && ./scripts/vitrine train customers.csv --target Churn -o churn.onnx
EXPOSE 9696
