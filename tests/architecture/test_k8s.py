"""The manifests run every process of the house, with its settings and no other, and nothing more."""

import importlib
import re
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from chassis import VERSION
from chassis.config import _DATABASE, _NAMES, own_names, read_own
from contracts import SERVICES
from contracts.plain import PLAIN
from tests.support.manifests import (
    BASE,
    ROOT,
    Manifest,
    containers,
    manifests,
    named,
    of_kind,
    settings,
)

MAX_LINES = 25
# Refused in production: business time would lie.
NEVER = {"RAPPORT_CLOCK_FILE"}
RUNNER = ["python", "-m", "chassis.runner", "$(SERVICE)"]
DOCKER = ROOT / "deploy" / "docker"


def processes() -> dict[str, tuple[str, Manifest]]:
    """Return each process of the house with where it runs, and its container."""
    found = manifests()
    running = {}
    for place, _, container in containers(of_kind(found, "Deployment")):
        modules = {process.module: name for name, process in PLAIN.items()}
        deployment = named(found, "Deployment", place.partition(",")[0].split()[1])
        service = deployment["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"]
        is_service = container["command"] == RUNNER
        name = service if is_service else modules[container["command"][-1]]
        assert name not in running, f"{name} runs twice"
        running[name] = (place, container)
    return running


def own_of(name: str) -> type | None:
    """Return the class of the settings that only one process has."""
    package = PLAIN[name].module if name in PLAIN else f"services.{name}"
    if not (ROOT / Path(*package.split(".")) / "config.py").exists():
        return None
    own: type = importlib.import_module(f"{package}.config").Own
    return own


class TestProcesses:
    def test_are_all_of_the_house_and_no_others(self):
        assert set(processes()) == {*SERVICES, *PLAIN}

    def test_analytics_and_the_warehouse_share_a_pod_and_its_socket(self):
        places = {name: place.partition(",")[0] for name, (place, _) in processes().items()}

        together = [name for name, place in places.items() if place == places["analytics"]]
        assert sorted(together) == ["analytics", "warehouse"]
        assert len(set(places.values())) == len(places) - 1

    @pytest.mark.parametrize("name", [*SERVICES, *PLAIN])
    def test_have_every_setting_and_no_other(self, name):
        _, container = processes()[name]

        common = set(_NAMES) - NEVER - ({_DATABASE} if name in PLAIN else set())
        expected = common | set(own_names(own_of(name)))
        # What analytics asks, the warehouse answers: one value for both.
        assert set(settings(manifests(), container)) == expected

    @pytest.mark.parametrize("name", [n for n in (*SERVICES, *PLAIN) if own_of(n)])
    def test_have_settings_that_are_taken(self, name, tmp_path):
        secrets = {
            "RAPPORT_SMTP_URI": "smtp://mail", "RAPPORT_PBX_URI": "ami://a:b@pbx:5038",
        }  # fmt: skip
        own = own_of(name)
        assert own is not None
        _, container = processes()[name]
        given = {
            key: value if value is not None else secrets[key]
            for key, value in settings(manifests(), container).items()
            if key in own_names(own)
        }
        for key, value in given.items():
            if key.endswith(("_FILE", "_SOCKET")):  # in directories that a volume makes
                given[key] = str(tmp_path / Path(value).name)

        taken = read_own(own, given)

        assert len(fields(taken)) == len(given)

    @pytest.mark.parametrize("name", [*SERVICES, *PLAIN])
    def test_hold_only_their_own_secrets(self, name):
        place, container = processes()[name]
        secret = f"rapport-{name.replace('_', '-')}"

        deployment = named(manifests(), *place.partition(",")[0].split())
        volumes = {v["name"]: v for v in deployment["spec"]["template"]["spec"]["volumes"]}
        (mount,) = [
            m["name"] for m in container["volumeMounts"] if m["mountPath"] == "/run/rapport/signing"
        ]
        used = {
            e["valueFrom"]["secretKeyRef"]["name"]
            for e in container["env"]
            if "secretKeyRef" in e.get("valueFrom", {})
        }
        assert used | {volumes[mount]["secret"]["secretName"]} == {secret}

    def test_include_no_secret(self):
        assert of_kind(manifests(), "Secret") == []

    def test_are_one_image_of_this_version(self):
        assert {container["image"] for _, _, container in containers(manifests())} == {
            f"rapport:{VERSION}"
        }


class TestJobs:
    def test_one_migrates_each_database(self):
        jobs = {
            job["metadata"]["name"]: job["spec"]["template"]["metadata"]["labels"]
            for job in of_kind(manifests(), "Job")
            if "migrate" in job["spec"]["template"]["spec"]["containers"][0]["command"]
        }

        services = {labels["app.kubernetes.io/name"] for labels in jobs.values()}
        assert services == set(SERVICES)
        assert len(jobs) == len(SERVICES)

    def test_one_applies_the_topology(self):
        job = named(manifests(), "Job", "rapport-topology")

        (container,) = job["spec"]["template"]["spec"]["containers"]
        assert container["command"][:5] == ["python", "-m", "rapport_cli.main", "topology", "apply"]
        assert set(settings(manifests(), container)) == {"RAPPORT_AMQP_URI", "RAPPORT_ADMIN_URI"}


class TestGateway:
    def test_is_reached_on_the_port_that_it_listens_on(self):
        found = manifests()
        _, container = processes()["gateway"]
        service = named(found, "Service", "rapport-gateway")

        ports = {port["name"]: str(port["containerPort"]) for port in container["ports"]}
        (way,) = service["spec"]["ports"]
        assert ports[way["targetPort"]] == settings(found, container)["RAPPORT_HTTP_PORT"]

    def test_is_the_only_one_that_is_reached(self):
        assert len(of_kind(manifests(), "Service")) == 1


@pytest.mark.parametrize("folder", [path.parent for path in sorted(BASE.glob("*/kustomization.yaml"))],
                         ids=lambda path: path.name)  # fmt: skip
def test_what_makes_a_process_differ_is_short(folder):
    lines = (folder / "kustomization.yaml").read_text().splitlines()

    assert len(lines) <= MAX_LINES
    assert "../../pattern" in yaml.safe_load("\n".join(lines))["resources"]


class TestImage:
    LINES = (DOCKER / "Dockerfile").read_text().splitlines()

    def last_stage(self) -> list[str]:
        return self.LINES[max(n for n, line in enumerate(self.LINES) if line.startswith("FROM")) :]

    def test_runs_as_nobody_in_particular(self):
        assert [line for line in self.last_stage() if line.startswith("USER")] == [
            "USER 10001:10001"
        ]

    def test_installs_only_what_is_locked_and_nothing_in_the_last_stage(self):
        text = "\n".join(self.LINES)

        assert "--require-hashes" in text
        assert not re.search(r"^RUN", "\n".join(self.last_stage()), re.MULTILINE)

    def test_holds_every_package_that_runs_and_is_sent_no_more(self):
        copied = {line.split()[1] for line in self.LINES if re.match(r"COPY (?!--)", line)}
        sent = {
            line[1:]
            for line in (DOCKER / "Dockerfile.dockerignore").read_text().splitlines()
            if line.startswith("!")
        }

        assert copied == sent == {
            "requirements.lock", "chassis", "contracts", "services", "rapport_cli",
        }  # fmt: skip
