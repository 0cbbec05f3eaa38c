"""
Bulk jobs: files of a partner that are worked line by line in the background.

What a line means is said by kinds that the apps above name in the setting BULK_JOB_KINDS. A line is booked in one
transaction together with what became of it, so whatever is killed and whenever, no line is booked twice.
"""
