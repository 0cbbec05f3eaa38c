"""How issued papers look and what they say around the facts, in the language of the paper."""
