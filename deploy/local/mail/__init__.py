"""The mail provider of a local house: a real SMTP server that keeps what it accepts."""
