"""A PBX for tests, demo and measuring: real captured calls, played again over the manager interface."""

from deploy.local.pbx.captures import Capture, capture, names
from deploy.local.pbx.playing import Play, Told
from deploy.local.pbx.server import ReplayPbx

__all__ = ["Capture", "Play", "ReplayPbx", "Told", "capture", "names"]
