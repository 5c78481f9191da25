"""Runs SecantusDB's server so that it takes every date that BSON can hold, and always ends when it is told to.

As published it refuses a document with a date outside the years 1 to 9999, which MongoDB stores and its sources
have. The server decodes with the driver's default options; here they are the ones that keep such dates.

As published its main thread sleeps until a handler of SIGTERM wakes it. But the system may give the signal to any
other thread, and then Python runs the handler only once the main thread wakes: under load one server in a hundred never
ended. Here all threads leave the signals to the main one, which waits for them.
"""

import signal
import sys

import bson
from bson.codec_options import DatetimeConversion

ENDS = {signal.SIGINT, signal.SIGTERM}

bson.DEFAULT_CODEC_OPTIONS = bson.DEFAULT_CODEC_OPTIONS.with_options(
    datetime_conversion=DatetimeConversion.DATETIME_AUTO
)

from secantus.cli import main  # noqa: E402 (after the options have been set)
from secantus.server import SecantusDBServer  # noqa: E402


def wait(server: SecantusDBServer) -> None:
    signal.sigwait(ENDS)
    server.stop()


SecantusDBServer.wait = wait
signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)  # threads begin with what is blocked here
sys.exit(main())
