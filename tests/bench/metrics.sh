#!/usr/bin/env bash
# Measures GET /metrics of running consumers: the time until the whole answer is there, in both formats, and its size.
#
# usage: tests/bench/metrics.sh [CONSUMERS [PARTITIONS]]       1,000 consumers with 12 partitions each
#
# Every consumer is in its own group and reads all partitions of one topic. Builds what it needs, starts its own Kafka
# with its files in /dev/shm, and stops it. KFS_SERVER_BINARY measures another build of the server.
set -euo pipefail
cd "$(dirname "$0")/../.."
consumers=${1:-1000} partitions=${2:-12}
. tests/support/own_server.sh
. tests/bench/own_kafka.sh
own_kafka metrics
deploy/kafka.sh topics --bootstrap-server "$bootstrap" --create --topic metrics --partitions "$partitions" >/dev/null
own_server "${KFS_SERVER_BINARY:-build/release/kafka-fetcher-server}" data LOG_LEVEL=WARNING
running=$server
python3 - "$port" "${bootstrap##*:}" "$consumers" "$partitions" "$dir" "$server" <<'PY'
import http.client, json, statistics, sys, time
port, broker, consumers, partitions, directory, server = *map(int, sys.argv[1:5]), sys.argv[5], sys.argv[6]
api = http.client.HTTPConnection("127.0.0.1", port)

def ask(method, path, body=None, headers={}):
    api.request(method, path, body, headers)
    answer = api.getresponse()
    return answer.status, answer.read()

def cpu():
    fields = open(f"/proc/{server}/stat").read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 10  # milliseconds

for number in range(consumers):
    status, body = ask("POST", "/consumers", json.dumps({
        "broker_ip": "127.0.0.1", "broker_port": broker, "topic": "metrics", "consumer_group": f"metrics-{number}",
        "auto_start": True, "processor_configs": [
            {"processor_type": "file_sink", "config": {"file_path": f"{directory}/out/{number}"}}]}),
        {"Content-Type": "application/json"})
    assert status == 201, body
began = time.time()
while (lags := ask("GET", "/metrics")[1].count(b"\nkafka_fetcher_consumer_lag{")) < consumers * partitions:
    assert time.time() - began < 600, f"{lags} partitions have a lag"
    time.sleep(1)
last = cpu()
while True:  # until the consumers are at rest
    time.sleep(3)
    used, last = cpu() - last, cpu()
    if used < 3000: break
for name, accept in (("text", "text/plain"), ("OpenMetrics", "application/openmetrics-text;version=1.0.0")):
    times = []
    for _ in range(21):
        begin = time.perf_counter()
        status, body = ask("GET", "/metrics", headers={"Accept": accept})
        times.append((time.perf_counter() - begin) * 1000)
        assert status == 200
        time.sleep(0.2)
    times.sort()
    print(f"{consumers} consumers, {partitions} partitions each, {name:12} {len(body) / 1e6:5.1f} MB, "
          f"{body.count(10)} lines: median {statistics.median(times):5.1f} ms, "
          f"fastest {times[0]:5.1f} ms, slowest {times[-1]:5.1f} ms")
PY
