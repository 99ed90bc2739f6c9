"""Endpoints at work: fleets of serving containers, the traffic to them, and how one fleet takes another's place.

Everything here runs in the server's event loop; what blocks is sent to a thread. So nothing needs a lock, and an
invocation meets no thread on its way.
"""
