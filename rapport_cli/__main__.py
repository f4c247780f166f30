"""Run the command as `python -m rapport_cli`."""

from rapport_cli.main import main

main(prog_name="rapport")
