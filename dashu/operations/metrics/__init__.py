"""
Figures for Prometheus, of two kinds.

What a process counts while it works (requests, tasks, sign-ins) is in `processes`; each host answers for its own, all
its processes together. What the installation is like at this moment (nights, books, queues, messages) is read from the
servers when somebody asks, in `state`; one host answers for all. Nothing in either names a person or a loan.
"""
