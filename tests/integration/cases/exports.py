"""What is right of fixtures/cases/exports."""

from tests.integration.cases import Right

RIGHT = {
    "dump-made-again-under-a-begun-run": Right(
        "0 1 0 5 * *",
        (
            (3, "is not the one that the run began with"),
            (3, "corrected in place only behind what was read"),
            (3, "graduate run --restart ENTITY"),
        ),
        (("select count(*) filter (where id = 10) from public.t", "1"),),
    ),
    "export-of-two-databases": Right(
        "2", ("looked for content.pages.jsonl", "found identities.jsonl, pages.jsonl, users.jsonl", "DB.COLLECTION.jsonl")
    ),
    "file-name-that-mongodump-cut": Right("0 0", values=(("select count(*) from public.c", "1"),)),
    "folder-without-file-prefix": Right("2", ("no valid MongoDB URI", "write file:dump")),
    "json-array-instead-of-lines": Right("0 3", ((1, "this is an array"), (1, "jq -c '.[]'"))),
    "json-lines-made-again-under-a-begun-run": Right(
        "0 1 0 5 *",
        ((3, "is not the one that the run began with"), (3, "correct"), (3, "--restart")),
    ),
    "lines-that-cannot-be-parsed": Right(
        "3", ("line 1: column 188: a second object follows", "jq -c .", "correct the line in place")
    ),
    "metadata-without-its-data": Right(
        "0 0", values=(("select count(*) from public.c", "1"),), never=("no documents of that collection",)
    ),
    "mongodump-archive": Right("3", ("holds no collection", "mongorestore --archive=FILE", "mongodump without --archive")),
    "mongoexport-json": Right("0"),
    "number-beyond-64-bits-in-json-lines": Right(
        "0 0", values=(("select big from public.books", "12345678901234567890"),)
    ),
    "numbers-that-lose-digits-in-json-lines": Right(
        "0 0 0",
        values=(("select a, b, c = 0 from public.n", "12345678901234567890.5|0.1234567890123456789012345|f"),),
    ),
    # An object beside the records takes a word to stay behind.
    "oplog-beside-the-database": Right(
        "0 0",
        ((0, "the dump has an oplog ("), (1, "the dump has an oplog (")),
        project={"project.json": {"not_kept": {"core": {"oplog": "nobody wrote while it was made"}}}},
    ),
    "users-json-instead-of-jsonl": Right("2", ("users.json", "it must be users.jsonl", "jq -c")),
}
