"""``python -m webapp.cli`` is ``minyi``."""

from webapp.cli import main

main()
