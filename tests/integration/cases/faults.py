"""What is right of fixtures/cases/faults."""

from tests.integration.cases import Right

RIGHT = {
    # The checkpoint of the second command was made by hand; the last has nothing to compare with.
    "checkpoint-of-another-run": Right(
        "3 0 5 *",
        says=((2, "things.gck belongs to no run, not to run "), (2, "bring the run's folder back as it was")),
        values=(("select count(*) from public.things where v like 'OTHER%'", "0"),),
        never=("balance 0",),
    ),
    "clock-set-back-before-verify": Right("0 0 0", says=((1, "everything arrived"), (2, "verdict: holds"))),
    "duplicate-id-has-no-remedy": Right(
        "1 0 1 1",
        says=(
            (0, "public.things has (id)=(0) twice"),
            (0, "where: entity things, key 0, at _id, SQLSTATE 23505"),
            (0, "correct it in the source, then graduate run --run-dir "),
            (0, "/run --restart things; or change the mapping, after graduate undo --run-dir "),
        ),
        never=("goes on from where it was", "in the target and run again"),
    ),
    "empty-page-of-a-server": Right(
        "3 * *", ((0, "things: the source says that it has 250 records, and gave 200"),)
    ),
    "finished-run-and-an-empty-target": Right(
        "0 0 5", says=((2, "holds nothing of run "), (2, "name the target that the run was made in"))
    ),
    "reserved-names": Right(
        "2 2",
        says=(
            (0, "/to/graduate.mine: the ledger's schema"),
            (0, "/to/graduate.batches: the ledger's schema"),
            (0, "/to/public.sys/columns/ctid: a column that PostgreSQL owns"),
            (1, "/to/graduate.mine: the ledger's schema"),
        ),
        values=(("select count(*) from pg_namespace where nspname = 'graduate'", "0"),),
    ),
    "resumed-verification-believes-old-tallies": Right(
        "0 0 * 0 1",
        says=((4, "content, different: the row "), (4, 'found "CHANGED"')),
        never=("everything arrived",),
    ),
    "run-folder-open-to-all": Right("0 0 0", says=((1, "was open to others (mode 0777); it is 0700 now"), (2, "700\n"))),
    "same-page-again-and-again": Right("3", ("its pages do not get on", "things")),
    "seal-that-was-killed": Right("0 0 0 0 0", says=((3, "seal.json.tmp, which a killed graduate left"),)),
    "seal-without-checkpoints": Right("0 0 0 5", says=((3, "without the checkpoints of things"),)),
    "second-run-with-another-source": Right(
        "3 5 *",
        says=((1, "dump-other/things.bson is not the one that the run began with"), (1, "graduate run --restart ENTITY")),
        values=(("select string_agg(distinct left(v, 5), ' ') from public.things", "value"),),
    ),
    "silent-target": Right("*", waits="two minutes long as it stands; test_target.py has it with a shorter patience"),
}
