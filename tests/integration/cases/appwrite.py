"""What is right of fixtures/cases/appwrite."""

from tests.integration.cases import Right

RIGHT = {
    "datetimes-in-conditions": Right(
        "0 0 0",
        values=(
            (
                "select id, same, another, kind, above, listed, recent, text, day, at at time zone 'UTC' "
                "from public.t order by id",
                "t1|n|y|y|y|y|y|n|2024-07-01|2024-07-01 12:00:00.001\n"
                "t2|y|n|y|n|n|n|y|2024-07-01|2024-07-01 12:00:00\n"
                "t3|y|n|y|n|n|y|n|2024-07-01|2024-07-01 12:00:00\n"
                "t4|n|y|y|y|n|y|n|2024-07-02|2024-07-01 22:30:00",
            ),
        ),
    ),
    "datetimes-that-nobody-declares": Right(
        "0 1 *", says=((0, "are compared as texts, and as moments the answer is another"), (1, "key t2, at v"))
    ),
    "html-page-instead-of-json": Right(
        "3", ("This host name is not allowed here", "general_access_forbidden", "_APP_DOMAIN")
    ),
    "memberships-of-a-live-server": Right("0", ("memberships",), never=("without their memberships",)),
    "memberships-of-an-export": Right(
        "0 0 0",
        values=(
            (
                "select count(*) from public.memberships m join public.people p on p.id = m.user_id"
                " join public.teams t on t.id = m.team_id",
                "1",
            ),
        ),
    ),
    "record-deleted-at-a-page-boundary": Right(
        "0 0",
        values=(("select count(*) from public.teams", "105"),),
    ),
    "redirect-to-https": Right("3", ("write https://", "port")),
    "select-before-1-8": Right(
        "0",
        values=(("select count(*) from public.things", "3"),),
        # No record of such a server has $sequence.
        project={
            "things.json": {"drop": ["$createdAt", "$updatedAt", "$permissions", "$databaseId", "$collectionId"]}
        },
    ),
    "sequence-text-becomes-a-number": Right(
        "0 0 0", values=(("select jsonb_typeof(r -> '$sequence') from public.books", "string"),)
    ),
    # A server of 1.9 has text here, and a number for who asks for less. Every request: test_appwrite_source.py.
    "server-wide-response-format": Right(
        "0",
        values=(("select string_agg(sequence, ' ' order by id) from public.things", "1 2 3"),),
        project={
            "things.json": {
                "drop": ["$createdAt", "$updatedAt", "$permissions", "$databaseId", "$collectionId"],
                "to": {"public.things": {"columns": {"sequence": {"from": "$sequence", "type": "text"}}}},
            }
        },
    ),
    "survey-reads-whole-records": Right("0 0", ((1, "%22select%22%2C%22values%22%3A%5B%22%24id%22%5D"),)),
}
