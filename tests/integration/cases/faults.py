"""What is right of fixtures/cases/faults."""

from tests.integration.cases import Right

RIGHT = {
    "checkpoint-of-another-run": Right("* * * *", waits="not built yet"),
    "clock-set-back-before-verify": Right("* * *", waits="not built yet"),
    "duplicate-id-has-no-remedy": Right("* * * *", waits="not built yet"),
    "empty-page-of-a-server": Right(
        "3 * *", ((0, "things: the source says that it has 250 records, and gave 200"),)
    ),
    "finished-run-and-an-empty-target": Right("* * *", waits="not built yet"),
    "reserved-names": Right("* *", waits="not built yet"),
    "resumed-verification-believes-old-tallies": Right("* * * * *", waits="not built yet"),
    "run-folder-open-to-all": Right("* * *", waits="not built yet"),
    "same-page-again-and-again": Right("3", ("its pages do not get on", "things")),
    "seal-that-was-killed": Right("* * * * *", waits="not built yet"),
    "seal-without-checkpoints": Right("* * * *", waits="not built yet"),
    "second-run-with-another-source": Right("* * *", waits="not built yet"),
    "silent-target": Right("*", waits="not built yet"),
}
