"""What the engineer on call uses: is everything in order, what is wrong, and what to do about it."""
