"""Faults under load, and an account of every acknowledged command afterwards: `make chaos`."""

import warnings

# Said whenever a page of rows is imported; the reasons for staying are in the architecture.
warnings.filterwarnings("ignore", message=r"[\s\S]*Eventlet is deprecated")
