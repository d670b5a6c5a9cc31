"""The bureau's work: matters, units, officers, what a verb changes, what a service task may call."""
