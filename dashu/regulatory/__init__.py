"""What the regulator is told of a month, in one download."""
