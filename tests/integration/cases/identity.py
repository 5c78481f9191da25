"""What is right of fixtures/cases/identity."""

from tests.integration.cases import Right

RIGHT = {
    "email-outside-ascii": Right(
        "0 0 0 0 0",
        says=(
            (3, "1 row of auth.users, email is an address outside ASCII, to which Supabase Auth sends nothing"),
            (4, "1 row of auth.users, email is an address outside ASCII, to which Supabase Auth sends nothing"),
            (4, '"task": "outside_ascii"'),
            (4, "1 user; this lists them:"),
        ),
        values=(("select email from auth.users", "üser@exämple.org"),),
    ),
    "oauth-provider-names": Right(
        "0 0 0 0",
        says=(
            (1, "2 records of identities filtered: Supabase Auth has no such provider"),
            (2, "2 records of identities filtered: Supabase Auth has no such provider"),
        ),
        never=("is no provider of Supabase Auth",),
        values=(
            ("select provider from auth.identities where provider not in ('email') order by provider", "azure\nlinkedin_oidc\nslack_oidc"),
            ("select count(*) from auth.users", "5"),
        ),
    ),
    "status-that-is-no-boolean": Right(
        "0 0 1 *",
        says=(
            (2, "entity accounts, key case0000000000000000, at status"),
            (2, 'the text "false" is of another kind than the boolean false, which the mapping compares it with'),
            *((1, f"accounts, at status: 1 problem: key case{n:016}") for n in range(4)),
        ),
        values=(("select count(*) from auth.users", "0"),),
    ),
}
