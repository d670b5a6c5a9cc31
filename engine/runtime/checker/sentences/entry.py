"""The form of an entry of the catalogue."""

Entry = tuple[str, str, str, str, str]
"""Severity (E or W), message, English message, remedy, English remedy. Braces take the values of the finding."""
