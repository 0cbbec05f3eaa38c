"""Rights taken in an emergency: for an hour at most, seen by all who lead, and looked into afterwards."""
