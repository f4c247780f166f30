"""The rules of the service desk: no storage, no bus."""
