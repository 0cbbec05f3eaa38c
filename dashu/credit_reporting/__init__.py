"""What the lender tells a credit bureau of its loans, month by month, and how it puts right what was wrong."""
