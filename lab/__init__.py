"""The lab: a small cluster on one machine, for tests and demonstrations.

Hosts are network namespaces on a bridge; each has a second leg in a control
network that no fault touches. Every host runs an agent; a controller and a
stand-in for Marathon run beside them. `Lab` builds it, drives it and removes it:

    with Lab(hosts=5) as lab:
        lab.sunder("partition", "--groups", "n1,n2|n3,n4,n5", "--for", "30s").check()
        lab.host("n1").run(["ping", "-c1", "-W1", lab.host("n3").address])
        lab.agent("n3").kill()

Needs root. Nothing is made in the machine's own network namespace. Labs of
different names stand beside each other, with the same addresses. A Lab belongs
to the thread that made it.
"""

from lab.errors import LabError
from lab.lab import Lab, Program
from lab.result import Result
from lab.wait import until

__all__ = ["Lab", "LabError", "Program", "Result", "until"]
