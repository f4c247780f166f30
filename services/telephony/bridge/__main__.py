"""`python -m services.telephony.bridge`: run the bridge."""

import sys

from chassis.plain.process import run
from services.telephony.bridge.config import Own
from services.telephony.bridge.process import make

if __name__ == "__main__":
    sys.exit(run("cti", own=Own, make=make))
