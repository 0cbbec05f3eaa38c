"""Papers about learning."""
