"""Run the gateway: ``python -m services.gateway``."""

import sys

from chassis.plain.process import run
from services.gateway.config import Own
from services.gateway.doors.server import make

if __name__ == "__main__":
    sys.exit(run("gateway", own=Own, make=make))
