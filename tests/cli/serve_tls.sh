#!/usr/bin/env bash
# HTTPS: only TLS 1.2 and 1.3, verified client certificates, and a new certificate without a restart.
. "$(dirname "$0")/lib.sh"
small_model
ca() { openssl req -x509 -newkey rsa:2048 -nodes -days 1 -keyout "$1.key" -out "$1.pem" -subj "/CN=$1" 2>/dev/null; }
signed() { # signed NAME CA
  openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$1" 2>/dev/null
  openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days 1 -out "$1.pem" \
    -extfile <(echo subjectAltName=DNS:localhost,IP:127.0.0.1) 2>/dev/null
}
ca authority
ca stranger
signed one authority
signed two authority
signed client authority
signed intruder stranger
cp one.pem cert.pem
cp one.key key.pem
serve churn.onnx --tls-cert cert.pem --tls-key key.pem --poll 0.2
contains "$url" https://
ask() { curl -s --cacert authority.pem "$@"; }
[[ $(ask "$url/ping") == PONG ]] || die "no response over TLS"
[[ $(ask --tls-max 1.2 "$url/ping") == PONG ]] || die "TLS 1.2"
ask --tls-max 1.1 --ciphers DEFAULT:@SECLEVEL=0 "$url/ping" && die "TLS 1.1 was accepted"
[[ $(curl -s -m 5 "http://${url#https://}/ping") == "" ]] || die "plain HTTP was accepted"
ask "$url/predict" -H 'Content-Type: application/json' -d "$row" | json '"churn" in d'
subject() { openssl s_client -connect "${url#https://}" </dev/null 2>/dev/null | sed -n 's/^subject=.*CN *= *//p'; }
[[ $(subject) == one ]] || die "subject $(subject)"
cp two.key key.pem # certificate and key do not match now: the old ones stay
sleep 0.6
[[ $(subject) == one ]] || die "a pair that does not match was accepted"
contains "$(cat server.log)" "the old one stays in use"
cp two.pem cert.pem
for _ in {1..50}; do [[ $(subject) == two ]] && break; sleep 0.1; done
[[ $(subject) == two ]] || die "the new certificate is not used"
stop_server
serve churn.onnx --tls-cert cert.pem --tls-key key.pem --tls-client-ca authority.pem
[[ $(ask "$url/ping") == "" ]] || die "a client without a certificate"
[[ $(ask --cert intruder.pem --key intruder.key "$url/ping") == "" ]] || die "a certificate of another authority"
[[ $(ask --cert client.pem --key client.key "$url/ping") == PONG ]] || die "the right certificate"
stop_server
fails_with 3 "can't be used" "$VITRINE" serve churn.onnx --port 0 --tls-cert one.pem --tls-key two.key
fails_with 2 "must be given together" "$VITRINE" serve churn.onnx --port 0 --tls-cert one.pem
# CORS: only named origins.
serve churn.onnx --cors-origin https://shop.example
cors() { curl -s -i -X OPTIONS -H "Origin: $1" -H 'Access-Control-Request-Method: POST' "$url/predict"; }
contains "$(cors https://shop.example)" "Access-Control-Allow-Origin: https://shop.example"
[[ $(cors https://evil.example) != *Access-Control* ]] || die "CORS for another origin"
contains "$(curl -s -i "$url/ping")" "X-Content-Type-Options: nosniff"
stop_server
