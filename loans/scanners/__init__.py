"""
What looks at a file for harm before anyone may open it. docs/documents.md

A scanner gets bytes and says what it found; it knows neither rows nor people.
"""
