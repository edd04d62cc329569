#!/usr/bin/env bash
# Measures idle consumers: threads, CPU and memory of the server and of librdkafka alone, and the time until one record
# has reached the files of all consumers.
#
# usage: tests/bench/idle.sh [CONSUMERS [SECONDS]]       1,000 consumers, each in its own group; 20 s idle
#
# Builds what it needs, starts its own Kafka with its files in /dev/shm, and stops it.
set -euo pipefail
cd "$(dirname "$0")/../.."
consumers=${1:-1000} seconds=${2:-20}
. tests/support/own_server.sh
. tests/bench/own_kafka.sh
own_kafka idle idle_floor
deploy/kafka.sh topics --bootstrap-server "$bootstrap" --create --topic idle --partitions 1 >/dev/null

cpu() { awk '{ print ($14 + $15) * 10 }' "/proc/$1/stat"; }  # milliseconds
# rest NAME PID: prints what the idle process uses.
rest() {
  local before after
  before=$(cpu "$2")
  read -rt "$seconds" <> <(:) || true
  after=$(cpu "$2")
  printf '%-8s %6d threads   %6.1f %% of a core   %5d MiB\n' "$1" "$(ls "/proc/$2/task" | wc -l)" \
    "$(awk "BEGIN { print ($after - $before) / $seconds / 10 }")" \
    "$(awk '/VmRSS/ { print int($2 / 1024) }' "/proc/$2/status")"
}
# settled PID: waits until the process uses less than a tenth of a core.
settled() {
  local last=0 now=0 step=0
  until last=$now && now=$(cpu "$1") && [ $((now - last)) -le "$((step > 0 ? step : 0))" ] && [ "$step" -gt 0 ]; do
    step=$((now - last + 50))
    read -rt 3 <> <(:) || true
  done
}

mkfifo "$dir/input"
build/release/tests/bench/idle_floor "$bootstrap" idle "$consumers" <"$dir/input" &
running=$!
exec 9>"$dir/input"
settled $running
rest floor $running
exec 9>&-
wait $running || true
running=

own_server build/release/kafka-fetcher-server data LOG_LEVEL=WARNING
running=$server
python3 - "$port" "${bootstrap##*:}" "$consumers" "$dir" <<'PY'
import http.client, json, sys
port, broker, consumers, directory = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
api = http.client.HTTPConnection("127.0.0.1", port)
for number in range(consumers):
    api.request("POST", "/consumers", json.dumps({
        "broker_ip": "127.0.0.1", "broker_port": broker, "topic": "idle", "consumer_group": f"idle-{number}",
        "auto_start": True, "processor_configs": [
            {"processor_type": "file_sink", "config": {"file_path": f"{directory}/out/{number}"}}]}),
        {"Content-Type": "application/json"})
    answer = api.getresponse()
    answer.read()
    assert answer.status == 201, answer.status
PY
until [ "$(ls "$dir/out" 2>/dev/null | grep -vc journal)" = "$consumers" ]; do read -rt 0.5 <> <(:) || true; done
settled $running
rest server $running
python3 - "$bootstrap" "$consumers" "$dir/out" <<'PY'
import os, subprocess, sys, time
bootstrap, consumers, directory = sys.argv[1], int(sys.argv[2]), sys.argv[3]
files = [f"{directory}/{number}" for number in range(consumers)]
begun = time.time()
subprocess.run(["kcat", "-P", "-b", bootstrap, "-t", "idle"], input=b"one\n", check=True)
produced = time.time()
while any(os.path.getsize(file) != 4 for file in files):
    assert time.time() - begun < 60
    time.sleep(0.01)
print(f"one record was in all {consumers} files {time.time() - produced:.2f} s after it was produced")
PY
