"""A mongodump folder into Postgres by dlt, as its own documentation has it: a resource for each collection.

    python documents_by_dlt.py FOLDER SCHEMA      with TARGET_URI in the environment

What BSON has and JSON does not becomes text, as dlt's own reader of MongoDB does it, and a date that Python does not
have the next one that it has. Into files for COPY, which is dlt's fastest way into Postgres.
"""

import gzip
import os
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"

import bson
import dlt
from bson.codec_options import CodecOptions, DatetimeConversion

AT_A_TIME = 1000
PLAIN = (str, bool, int, float, datetime)
OPTIONS = CodecOptions(datetime_conversion=DatetimeConversion.DATETIME_CLAMP, unicode_decode_error_handler="replace")


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, bytes):  # which its files for COPY do not hold
        return value.hex()
    return value if value is None or type(value) in PLAIN else str(value)


def documents(file: Path) -> Iterator[list[dict[str, Any]]]:
    opened = gzip.open(file) if file.suffix == ".gz" else open(file, "rb")
    with opened as stream:
        some: list[dict[str, Any]] = []
        for document in bson.decode_file_iter(stream, OPTIONS):
            some.append(plain(document))
            if len(some) == AT_A_TIME:
                yield some
                some = []
        yield some


def main(folder: Path, schema: str) -> None:
    files = {file.name.partition(".bson")[0]: file for file in sorted(folder.glob("*.bson*"))}
    with tempfile.TemporaryDirectory(prefix="graduate-dlt-") as work:
        pipeline = dlt.pipeline(
            "bench", pipelines_dir=work, dataset_name=schema,
            destination=dlt.destinations.postgres(os.environ["TARGET_URI"]),
        )  # fmt: skip
        resources = [dlt.resource(documents(file), name=name) for name, file in files.items()]
        pipeline.run(resources, write_disposition="replace", loader_file_format="csv")


main(Path(sys.argv[1]), sys.argv[2])
