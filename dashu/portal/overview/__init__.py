"""The overview of the desk, composed of all apps: figures with what they follow from, and the rows behind each."""
