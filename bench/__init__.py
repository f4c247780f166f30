"""Measurements side by side: ours against the stock library or the bare floor, as ratios of one run."""

import warnings

# Known (ADR: nameko is the only reason it is here), and no part of a table.
warnings.filterwarnings("ignore", message=r"[\s\S]*Eventlet is deprecated")
