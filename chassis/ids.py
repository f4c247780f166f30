"""Opaque identifiers."""

import uuid

import uuid_utils

ID_LENGTH = 64
_NAMESPACE = uuid.UUID("6f0bd5b6-1f5c-5f0a-9a2e-6a5a3c1d7e10")


def new_id() -> str:
    """Make a new identifier (UUIDv7: ascending in time, so indexes stay compact)."""
    return str(uuid_utils.uuid7())


def natural_id(*parts: str) -> str:
    """Derive the identifier of a natural key; the same parts give the same id (UUIDv5)."""
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join(parts)))
