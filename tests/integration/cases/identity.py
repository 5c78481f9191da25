"""What is right of fixtures/cases/identity."""

from tests.integration.cases import Right

RIGHT = {
    "id-of-24-hex-or-a-uuid-with-a-phone": Right(
        "0 0 0 0", values=(("select count(*), count(distinct id) from auth.identities", "4|4"),)
    ),
    "identity-of-nobody": Right(
        "0 0 1 *",
        says=(
            (2, "identities, at userId: 1 problem: key caseident"),
            (2, 'no record of accounts has the text "nobody"'),
            (2, "entity identities, key caseident, at userId"),
        ),
    ),
    "keys-that-are-no-ids": Right(
        "0 1 *",
        says=((1, 'the key "total" is nobody\'s id'), (1, "entity daily, key id 2, at breakdown")),
        values=(("select count(*) from public.daily", "0"),),
    ),
}
