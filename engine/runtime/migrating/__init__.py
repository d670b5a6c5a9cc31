"""Moves running instances to another deployment by a plan, and back: see docs/decisions/0016-instance-migration.md."""
