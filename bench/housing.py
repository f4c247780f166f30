"""A page of rows with its runtime, as the runner builds it, on a fresh database."""

from pathlib import Path
from typing import Any

from bench.page import PAGES
from chassis import leader
from chassis.config import Settings
from chassis.container import Container
from chassis.leader import Leader
from chassis.logs import configure
from chassis.runtime import Runtime, build
from chassis.service import RUNTIME_KEY, Service, concurrency
from chassis.tables import Base


def bare_runtime_of(service: str, given: dict[str, Any], *, pool_size: int) -> Runtime:
    """Build a runtime on the database and the keys of this run."""
    keys = Path(given["keys"])
    settings = Settings(
        service=service,
        amqp_uri=given["amqp"],
        database_url=given["url"],
        ops_port=0,
        signing_key=keys / f"{service}.key",
        public_keys=keys / "public",
        clock_file=None,
        environment="test",
        log_level="INFO",
    )
    return build(settings, pool_size=pool_size)


def runtime_of(page: type[Service], given: dict[str, Any]) -> Runtime:
    """Build the runtime of a page; the tables are made if they are missing."""
    configure(page.name, "INFO")
    connections = concurrency(page) + leader.CONNECTIONS
    runtime = bare_runtime_of(page.name, given, pool_size=connections)
    Base.metadata.create_all(runtime.database.engine)
    return runtime


def container_of(page: type[Service], runtime: Runtime) -> Container:
    """Put a page into a container that is not started yet."""
    return Container(page, {"AMQP_URI": runtime.settings.amqp_uri, RUNTIME_KEY: runtime})


def opened(given: dict[str, Any]) -> Runtime:
    """Run a whole service as the runner does: entrypoints, relay and the leader's other duties."""
    page = PAGES[given["page"]]
    runtime = runtime_of(page, given)
    runtime.database.claim()
    container_of(page, runtime).start()
    Leader(runtime).start()
    return runtime
