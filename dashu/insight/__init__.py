"""What the lender sees of its book: reports on the snapshot, their files and their schedules."""
