"""The mechanism every service stands on; it knows no service."""

VERSION = "0.1.0"
