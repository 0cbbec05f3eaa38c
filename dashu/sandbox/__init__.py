"""
The sandbox: an installation of its own in which partners try the API, and where nothing real happens.

`cast` says who is there for each partner, `seeding` has the services bring them to where they stand, and `acting` does
what elsewhere takes days or other people. All of it refuses where the installation is no sandbox.
"""

ACTOR = "system:sandbox"
