"""Patch the standard library as a service does; a process that is to be green imports this first."""

import eventlet

eventlet.monkey_patch()
