"""What telephony does: functions of (work, *, …)."""
