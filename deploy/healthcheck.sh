#!/usr/bin/env bash
# The image's HEALTHCHECK: succeeds when the server of this container answers GET /health/live with 200.
# The server itself says where it listens, so HTTP_PORT may come from the environment, .env or KFS_CONFIG.
set -euo pipefail

setting() {
  kafka-fetcher-server --print-config | sed -n "s/^$1=\([^ ]*\)  #.*/\1/p"
}

host=$(setting HTTP_HOST)
case $host in
  0.0.0.0 | localhost) host=127.0.0.1 ;;
  ::) host=::1 ;;
esac
exec 3<>"/dev/tcp/$host/$(setting HTTP_PORT)"
printf 'GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
read -r -t 4 _ status _ <&3
[ "$status" = 200 ] || {
  printf 'GET /health/live was answered with %s\n' "$status" >&2
  exit 1
}
