"""What sales does: functions of (work, *, …)."""
