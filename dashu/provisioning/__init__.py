"""Expected credit loss and the five-tier provision: estimated, explained, approved, and posted."""
