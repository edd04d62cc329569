"""What deploy/k8s and deploy/Dockerfile promise, checked against schemas and the built server; run by check.sh."""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

import kubernetes_validate
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVER = os.environ["KFS_SERVER_BINARY"]
KUSTOMIZE = os.environ["KFS_KUSTOMIZE"].split()
OLDEST_KUBERNETES = "1.30.0"
NEWEST_KUBERNETES = "1.37.0"
CUSTOM_KINDS = {"ServiceMonitor", "Issuer", "Certificate"}
COMPONENTS = sorted(path.name for path in (ROOT / "deploy/k8s/components").iterdir())
LATER = "is not available in this version"
PATIENCE_S = 30


def kustomized(directory):
    built = subprocess.run([*KUSTOMIZE, str(directory)], capture_output=True, text=True)
    if built.returncode != 0:
        raise AssertionError(f"kustomize {directory}: {built.stderr}")
    return [found for found in yaml.safe_load_all(built.stdout) if found]


def production_with(*components):
    """The production overlay with these components in place of its own."""
    with tempfile.TemporaryDirectory() as temporary:
        tree = pathlib.Path(temporary) / "k8s"
        shutil.copytree(ROOT / "deploy/k8s", tree)
        overlay = tree / "overlays/production/kustomization.yaml"
        settings = yaml.safe_load(overlay.read_text())
        settings["components"] = [f"../../components/{name}" for name in components]
        overlay.write_text(yaml.safe_dump(settings))
        return kustomized(overlay.parent)


def manifests():
    """Every way to deploy that the project describes, by name."""
    ways = {
        "trial": kustomized(ROOT / "deploy/k8s/overlays/trial"),
        "production": kustomized(ROOT / "deploy/k8s/overlays/production"),
        "production with every component": production_with(*COMPONENTS),
        "mission": kustomized(ROOT / "tests/deploy/mission"),
    }
    for name in COMPONENTS:
        ways[f"production with {name}"] = production_with(name)
    return ways


WAYS = manifests()
OURS = {name: found for name, found in WAYS.items() if name != "mission"}


def of_kind(objects, kind):
    return [found for found in objects if found["kind"] == kind]


def deployment(objects):
    (found,) = of_kind(objects, "Deployment")
    return found


def pod(objects):
    return deployment(objects)["spec"]["template"]


def container(objects):
    (found,) = pod(objects)["spec"]["containers"]
    return found


def literal_environment(objects):
    """The variables of the server whose values stand in the manifests."""
    values = {}
    maps = {found["metadata"]["name"]: found["data"] for found in of_kind(objects, "ConfigMap")}
    for source in container(objects).get("envFrom", []):
        values.update(maps[source["configMapRef"]["name"]])
    for variable in container(objects).get("env", []):
        if "value" in variable:
            values[variable["name"]] = re.sub(r"\$\(POD_IP\)", "192.0.2.1", variable["value"])
    return values


def full_environment(objects):
    """As in a pod: with an example of what Secrets and the pod itself give."""
    examples = {
        "DATABASE_URL": "postgresql://user:password@db-host:5432/kafka_fetcher",
        "REPLICA_ID": "kafka-fetcher-server-6d5f7c8b9-x2x4z",
        "POD_IP": "192.0.2.1",
    }
    values = literal_environment(objects)
    for variable in container(objects).get("env", []):
        if "valueFrom" in variable:
            values[variable["name"]] = examples[variable["name"]]
    return values


def run_server(environment, *arguments):
    with tempfile.TemporaryDirectory() as directory:
        return subprocess.run([SERVER, *arguments], env=environment, cwd=directory, capture_output=True, text=True)


def known_settings():
    return set(re.findall(r"^([A-Z_]+)=", run_server({}, "--print-config").stdout, re.MULTILINE))


def dockerfile(instruction):
    text = (ROOT / "deploy/Dockerfile").read_text()
    return re.findall(rf"^{instruction} (.+)$", text, re.MULTILINE)


