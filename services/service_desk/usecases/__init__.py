"""What the service desk does: functions of (work, *, …)."""
