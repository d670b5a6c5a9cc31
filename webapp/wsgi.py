"""What a WSGI server loads: ``gunicorn webapp.wsgi:app``."""

from rules import segment
from webapp import create_app

segment.load()  # a second's work: done once, before the workers are forked

app = create_app()
