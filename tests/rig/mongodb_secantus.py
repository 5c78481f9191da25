"""Runs SecantusDB's server so that it takes every date that BSON can hold.

As published it refuses a document with a date outside the years 1 to 9999, which MongoDB stores and its sources
have. The server decodes with the driver's default options; here they are the ones that keep such dates.
"""

import sys

import bson
from bson.codec_options import DatetimeConversion

bson.DEFAULT_CODEC_OPTIONS = bson.DEFAULT_CODEC_OPTIONS.with_options(
    datetime_conversion=DatetimeConversion.DATETIME_AUTO
)

from secantus.cli import main  # noqa: E402 (after the options have been set)

sys.exit(main())
