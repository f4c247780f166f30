"""The bus for processes without eventlet, on pika: publish, consume, read the log, call."""
