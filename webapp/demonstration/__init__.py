"""The main job done over HTTP against real processes, by made-up officers: what ``minyi demo`` shows."""
