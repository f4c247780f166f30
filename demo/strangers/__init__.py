"""Two strangers: what an outsider writes who knows nameko or AMQP, and nothing of Rapport."""
