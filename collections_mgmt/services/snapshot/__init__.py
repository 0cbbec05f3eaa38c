"""The book as the close found it, kept for reports: written each night, and written anew from the book."""
