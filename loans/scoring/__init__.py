"""Training of scorecards from a lender's file: binning, fitting, measuring, and the artifact with its card."""
