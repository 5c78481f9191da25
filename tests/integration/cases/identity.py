"""What is right of fixtures/cases/identity."""

from __future__ import annotations

from tests.integration.cases import Right

CHANGES = "select sum((counts ->> 'by {}')::bigint) from graduate.batches, jsonb_each(paths) as p (path, counts)"

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
    "oauth-only-user": Right(
        "0 0 0 0",
        values=(
            ("select raw_app_meta_data ->> 'providers' from auth.users", '["github"]'),
            ("select raw_app_meta_data ->> 'provider' from auth.users", "github"),
            ("select provider from auth.identities", "github"),
        ),
    ),
    "oauth-user-without-an-e-mail": Right(
        "0 0 0 0",
        values=(
            ("select is_anonymous from auth.users", "f"),
            ("select raw_app_meta_data ->> 'providers' from auth.users", '["github"]'),
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
    "email-null": Right(
        "* 0 0 0",
        values=(
            ("select count(*) from auth.identities where provider = 'email'", "0"),
            ("select email_confirmed_at is null, raw_app_meta_data ->> 'provider' from auth.users", "t|phone"),
        ),
    ),
    "email-with-a-capital-outside-ascii": Right(
        "* 0 0 0",
        values=(("select email from auth.users", "\u00fcser2@example.org"), (CHANGES.format("lower"), "2")),
    ),
    "padded-uuid-of-a-low-objectid": Right(
        "0 0 0",
        values=(("select count(*) from public.sales s join public.books b on b.id = s.book_id", "1"),),
        project={"sales.json": {"to": {"public.sales": {"columns": {"book_id": {"do": [{"padded": "right"}]}}}}}},
    ),
    "phone-null-or-absent": Right(
        "* 0 0 0",
        values=(
            ("select count(*) from auth.identities where provider = 'phone'", "0"),
            ("select distinct raw_app_meta_data ->> 'providers' from auth.users", '["email"]'),
        ),
    ),
    "phone-with-brackets": Right(
        "* 0 0 0",
        values=(("select phone from auth.users", "15550001111"),),
    ),
    "duplicate-email-by-case": Right(
        "0 0 1 *",
        says=(
            (2, "accounts, at email: 1 problem: key case0000000000000002\n"),
            (2, '"ann@example.org": (email) of auth.users must be unique, and is the same for key "case0000000000000001"'),
            (2, "where: entity accounts, key case0000000000000002, at email, SQLSTATE 23505"),
        ),
        values=(("select count(*) from auth.users", "0"),),
    ),
    "prefs-with-a-number-beyond-64-bits": Right(
        "* 0 0 0",
        values=(
            ("select raw_user_meta_data #>> '{prefs,v}' from auth.users", "12345678901234567890"),
            (
                "select entity, key, path, rule, before from graduate.losses",
                "accounts|case0000000000000000|prefs.v|safe_numbers|12345678901234567890",
            ),
        ),
    ),
    "scrypt-options-without-padding": Right(
        "* 0 0 0",
        values=(
            ("select left(encrypted_password, 10) from auth.users", "$fbscrypt$"),
            ("select count(*) from graduate.losses", "0"),
        ),
    ),
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
