"""The processes of a house: how each is started here, and the settings that only it has."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from contracts import SERVICES
from contracts.plain import PLAIN
from deploy.local.machine import LOOPBACK

MAIL = "mail"  # the sink that stands in for the mail provider
PORTS = ("gateway", "pbx", "mail")  # beside the ops ports


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the settings of one process are made from."""

    directory: Path  # the house's, for files that stay
    private: Path  # short enough for a socket's path
    ports: Mapping[str, int]  # by name, see PORTS
    pbx_secret: str


def names() -> list[str]:
    """List everything that runs: the mail sink first, so that nobody waits for it."""
    return [MAIL, *sorted(SERVICES), *sorted(PLAIN)]


def command(name: str, around: Surroundings) -> list[str]:
    """Return the command line that starts a process."""
    if name == MAIL:
        folder, port = around.directory / "mail", around.ports["mail"]
        words = ["--folder", str(folder), "--port", str(port)]
        return [sys.executable, "-m", "deploy.local.mail", *words]
    if name in PLAIN:
        return [sys.executable, "-m", PLAIN[name].module]
    return [sys.executable, "-m", "chassis.runner", name]


def own_settings(name: str, around: Surroundings) -> dict[str, str]:
    """Return the settings that only this process has."""
    public = f"http://{LOOPBACK}:{around.ports['gateway']}"
    smtp = f"smtp://{LOOPBACK}:{around.ports['mail']}"
    secret = quote(around.pbx_secret, safe="")
    pbx = f"ami://bridge:{secret}@{LOOPBACK}:{around.ports['pbx']}"
    socket = str(around.private / "warehouse.sock")
    found: dict[str, dict[str, str]] = {
        "analytics": {"RAPPORT_WAREHOUSE_SOCKET": socket},
        "cti": {
            "RAPPORT_PBX_URI": pbx,
            "RAPPORT_PBX_REGION": "CN",
            "RAPPORT_SPOOL": str(around.directory / "spool"),
        },
        "gateway": {"RAPPORT_HTTP_PORT": str(around.ports["gateway"])},
        "marketing": {"RAPPORT_SMTP_URI": smtp, "RAPPORT_PUBLIC_URI": public},
        "warehouse": {
            "RAPPORT_WAREHOUSE_FILE": str(around.directory / "db" / "warehouse.duckdb"),
            "RAPPORT_WAREHOUSE_SOCKET": socket,
        },
    }
    return found.get(name, {})
