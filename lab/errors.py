"""The one exception of the lab."""


class LabError(Exception):
    """What was attempted, on what, and why it failed; meant for a person."""
