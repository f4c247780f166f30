"""The reference ERP connector: an outside system that posts orders and is told verdicts."""
