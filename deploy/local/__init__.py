"""The whole house on one machine: broker, PostgreSQL and services as child processes on loopback."""
