"""The sentences of the checker by the families of its rules; `checker.messages` puts them together."""
