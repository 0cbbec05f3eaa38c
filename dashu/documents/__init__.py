"""
Papers that the lender issues: PDF and XLSX files made from plain facts, and the codes by which anyone can check them.

The same facts give the same bytes: the moment of issue is the only time that a file holds.
"""
