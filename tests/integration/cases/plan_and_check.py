"""What is right of fixtures/cases/plan-and-check."""

from tests.integration.cases import Right

RIGHT = {
    # Where the advice leads is in test_undo.py.
    "change-the-mapping-and-run-again": Right(
        "1 5 0",
        says=(
            (0, "with a changed mapping it begins anew, after graduate undo --run-dir "),
            (1, "take the run back, and begin anew with the mapping as it is: graduate undo --run-dir "),
            (2, "is out of the target again: 1 tables that it had made"),  # nothing was loaded: it gives way
        ),
        values=(("select phone from public.t", "9901885303"),),
    ),
    "compare-with-a-rehearsal-that-failed": Right("0 0 0 0", says=((3, "left out: "), (3, "run-0 holds no run: there is no run.json in it\n"))),
    "correct-the-rows-in-the-target": Right(
        "1 0 0 1",
        says=(
            (0, "correct it in the source, then graduate run --run-dir "),
            (0, "/run --restart posts; or change the mapping, after graduate undo --run-dir "),
        ),
        never=("rows in the target and run",),
    ),
    "env-file-comments-bom-and-doubles": Right("0 0"),
    "no-way-back-from-a-rehearsal": Right(
        "1 0", says=((0, "rehearse again: it takes this one back"), (1, "did not come to its end, and gives way"))
    ),
}
