"""Large files of partners: taken in, worked through in the background, answered with a result file."""
