"""Users of the REST API, for Locust: people and dashboards that look at the running consumers, and pipelines that create
consumers, change, start, stop and delete them.

Every answer that is not the expected one is a failure. LOAD_BROKER is the Kafka address of the consumers that are
created, LOAD_DIRECTORY a directory in which the server may write files; the figures of all requests go to its file
result.
"""

import os
import uuid

from locust import FastHttpUser, between, constant, events, task

BROKER, _, BROKER_PORT = os.environ["LOAD_BROKER"].rpartition(":")
DIRECTORY = os.environ["LOAD_DIRECTORY"]


@events.quitting.add_listener
def tell(environment, **_):
    total = environment.stats.total
    with open(os.path.join(DIRECTORY, "result"), "w") as result:
        result.write(f"{total.num_requests} requests, {total.num_failures} failures, median {total.median_response_time} ms, "
                     f"99 of 100 within {total.get_response_time_percentile(0.99):.0f} ms")


class Client(FastHttpUser):
    abstract = True
    turn = 0

    def expect(self, status, method, path, name=None, **arguments):
        """Sends a request and returns its answer; any other status is a failure."""
        name = f"{method} {name or path}"
        with self.client.request(method, path, name=name, catch_response=True, **arguments) as answer:
            if answer.status_code == status:
                answer.success()
            else:
                answer.failure(f"{answer.status_code} instead of {status}: {(answer.text or '')[:200]}")
            return answer

    def on_start(self):
        running = self.client.get("/consumers?status=ACTIVE", name="GET /consumers?status=ACTIVE").json()
        self.running = [one["consumer_id"] for one in running if one["consumer_group"].startswith("running-")]

    def one_running(self):
        self.turn += 1
        return self.running[self.turn % len(self.running)]


class Dashboard(Client):
    """Asks for the lag of one consumer after the other. Kafka is asked for it, so the server takes few at a time."""

    fixed_count = 2
    wait_time = constant(2)

    @task
    def look_at_a_lag(self):
        self.expect(200, "GET", f"/consumers/{self.one_running()}/lag", "/consumers/{id}/lag")


class ApiUser(Client):
    wait_time = between(0.1, 0.5)

    def made(self):
        """Creates a stopped consumer, and returns its path."""
        number = uuid.uuid4()
        answer = self.expect(201, "POST", "/consumers", json={
            "consumer_id": str(number), "broker_ip": BROKER, "broker_port": int(BROKER_PORT), "topic": "load",
            "consumer_group": f"load-{number}", "auto_start": False, "processor_configs": [
                {"processor_type": "file_sink", "config": {"file_path": f"{DIRECTORY}/made/{number}"}}]})
        return f"/consumers/{number}" if answer.status_code == 201 else None

    @task(10)
    def look_at_one(self):
        self.expect(200, "GET", f"/consumers/{self.one_running()}", "/consumers/{id}")

    @task(10)
    def look_at_a_status(self):
        self.expect(200, "GET", f"/consumers/{self.one_running()}/status", "/consumers/{id}/status")

    @task(5)
    def list_all(self):
        self.expect(200, "GET", "/consumers")

    @task(2)
    def scrape(self):
        self.expect(200, "GET", "/metrics")

    @task(2)
    def probe(self):
        self.expect(200, "GET", "/health/ready")

    @task(4)
    def make_change_and_delete(self):
        if path := self.made():
            self.expect(200, "PUT", path, "/consumers/{id}", json={"options": {"stop_timeout_ms": 5000}})
            self.expect(204, "DELETE", path, "/consumers/{id}")

    @task(1)
    def make_start_stop_and_delete(self):
        if path := self.made():
            self.expect(200, "POST", path + "/start", "/consumers/{id}/start")
            self.expect(200, "POST", path + "/stop", "/consumers/{id}/stop")
            self.expect(204, "DELETE", path, "/consumers/{id}")