class EveryManifest(unittest.TestCase):
    def test_is_valid_for_the_oldest_and_the_newest_kubernetes(self):
        for name, objects in WAYS.items():
            for found in objects:
                if found["kind"] in CUSTOM_KINDS:
                    continue
                for version in (OLDEST_KUBERNETES, NEWEST_KUBERNETES):
                    with self.subTest(name, kind=found["kind"], version=version):
                        kubernetes_validate.validate(found, version, strict=True)

    def test_selects_the_pods_of_the_server(self):
        for name, objects in WAYS.items():
            labels = pod(objects)["metadata"]["labels"].items()
            selectors = [found["spec"]["selector"] for found in of_kind(objects, "Service")]
            selectors += [found["spec"]["selector"]["matchLabels"] for found in of_kind(objects, "PodDisruptionBudget")]
            selectors += [found["spec"]["podSelector"]["matchLabels"] for found in of_kind(objects, "NetworkPolicy")]
            selectors.append(deployment(objects)["spec"]["selector"]["matchLabels"])
            for spread in pod(objects)["spec"].get("topologySpreadConstraints", []):
                selectors.append(spread["labelSelector"]["matchLabels"])
            for selector in selectors:
                with self.subTest(name, selector=selector):
                    self.assertLessEqual(selector.items(), labels)

    def test_names_ports_that_the_container_has(self):
        for name, objects in WAYS.items():
            ports = {port[key] for port in container(objects)["ports"] for key in ("name", "containerPort") if key in port}
            used = [port["targetPort"] for found in of_kind(objects, "Service") for port in found["spec"]["ports"]]
            used += [
                port["port"]
                for found in of_kind(objects, "NetworkPolicy")
                for rule in found["spec"]["ingress"]
                for port in rule["ports"]
            ]
            with self.subTest(name):
                self.assertLessEqual(set(used), ports)

    def test_holds_no_secret(self):
        for name, objects in WAYS.items():
            with self.subTest(name):
                self.assertEqual(of_kind(objects, "Secret"), [])
                self.assertNotIn("DATABASE_URL", literal_environment(objects))

    def test_sets_only_what_the_server_knows(self):
        known = known_settings()
        self.assertIn("KAFKA_BOOTSTRAP_SERVERS", known)
        for name, objects in WAYS.items():
            environment = full_environment(objects)
            with self.subTest(name):
                self.assertEqual(set(environment) - known - {"POD_IP"}, set())
                checked = run_server(environment, "--check-config")
                # The files of certificates are mounted in a pod and not here.
                if "CLUSTER_CERTIFICATE" not in environment:
                    self.assertEqual((checked.returncode, checked.stderr), (0, ""))

    def test_of_an_overlay_has_no_setting_of_a_later_server(self):
        for name in ("trial", "production", "mission"):
            checked = run_server(full_environment(WAYS[name]), "--check-config")
            self.assertNotIn(LATER, checked.stderr, name)


class EveryPod(unittest.TestCase):
    def test_runs_confined(self):
        (user,) = dockerfile("USER")
        for name, objects in OURS.items():
            with self.subTest(name):
                spec, server = pod(objects)["spec"], container(objects)
                self.assertTrue(spec["securityContext"]["runAsNonRoot"])
                self.assertEqual(
                    f'{spec["securityContext"]["runAsUser"]}:{spec["securityContext"]["runAsGroup"]}', user)
                self.assertEqual(spec["securityContext"]["seccompProfile"]["type"], "RuntimeDefault")
                self.assertFalse(spec["automountServiceAccountToken"])
                self.assertFalse(spec["enableServiceLinks"])
                self.assertTrue(server["securityContext"]["readOnlyRootFilesystem"])
                self.assertFalse(server["securityContext"]["allowPrivilegeEscalation"])
                self.assertEqual(server["securityContext"]["capabilities"], {"drop": ["ALL"]})

    def test_has_a_volume_wherever_the_server_writes(self):
        (written,) = map(json.loads, dockerfile("VOLUME"))
        for name, objects in OURS.items():
            volumes = {volume["name"] for volume in pod(objects)["spec"]["volumes"]}
            mounts = {mount["mountPath"]: mount["name"] for mount in container(objects)["volumeMounts"]}
            with self.subTest(name):
                self.assertLessEqual({*written, "/tmp"}, set(mounts))
                self.assertLessEqual(set(mounts.values()), volumes)
                directories = literal_environment(objects)["FILE_SINK_DIRECTORIES"].split(",")
                self.assertLessEqual(set(directories), set(mounts))

    def test_has_the_time_that_the_server_takes_to_end(self):
        bound = int(re.search(r"ending_bound\{(\d+)\}", (ROOT / "main.cpp").read_text())[1])
        for name, objects in OURS.items():
            with self.subTest(name):
                pre_stop = container(objects)["lifecycle"]["preStop"]["sleep"]["seconds"]
                self.assertGreaterEqual(pod(objects)["spec"]["terminationGracePeriodSeconds"], pre_stop + bound + 5)

    def test_finds_its_settings_and_its_certificates(self):
        for name, objects in OURS.items():
            with self.subTest(name):
                mounts = [mount["mountPath"] for mount in container(objects)["volumeMounts"]]
                for setting in ("CLUSTER_CERTIFICATE", "CLUSTER_KEY", "CLUSTER_CA"):
                    file = literal_environment(objects).get(setting)
                    self.assertTrue(file is None or str(pathlib.Path(file).parent) in mounts)
        everything = WAYS["production with every component"]
        secrets = {volume["secret"]["secretName"] for volume in pod(everything)["spec"]["volumes"] if "secret" in volume}
        issued = {found["spec"]["secretName"] for found in of_kind(everything, "Certificate")}
        self.assertEqual(secrets - issued, set())
        self.assertTrue(secrets)


