"""The manifests keep every rule, and each rule is seen to fail.

The schemas alone are weak, so most rules look across manifests.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support import manifest_rules as rules
from tests.support.manifest_rules import RULES, Rule
from tests.support.manifests import Manifest, manifests, named


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_manifests_keep_the_rule(rule: Rule):
    assert list(rule(manifests())) == []


# -- planted, one by one -----------------------------------------------------------------------


def deployment(found: list[Manifest], name: str = "sales") -> Manifest:
    return named(found, "Deployment", f"rapport-{name}")["spec"]


def pod(found: list[Manifest], name: str = "sales") -> Manifest:
    return deployment(found, name)["template"]["spec"]


def container(found: list[Manifest], name: str = "sales") -> Manifest:
    return pod(found, name)["containers"][0]


def policy(found: list[Manifest], name: str = "sales") -> Manifest:
    return named(found, "NetworkPolicy", f"rapport-{name}")["spec"]


def without(found: list[Manifest], kind: str, name: str) -> None:
    found.remove(named(found, kind, name))


def no_way_to(found: list[Manifest], port: int, name: str = "sales") -> None:
    spec = policy(found, name)
    spec["egress"] = [
        way for way in spec["egress"] if port not in {one["port"] for one in way["ports"]}
    ]


Plant = Callable[[list[Manifest]], Any]
PLANTED: list[tuple[str, Rule, Plant]] = [
    ("an unknown field", rules.schemas, lambda f: container(f).update(imagePull="Always")),
    ("a number for a text", rules.schemas,
     lambda f: container(f)["env"].append({"name": "RAPPORT_X", "value": 1})),
    ("a bad name", rules.names,
     lambda f: named(f, "Service", "rapport-gateway")["metadata"].update(name="rapport_gateway")),
    ("a name twice", rules.names, lambda f: f.append(f[-1])),
    ("another namespace", rules.names, lambda f: f[-1]["metadata"].update(namespace="default")),
    ("a long name of a port", rules.ports,
     lambda f: container(f)["ports"][0].update(name="operations-and-metrics")),
    ("a port out of range", rules.ports,
     lambda f: container(f)["ports"][0].update(containerPort=70_000)),
    ("a port twice in a pod", rules.ports,
     lambda f: pod(f, "analytics")["containers"][1]["ports"][0].update(containerPort=9000)),
    ("a probe of an undeclared port", rules.probes,
     lambda f: container(f)["livenessProbe"]["httpGet"].update(port="http")),
    ("a probe of the business port", rules.probes,
     lambda f: container(f, "gateway")["livenessProbe"]["httpGet"].update(port="http")),
    ("liveness that asks for readiness", rules.probes,
     lambda f: container(f)["livenessProbe"]["httpGet"].update(path="/readyz")),
    ("no probe", rules.probes, lambda f: container(f).pop("readinessProbe")),
    ("1Gib", rules.quantities,
     lambda f: container(f)["resources"]["limits"].update(memory="1Gib")),
    ("a limit on cpu", rules.quantities,
     lambda f: container(f)["resources"]["limits"].update(cpu="1")),
    ("no request", rules.quantities, lambda f: container(f)["resources"].pop("requests")),
    ("a selector that is not the template's", rules.selectors,
     lambda f: deployment(f)["selector"]["matchLabels"].update({"app.kubernetes.io/name": "x"})),
    ("a budget that counts the job", rules.selectors,
     lambda f: named(f, "PodDisruptionBudget", "rapport-sales")["spec"]["selector"][
         "matchLabels"].pop("app.kubernetes.io/component")),
    ("a service that selects nobody", rules.selectors,
     lambda f: named(f, "Service", "rapport-gateway")["spec"]["selector"].update(x="y")),
    ("a mount of a missing volume", rules.volumes,
     lambda f: container(f)["volumeMounts"].append({"name": "kept", "mountPath": "/kept"})),
    ("a missing claim", rules.volumes,
     lambda f: without(f, "PersistentVolumeClaim", "rapport-kept-cti")),
    ("two writers of one volume", rules.volumes, lambda f: deployment(f, "cti").update(replicas=2)),
    ("a rolling update of a kept volume", rules.volumes,
     lambda f: deployment(f, "cti")["strategy"].update(type="RollingUpdate")),
    ("a missing ConfigMap", rules.references,
     lambda f: container(f)["envFrom"][0]["configMapRef"].update(name="rapport-setings")),
    ("a missing account", rules.references,
     lambda f: without(f, "ServiceAccount", "rapport-sales")),
    ("root", rules.security, lambda f: pod(f)["securityContext"].update(runAsUser=0)),
    ("a writable root", rules.security,
     lambda f: container(f)["securityContext"].update(readOnlyRootFilesystem=False)),
    ("capabilities", rules.security, lambda f: container(f)["securityContext"].pop("capabilities")),
    ("escalation", rules.security,
     lambda f: container(f)["securityContext"].pop("allowPrivilegeEscalation")),
    ("service links", rules.security, lambda f: pod(f).pop("enableServiceLinks")),
    ("a token of the cluster", rules.security,
     lambda f: pod(f).pop("automountServiceAccountToken")),
    ("no budget", rules.budgets, lambda f: without(f, "PodDisruptionBudget", "rapport-sales")),
    ("a budget that blocks every drain", rules.budgets,
     lambda f: named(f, "PodDisruptionBudget", "rapport-sales")["spec"].update(maxUnavailable=0)),
    ("no denial", rules.network, lambda f: without(f, "NetworkPolicy", "default-deny")),
    ("no way to DNS", rules.network, lambda f: no_way_to(f, 53)),
    ("no way to the broker", rules.network, lambda f: no_way_to(f, 5672)),
    ("no way to the database", rules.network, lambda f: no_way_to(f, 5432)),
    ("no way to the ops port", rules.network, lambda f: policy(f)["ingress"].pop(0)),
    ("no way to the door", rules.network, lambda f: policy(f, "gateway")["ingress"].pop(1)),
    ("a policy for somebody else", rules.network,
     lambda f: policy(f)["podSelector"]["matchLabels"].update({"app.kubernetes.io/name": "x"})),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "rule", "plant"), PLANTED, ids=[one[0] for one in PLANTED])
def test_a_planted_fault_is_found(fault: str, rule: Rule, plant: Plant):
    found = manifests()
    plant(found)

    assert list(rule(found)), fault


def test_every_rule_has_a_planted_fault():
    assert {rule for _, rule, _ in PLANTED} == set(RULES)
