"""Telephony: from the ring to the timeline."""
