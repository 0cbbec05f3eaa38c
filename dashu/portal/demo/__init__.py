"""
A demo book: borrowers and loans that look like an online lender's, made by the real services day after day.

`people` and `book` decide who borrows what, `lives` how each loan is repaid, `seeding` has the services do it, and
`logins` are the people of the demo who can sign in. `applicants` and `applications` are those who ask for a loan.
Everything follows from one seed and one date.
"""

ACTOR = "system:demo"
