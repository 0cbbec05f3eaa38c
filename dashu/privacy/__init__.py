"""What the law gives people a right to: a copy of all their data, and an end of their account."""
