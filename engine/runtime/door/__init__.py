"""What :class:`engine.runtime.runtime.Runtime` is made of: its commands, by subject."""
