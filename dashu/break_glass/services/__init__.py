"""Taking rights, giving them back, and looking into it afterwards."""
