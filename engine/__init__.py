"""The engine: the database, what runs BPMN, and the bureau's work."""
