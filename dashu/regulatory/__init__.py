"""What a supervisor asks for each month, in one download."""
