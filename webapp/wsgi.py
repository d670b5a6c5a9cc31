"""What a WSGI server loads: ``gunicorn webapp.wsgi:app``."""

import os
import threading

from rules import segment
from webapp.app import create_app


def _load_segmenter() -> None:
    """Load the segmenter beside the first requests: it takes a second, and the first message judged needs it."""
    threading.Thread(target=segment.load, name="segmenter", daemon=True).start()


os.register_at_fork(after_in_child=_load_segmenter)

app = create_app()
