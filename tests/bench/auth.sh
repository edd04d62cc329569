#!/usr/bin/env bash
# Measures what authentication costs a GET of one consumer, with 32 connections: with an API key, and with a token (RS256)
# of an identity provider whose keys are in a file. Three servers, in turn. The consumers are stopped, so no Kafka runs.
# Prints requests a second, and the CPU time of the server for each, which other load on the machine disturbs less.
#
# usage: tests/bench/auth.sh [SECONDS] [ROUNDS]       5 s for each rate, 3 rounds
#
# Builds the server, unless KFS_SERVER_BINARY names one; needs wrk (deploy/install-dependencies.sh bench). Its files are
# in /dev/shm.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/support/own_server.sh
. tests/bench/answer_rate.sh
seconds=${1:-5}
rounds=${2:-3}
binary=${KFS_SERVER_BINARY:-build/release/kafka-fetcher-server}
if [ -z "${KFS_SERVER_BINARY:-}" ]; then
  [ -d build/release ] || cmake --preset release >/dev/null
  cmake --build --preset release --target kafka-fetcher-server >/dev/null
fi
dir=$(mktemp -d /dev/shm/kfs-auth.XXXXXX)
trap 'end_own_servers; rm -rf "$dir"' EXIT
admin=$(openssl rand -hex 24)

declare -A pid
# start NAME SETTING...: starts a server with these settings, and sets port.
start() {
  own_server "$binary" "$1" LOG_LEVEL=WARNING "ADMIN_API_KEY=$admin" "${@:2}"
  pid[$1]=$server
}
# consumer PORT TOKEN: makes a consumer, and prints its URL.
consumer() {
  printf 'http://127.0.0.1:%s/consumers/%s' "$1" "$(curl -sf "http://127.0.0.1:$1/consumers" -H "Authorization: Bearer $2" \
    -H 'Content-Type: application/json' -d '{"broker_ip": "127.0.0.1", "broker_port": 1, "topic": "t",
      "consumer_group": "g", "auto_start": false, "processor_configs": []}' | jq -r .consumer_id)"
}
base64url() { base64 -w0 | tr '+/' '-_' | tr -d '='; }
# token: one that the provider has signed.
token() {
  local text
  text=$(printf '{"alg":"RS256","kid":"k"}' | base64url).$(printf '{"iss":"bench","aud":"bench","sub":"ann","exp":%s}' \
    $(($(date +%s) + 3600)) | base64url)
  printf '%s.%s' "$text" "$(printf '%s' "$text" | openssl dgst -sha256 -sign "$dir/provider.pem" | base64url)"
}

start none AUTH_MODE=none ADMIN_API_KEY=
declare -A url=([none]=$(consumer "$port" none)) key=([none]=none)
start key AUTH_MODE=api_key
url[key]=$(consumer "$port" "$admin")
key[key]=$(curl -sf "http://127.0.0.1:$port/api-keys" -H "Authorization: Bearer $admin" -H 'Content-Type: application/json' \
  -d '{"name": "bench", "role": "viewer", "tenants": ["default"]}' | jq -r .key)
openssl genrsa -out "$dir/provider.pem" 2048 2>/dev/null
modulus=$(openssl rsa -in "$dir/provider.pem" -noout -modulus | cut -d= -f2 | perl -ne 'print pack "H*", $1 if /(\w+)/' | base64url)
printf '{"keys":[{"kty":"RSA","kid":"k","alg":"RS256","n":"%s","e":"AQAB"}]}' "$modulus" >"$dir/keys.json"
printf 'bindings:\n  - {subject: ann, role: viewer, tenants: [default]}\n' >"$dir/access.yaml"
start token AUTH_MODE=api_key,jwt JWT_ISSUER=bench JWT_AUDIENCE=bench JWT_JWKS="$dir/keys.json" ACCESS_FILE="$dir/access.yaml"
url[token]=$(consumer "$port" "$admin")
key[token]=$(token)

# rate NAME TOKEN: requests a second with that token in the header, and microseconds of CPU for each.
rate() { answer_rate "${pid[$1]}" "${url[$1]}" "$seconds" -H "Authorization: Bearer $2"; }
# A token makes a request three times as long, which costs time whoever reads it. So each is compared with the same
# request to the server that does not authenticate.
for way in none key token; do rate $way "${key[$way]}" >/dev/null; done # warm
for ((round = 1; round <= rounds; ++round)); do
  for way in key token; do
    alone=$(rate none "${key[$way]}") checked=$(rate $way "${key[$way]}")
    printf '%s %s\n' "$alone" "$checked" | awk -v r="$round" -v way="$way" '{
      printf "round %d, %s: not authenticated %d/s %.1f us, authenticated %d/s %.1f us: %.2f of the rate\n",
        r, way, $1, $2, $3, $4, $3 / $1 }'
  done
done
