"""The broker's topology: built from declarations, applied up front, checked at start."""

from chassis.topology.apply import Applied, WrongTopology, apply
from chassis.topology.build import build, handler_arguments
from chassis.topology.check import check, check_service
from chassis.topology.migrate import Migrated, migrate
from chassis.topology.shapes import (
    Binding,
    Exchange,
    HandlerShape,
    Queue,
    ServiceShape,
    TopicRight,
    Topology,
    User,
    WrongShape,
)

__all__ = [
    "Applied",
    "Binding",
    "Exchange",
    "HandlerShape",
    "Migrated",
    "Queue",
    "ServiceShape",
    "TopicRight",
    "Topology",
    "User",
    "WrongShape",
    "WrongTopology",
    "apply",
    "build",
    "check",
    "check_service",
    "handler_arguments",
    "migrate",
]
