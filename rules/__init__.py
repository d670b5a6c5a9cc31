"""Pure judgement: text and times in, verdicts and reasons out. No database, no framework."""
