"""Files of every service: content in pieces, under one checksum, somebody's, and for a time."""
