"""The servers that tests and rehearsals need: thrown up on free ports, gone when their program ends."""


class RigError(Exception):
    """A server could not be started, reached or filled; the text says which, where and why."""
