"""What is asked of the manifests; each rule names its faults in sentences."""

import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import kubernetes_validate

from tests.support.manifests import (
    Manifest,
    containers,
    of_kind,
    pods,
    selects,
    settings,
    where,
)

KUBERNETES = "1.37.0"
OUTSIDE = ("rapport-public-keys",)  # ConfigMaps that an overlay brings; Secrets are never included
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
PORT_NAME = re.compile(r"(?=.*[a-z])[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?")
QUANTITY = re.compile(r"[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?")
MAX_PORT = 65535
DNS, AMQP, POSTGRESQL = 53, 5672, 5432

Rule = Callable[[list[Manifest]], Iterator[str]]


def schemas(found: list[Manifest]) -> Iterator[str]:
    """Every manifest is what the API takes, to the letter."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for one in found:
            try:
                kubernetes_validate.validate(one, KUBERNETES, strict=True)
            except kubernetes_validate.ValidationError as wrong:
                yield f"{where(one)}: {wrong.message}"


def names(found: list[Manifest]) -> Iterator[str]:
    """Names are names, and each is there once."""
    known = [(one["kind"], one["metadata"]["name"]) for one in found]
    for kind, name in known:
        if not NAME.fullmatch(name):
            yield f"{kind} {name} is no name"
        if known.count((kind, name)) > 1:
            yield f"{kind} {name} is there twice"
    for one in found:
        if one["kind"] != "Namespace" and one["metadata"].get("namespace") != "rapport":
            yield f"{where(one)} is outside the namespace"


def ports(found: list[Manifest]) -> Iterator[str]:
    """Ports have a name of their own within the pod, and a number."""
    for one, template in pods(found):
        declared = [
            port
            for container in template["spec"]["containers"]
            for port in container.get("ports", [])
        ]
        for port in declared:
            if not PORT_NAME.fullmatch(port["name"]):
                yield f"{where(one)}: {port['name']} is no name of a port"
            if not 0 < port["containerPort"] <= MAX_PORT:
                yield f"{where(one)}: {port['containerPort']} is no port"
        for key in ("name", "containerPort"):
            if len({port[key] for port in declared}) < len(declared):
                yield f"{where(one)}: a port is declared twice"


def probes(found: list[Manifest]) -> Iterator[str]:
    """Every process is probed on the ops port that it listens on; liveness is not readiness."""
    wanted = {"startupProbe": "/livez", "livenessProbe": "/livez", "readinessProbe": "/readyz"}
    for place, _, container in containers(of_kind(found, "Deployment")):
        own = {port["name"]: port["containerPort"] for port in container.get("ports", [])}
        ops = settings(found, container).get("RAPPORT_OPS_PORT")
        for probe, path in wanted.items():
            get = container.get(probe, {}).get("httpGet", {})
            if get.get("path") != path:
                yield f"{place}: {probe} asks for {get.get('path')}"
            if str(own.get(get.get("port"))) != ops:
                yield f"{place}: {probe} is not on the ops port"


def quantities(found: list[Manifest]) -> Iterator[str]:
    """Requests of cpu and memory, a limit of memory only, and sizes that are sizes."""
    for place, _, container in containers(found):
        asked = container.get("resources", {})
        if set(asked.get("requests", {})) != {"cpu", "memory"} or set(asked.get("limits", {})) != {
            "memory"
        }:
            yield f"{place}: wants other resources"
    for one in found:
        for key, text in _sizes(one):
            if not QUANTITY.fullmatch(text):
                yield f"{where(one)}: {key} {text} is no quantity"


def _sizes(node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key in {"cpu", "memory", "storage", "sizeLimit"}:
                yield key, str(value)
            yield from _sizes(value)
    elif isinstance(node, list):
        for value in node:
            yield from _sizes(value)


def selectors(found: list[Manifest]) -> Iterator[str]:
    """Whatever selects pods selects those it is meant for, and no others."""
    templates = {where(one): template["metadata"]["labels"] for one, template in pods(found)}
    for one in of_kind(found, "Deployment", "PodDisruptionBudget", "Service"):
        selector = one["spec"]["selector"]
        if one["kind"] == "Service":
            selector = {"matchLabels": selector}
        picked = {name for name, labels in templates.items() if selects(selector, labels)}
        if picked != {f"Deployment {one['metadata']['name']}"}:
            yield f"{where(one)} selects {sorted(picked)}"


def volumes(found: list[Manifest]) -> Iterator[str]:
    """What is mounted is there, what is there is mounted, what is kept has one process."""
    for one, template in pods(found):
        spec = template["spec"]
        there = {volume["name"] for volume in spec["volumes"]}
        mounted = {m["name"] for c in spec["containers"] for m in c.get("volumeMounts", [])}
        for name in sorted(there ^ mounted):
            yield f"{where(one)}: volume {name} is not both there and mounted"
        kept = [v["persistentVolumeClaim"] for v in spec["volumes"] if "persistentVolumeClaim" in v]
        for claim in kept:
            names_ = [c["metadata"]["name"] for c in of_kind(found, "PersistentVolumeClaim")]
            if claim["claimName"] not in names_:
                yield f"{where(one)}: there is no claim {claim['claimName']}"
        how = (one["spec"].get("replicas"), one["spec"].get("strategy", {}).get("type"))
        if kept and how != (1, "Recreate"):
            yield f"{where(one)}: two at a time would write to one volume"


def references(found: list[Manifest]) -> Iterator[str]:
    """ConfigMaps and ServiceAccounts that are referred to are there."""
    known = {name: [m["metadata"]["name"] for m in of_kind(found, name)] for name in (
        "ConfigMap", "ServiceAccount",
    )}  # fmt: skip
    for one, template in pods(found):
        spec = template["spec"]
        if spec["serviceAccountName"] not in known["ServiceAccount"]:
            yield f"{where(one)}: there is no ServiceAccount {spec['serviceAccountName']}"
        maps = [v["configMap"]["name"] for v in spec["volumes"] if "configMap" in v]
        maps += [
            source["configMapRef"]["name"]
            for container in spec["containers"]
            for source in container.get("envFrom", [])
        ]
        for name in maps:
            if name not in (*known["ConfigMap"], *OUTSIDE):
                yield f"{where(one)}: there is no ConfigMap {name}"


def security(found: list[Manifest]) -> Iterator[str]:
    """Nobody is root, gains rights, writes to the root, or holds a token of the cluster."""
    for place, spec, container in containers(found):
        pod, own = spec.get("securityContext", {}), container.get("securityContext", {})
        facts = {
            "not root": pod.get("runAsNonRoot") is True and pod.get("runAsUser", 0) >= 10_000,
            "seccomp": pod.get("seccompProfile") == {"type": "RuntimeDefault"},
            "no token": spec.get("automountServiceAccountToken") is False,
            # Else a Service's name becomes a RAPPORT_ variable, and an unknown one is fatal.
            "no service links": spec.get("enableServiceLinks") is False,
            "no escalation": own.get("allowPrivilegeEscalation") is False,
            "read-only root": own.get("readOnlyRootFilesystem") is True,
            "no capabilities": own.get("capabilities") == {"drop": ["ALL"]},
            "no host": not {"hostNetwork", "hostPID", "hostIPC"} & set(spec),
        }
        for fact, holds in facts.items():
            if not holds:
                yield f"{place}: {fact} does not hold"


def budgets(found: list[Manifest]) -> Iterator[str]:
    """Every deployment has a budget that lets a node be emptied."""
    budgets_ = {b["metadata"]["name"]: b["spec"] for b in of_kind(found, "PodDisruptionBudget")}
    for one in of_kind(found, "Deployment"):
        if budgets_.get(one["metadata"]["name"], {}).get("maxUnavailable") != 1:
            yield f"{where(one)}: its budget does not let one go"


def network(found: list[Manifest]) -> Iterator[str]:
    """Everything is denied but what each process needs."""
    if not any(
        one["spec"].get("podSelector") == {} and not one["spec"].get("ingress")
        and not one["spec"].get("egress") for one in of_kind(found, "NetworkPolicy")
    ):  # fmt: skip
        yield "nothing is denied"
    for place, _, container in containers(found):
        labels = _labels(found, place)
        needed = {("UDP", DNS), ("TCP", DNS)}
        given = settings(found, container)
        needed |= {("TCP", AMQP)} if "RAPPORT_AMQP_URI" in given else set()
        needed |= {("TCP", POSTGRESQL)} if "RAPPORT_DATABASE_URL" in given else set()
        for protocol, port in sorted(needed - set(_let_through(found, labels, "egress"))):
            yield f"{place} cannot reach {protocol} {port}"
        heard = {("TCP", port["containerPort"]) for port in container.get("ports", [])}
        for protocol, port in sorted(heard - set(_let_through(found, labels, "ingress"))):
            yield f"nobody reaches {protocol} {port} of {place}"


def _labels(found: list[Manifest], place: str) -> Mapping[str, str]:
    (labels,) = [
        template["metadata"]["labels"]
        for one, template in pods(found)
        if place.startswith(f"{where(one)},")
    ]
    return dict(labels)


def _let_through(
    found: list[Manifest], labels: Mapping[str, str], way: str
) -> Iterator[tuple[str, int]]:
    for policy in of_kind(found, "NetworkPolicy"):
        if selects(policy["spec"]["podSelector"], labels):
            for opening in policy["spec"].get(way, []):
                whom = opening.get("to") or opening.get("from")
                assert whom, f"{where(policy)} is open to everybody"
                yield from ((port["protocol"], port["port"]) for port in opening["ports"])


RULES: tuple[Rule, ...] = (
    schemas, names, ports, probes, quantities, selectors, volumes, references, security, budgets,
    network,
)  # fmt: skip
