"""How papers about a contract look and what they say, in the language of the paper."""
