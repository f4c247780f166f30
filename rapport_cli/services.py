"""The services of the house, found by name: their pages of rows and what they ask of the broker."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from chassis.config import ConfigError
from chassis.rows import Row
from chassis.service import Service, shape
from chassis.topology.build import build
from chassis.topology.shapes import Topology
from contracts import SERVICES
from contracts.partners import load_partners
from contracts.plain import PLAIN


def service(name: str) -> type[Service]:
    """Return the page of a service.

    :raises ConfigError: if there is no such service, or its module holds no page.
    """
    if name not in SERVICES or find_spec(f"services.{name}.service") is None:
        raise ConfigError(f"There is no service {name}.")
    module = import_module(f"services.{name}.service")
    pages = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Service) and value is not Service
    ]
    if len(pages) != 1:
        raise ConfigError(f"services/{name}/service.py holds {len(pages)} pages, not one.")
    return pages[0]


def rows(name: str) -> dict[str, Row]:
    """Return the rows of a service by name, as its page lists them."""
    found: dict[str, Row] = dict(service(name).rows)
    return found


def topology() -> Topology:
    """Derive the topology of the whole house."""
    shapes: list[Any] = [shape(service(name)) for name in SERVICES]
    return build(shapes, load_partners(), tuple(PLAIN.values()))
