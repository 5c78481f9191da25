"""What is right of fixtures/cases/exports."""

from tests.integration.cases import Right

RIGHT = {
    "dump-made-again-under-a-begun-run": Right("* * * * * *", waits="not built yet"),
    "export-of-two-databases": Right(
        "2", ("looked for content.pages.jsonl", "found identities.jsonl, pages.jsonl, users.jsonl", "DB.COLLECTION.jsonl")
    ),
    "file-name-that-mongodump-cut": Right("* *", waits="not built yet"),
    "folder-without-file-prefix": Right("*", waits="not built yet"),
    "json-array-instead-of-lines": Right("0 3", ((1, "this is an array"), (1, "jq -c '.[]'"))),
    "json-lines-made-again-under-a-begun-run": Right(
        "0 1 0 5 *",
        ((3, "is not the one that the run began with"), (3, "correct"), (3, "--restart")),
    ),
    "lines-that-cannot-be-parsed": Right(
        "3", ("line 1: column 188: a second object follows", "jq -c .", "correct the line in place")
    ),
    "metadata-without-its-data": Right("* *", waits="not built yet"),
    "mongodump-archive": Right("*", waits="not built yet"),
    "mongoexport-json": Right("*", waits="not built yet"),
    "number-beyond-64-bits-in-json-lines": Right(
        "0 0", values=(("select big from public.books", "12345678901234567890"),)
    ),
    "numbers-that-lose-digits-in-json-lines": Right(
        "0 0 0",
        values=(("select a, b, c = 0 from public.n", "12345678901234567890.5|0.1234567890123456789012345|f"),),
    ),
    "oplog-beside-the-database": Right("* *", waits="not built yet"),
    "users-json-instead-of-jsonl": Right("2", ("users.json", "it must be users.jsonl", "jq -c")),
}
