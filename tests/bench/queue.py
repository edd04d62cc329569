#!/usr/bin/env python3
"""How deep the Kafka client should fetch ahead: rate, CPU and peak memory by queue settings and by speed of the sink.

usage: tests/bench/queue.py [RECORDS [ROUNDS]]       2,000,000 records of 200 bytes in 4 partitions, 3 rounds

Starts its own Kafka with all its files in /dev/shm, and ends it. Needs a build (tests/bench/run.sh makes one).
"""
import collections
import http.client
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/release"
SINKS = {"value": {}, "json": {"format": "json"}}
QUEUES = [(20_000, 65_536), (100_000, 16_384), (100_000, 65_536), (300_000, 49_152), (1_000_000, 65_536),
          (1_000_000, 131_072)]


def listening_port(server, log):
    while server.poll() is None:
        found = re.search(r"port=(\d+)", log.read_text())
        if found:
            return int(found.group(1))
        time.sleep(0.01)
    raise SystemExit(log.read_text())


def run(directory, bootstrap, records, number, sink, queue):
    """Records a second, CPU seconds per million, peak MiB."""
    place = directory / str(number)
    place.mkdir()
    log = place / "log"
    environment = os.environ | {"HTTP_HOST": "127.0.0.1", "HTTP_PORT": "0", "DATA_DIR": str(place / "data"),
                                "FILE_SINK_DIRECTORIES": str(place)}
    with log.open("wb") as output:
        server = subprocess.Popen([BUILD / "kafka-fetcher-server"], env=environment, stderr=output, cwd=place)
    try:
        api = http.client.HTTPConnection("127.0.0.1", listening_port(server, log))
        begun = time.time()
        api.request("POST", "/consumers", json.dumps({
            "broker_ip": "127.0.0.1", "broker_port": int(bootstrap.rsplit(":")[-1]), "topic": "bench",
            "consumer_group": f"queue-{number}", "auto_start": True,
            "processor_configs": [{"processor_type": "file_sink", "config": {"file_path": str(place / "out")} | sink}],
            "options": {"kafka": {"properties": {"queued.min.messages": str(queue[0]),
                                                 "queued.max.messages.kbytes": str(queue[1])}}}}),
            {"Content-Type": "application/json"})
        answer = api.getresponse()
        text = answer.read()
        if answer.status != 201:
            raise SystemExit(text)
        written = 0
        while written < records:
            time.sleep(0.01)
            api.request("GET", "/metrics")
            found = re.search(rb"^kafka_fetcher_processor_messages_total{[^}]*} (\S+)", api.getresponse().read(), re.M)
            written = float(found.group(1)) if found else 0
        seconds = time.time() - begun
        status = pathlib.Path(f"/proc/{server.pid}/status").read_text()
        fields = pathlib.Path(f"/proc/{server.pid}/stat").read_text().split()
        return (records / seconds, (int(fields[13]) + int(fields[14])) / 100 * 1e6 / records,
                int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 1024)
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(place)


def main():
    records = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    directory = pathlib.Path(tempfile.mkdtemp(prefix="kfs-queue-", dir="/dev/shm"))
    kafka = directory / "kafka"
    try:
        subprocess.run([ROOT / "deploy/kafka.sh", "start", kafka], check=True, stdout=subprocess.DEVNULL)
        bootstrap = (kafka / "bootstrap").read_text().strip()
        subprocess.run([BUILD / "tests/bench/fill_topic", bootstrap, "bench", "4", str(records), "200"], check=True)
        runs = collections.defaultdict(list)
        for _ in range(rounds):
            for sink in SINKS:
                for queue in QUEUES:
                    number = sum(map(len, runs.values()))
                    runs[sink, *queue].append(run(directory, bootstrap, records, number, SINKS[sink], queue))
        print("| sink | queued.min.messages | queued.max.messages.kbytes | records/s | CPU s/M | peak MiB |")
        print("| --- | --- | --- | --- | --- | --- |")
        for (sink, least, most), of in runs.items():
            rate, cpu, memory = (statistics.median(column) for column in zip(*of))
            print(f"| {sink} | {least} | {most} | {rate:,.0f} | {cpu:.2f} | {memory:.0f} |")
    finally:
        subprocess.run([ROOT / "deploy/kafka.sh", "stop", kafka], stdout=subprocess.DEVNULL)
        shutil.rmtree(directory)


main()