class Rollouts(unittest.TestCase):
    def test_of_production_take_one_replica_at_a_time_and_none_before_another_is_ready(self):
        for name in OURS:
            if name == "trial":
                continue
            with self.subTest(name):
                update = deployment(OURS[name])["spec"]["strategy"]["rollingUpdate"]
                self.assertEqual(update, {"maxSurge": 1, "maxUnavailable": 0})
                (budget,) = of_kind(OURS[name], "PodDisruptionBudget")
                self.assertEqual(budget["spec"]["maxUnavailable"], 1)

    def test_of_production_do_not_need_links_between_replicas(self):
        self.assertNotIn("CLUSTER_HOST", full_environment(WAYS["production"]))
        self.assertNotIn("DATABASE_URL", literal_environment(WAYS["production"]))
        self.assertIn("DATABASE_URL", full_environment(WAYS["production"]))

    def test_of_the_trial_leave_the_volume_before_they_take_it(self):
        self.assertEqual(deployment(WAYS["trial"])["spec"]["strategy"], {"type": "Recreate"})
        self.assertEqual(deployment(WAYS["trial"])["spec"]["replicas"], 1)

    def test_keep_the_number_of_an_autoscaler(self):
        scaled = WAYS["production with autoscaling"]
        self.assertNotIn("replicas", deployment(scaled)["spec"])
        (scaler,) = of_kind(scaled, "HorizontalPodAutoscaler")
        self.assertEqual(scaler["spec"]["scaleTargetRef"]["name"], deployment(scaled)["metadata"]["name"])
        metric = scaler["spec"]["metrics"][0]["external"]["metric"]["name"]
        self.assertIn(f'"{metric}"', (ROOT / "actors/metrics/declared_metrics.cpp").read_text())


class TheServer(unittest.TestCase):
    """The built server with the trial's settings, on a free port of this machine."""

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            cls.port = free.getsockname()[1]
        environment = full_environment(WAYS["trial"]) | {"HTTP_HOST": "127.0.0.1", "HTTP_PORT": str(cls.port)}
        log = pathlib.Path(cls.directory.name) / "server.log"
        with log.open("w") as output:
            cls.process = subprocess.Popen([SERVER], env=environment, cwd=cls.directory.name, stdout=output, stderr=output)
        cls.addClassCleanup(cls.end)
        deadline = time.monotonic() + PATIENCE_S
        while cls.status_of("/health/live") is None:
            if cls.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the server did not start: {log.read_text()}")

    @classmethod
    def end(cls):
        cls.process.terminate()
        cls.process.wait(PATIENCE_S)
        cls.directory.cleanup()

    @classmethod
    def status_of(cls, path):
        """The status of an answer; None while nothing listens."""
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            return direct.open(f"http://127.0.0.1:{cls.port}{path}", timeout=5).status
        except urllib.error.HTTPError as answer:
            return answer.code
        except OSError:
            return None

    def test_answers_every_probe_and_the_scrape(self):
        paths = set()
        for objects in WAYS.values():
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                if probe in container(objects):
                    paths.add(container(objects)[probe]["httpGet"]["path"])
            for monitor in of_kind(objects, "ServiceMonitor"):
                paths.update(endpoint["path"] for endpoint in monitor["spec"]["endpoints"])
        self.assertEqual(paths, {"/health/live", "/health/ready", "/metrics"})
        for path in paths:
            self.assertEqual(self.status_of(path), 200, path)

    def test_is_found_healthy_by_the_check_of_the_image(self):
        def check(port):
            environment = {"PATH": f"{self.directory.name}:{os.environ['PATH']}", "HTTP_PORT": str(port)}
            command = [str(ROOT / "deploy/healthcheck.sh")]
            return subprocess.run(command, env=environment, cwd=self.directory.name, capture_output=True).returncode

        os.symlink(SERVER, pathlib.Path(self.directory.name) / "kafka-fetcher-server")
        self.assertEqual(check(self.port), 0)
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            self.assertNotEqual(check(silent.getsockname()[1]), 0)


class TheImage(unittest.TestCase):
    def test_listens_where_the_manifests_say(self):
        (port,) = dockerfile("EXPOSE")
        for name, objects in WAYS.items():
            self.assertIn(int(port), [found["containerPort"] for found in container(objects)["ports"]], name)

    def test_has_the_version_of_the_server(self):
        version = re.search(r"project\(kafka-fetcher-server VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text())[1]
        self.assertIn(f"VERSION={version}", dockerfile("ARG"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
