"""What the lender sees of its book: reports from the snapshot that the close keeps, on screen, as files and by mail."""
