#!/usr/bin/env bash
# Puts the REST API under the load of many users while consumers run. Prints Locust's summary, then one line: requests,
# failures, the 99th percentile, and what the consumers wrote meanwhile. Fails when an answer was not the expected one,
# or a record is missing or doubled.
#
# usage: tests/load/run.sh [USERS [SECONDS]]       200 users, 60 s
#
# Four consumers, each in its own group, read 5,000 records a second of one topic into a file each. Installs what is
# missing (Locust below build/, in the version of requirements.txt), builds what it needs, starts its own Kafka and
# server, and ends them. KFS_SERVER_BINARY measures another build of the server.
set -euo pipefail
cd "$(dirname "$0")/../.."
users=${1:-200} seconds=${2:-60}
consumers=4 rate=5000
records=$((rate * seconds))

deploy/install-dependencies.sh build kafka tools bench
tools=build/load-tools-$(cat tests/load/requirements.txt <(python3 --version) | sha256sum | head -c 12)
if [ ! -f "$tools/installed" ]; then
  rm -rf "$tools"
  python3 -m venv "$tools"
  "$tools/bin/pip" install --quiet --disable-pip-version-check -r tests/load/requirements.txt
  touch "$tools/installed"
fi

. tests/support/own_server.sh
. tests/bench/own_kafka.sh
own_kafka load fill_topic
build/release/tests/bench/fill_topic "$bootstrap" load 4 "$records" 100
own_server "${KFS_SERVER_BINARY:-build/release/kafka-fetcher-server}" server LOG_LEVEL=WARNING
running=$server
for ((i = 1; i <= consumers; ++i)); do
  curl -sf "http://127.0.0.1:$port/consumers" -H 'Content-Type: application/json' -o /dev/null -d "{
    \"broker_ip\": \"127.0.0.1\", \"broker_port\": ${bootstrap##*:}, \"topic\": \"load\",
    \"consumer_group\": \"running-$i\", \"auto_start\": true,
    \"options\": {\"limits\": {\"records_per_second\": $rate}},
    \"processor_configs\": [{\"processor_type\": \"file_sink\", \"config\": {\"file_path\": \"$dir/running/$i\"}}]}"
done

failed=0
LOAD_BROKER=$bootstrap LOAD_DIRECTORY=$dir "$tools/bin/locust" -f tests/load/locustfile.py --headless --only-summary \
  --users "$users" --spawn-rate 100 --run-time "${seconds}s" --host "http://127.0.0.1:$port" 2>&1 || failed=1

# written N: how many lines consumer N has written, and how many different ones.
written() {
  cat "$dir/running/$1" | sort | awk '$0 != last { ++different } { last = $0 } END { print NR, different + 0 }'
}
deadline=$((SECONDS + 120))
outcome="$consumers consumers wrote $records records each, once"
for ((i = 1; i <= consumers; ++i)); do
  while lines=$(written "$i") && [ "$lines" != "$records $records" ]; do
    if [ "$SECONDS" -ge "$deadline" ]; then
      outcome="consumer $i wrote (lines, different ones) $lines, not $records" failed=1
      break 2
    fi
    sleep 1
  done
done
printf '%s users, %s s: %s; %s\n' "$users" "$seconds" "$(cat "$dir/result")" "$outcome"
exit "$failed"
