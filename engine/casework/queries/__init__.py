"""The read side: what pages show, as plain records, always through the eyes of one officer."""
