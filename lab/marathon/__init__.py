"""A stand-in for Marathon 1.11 that really runs its tasks, for tests and the demo.

It speaks as Marathon does (paths, fields, errors, events, their oddities) as far as
clients look at it: Debian's python3-marathon and Prometheus judge that in tests/lab.
It has no Mesos behind it: hosts are given in a file, resources are not counted,
health checks are not run, a deployment is done when its tasks run. One event loop
owns all state; nothing is kept over a restart.
"""
