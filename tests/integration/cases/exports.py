"""What is right of fixtures/cases/exports."""

from tests.integration.cases import Right

RIGHT = {
    "dump-made-again-under-a-begun-run": Right("* * * * * *", waits="not built yet"),
    "export-of-two-databases": Right("*", waits="not built yet"),
    "file-name-that-mongodump-cut": Right("* *", waits="not built yet"),
    "folder-without-file-prefix": Right("*", waits="not built yet"),
    "json-array-instead-of-lines": Right("* *", waits="not built yet"),
    "json-lines-made-again-under-a-begun-run": Right("* * * * *", waits="not built yet"),
    "lines-that-cannot-be-parsed": Right("*", waits="not built yet"),
    "metadata-without-its-data": Right("* *", waits="not built yet"),
    "mongodump-archive": Right("*", waits="not built yet"),
    "mongoexport-json": Right("*", waits="not built yet"),
    "number-beyond-64-bits-in-json-lines": Right("* *", waits="not built yet"),
    "numbers-that-lose-digits-in-json-lines": Right("* * *", waits="not built yet"),
    "oplog-beside-the-database": Right("* *", waits="not built yet"),
    "users-json-instead-of-jsonl": Right("*", waits="not built yet"),
}
