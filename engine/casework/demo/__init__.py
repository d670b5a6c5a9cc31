"""The demonstration bureau: an invented county whose units, people, words and messages show the product at work."""

from pathlib import Path

HOTLINE_FILE = Path(__file__).parent / "hotline.csv"
"""A channel's file in the columns of a 12345 platform, for trying the import."""
