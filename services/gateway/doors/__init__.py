"""How the doors work: rows, limits, bodies, calls, answers, the server."""
