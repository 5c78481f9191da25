"""What is right of fixtures/cases/verify."""

from tests.integration.cases import Right

RIGHT = {
    "check-that-the-mapping-does-not-have": Right(
        "0 0 0 1", says=((3, "references, extra check: public.books: it has the check c, which the mapping does not say"),)
    ),
    "default-that-the-mapping-does-not-have": Right(
        "0 0 0 1", says=((3, "public.books: column subtitle has the default 'x'::text, which the mapping does not say"),)
    ),
    "deleted-at-of-a-migrated-user": Right(
        "0 0 0 0 1", says=((4, "supabase, auth: auth.users, row "), (4, "deleted_at, which no record gives, is not its default"))
    ),
    "difference-that-cannot-be-seen": Right("0 0 0 1", says=((3, 'a \\u00e9"'), (3, 'a e\\u0301 "'))),
    "foreign-key-made-deferrable": Right(
        "0 0 0 1", says=((3, "books_user_id_fkey is deferrable, which the mapping does not say"),)
    ),
    "orphan-under-a-foreign-key-of-the-target-only": Right(
        "0 0 1", says=((2, "references, orphan: public.a, row 1: (m_id) is 99, which public.m does not have"),)
    ),
    "right-prefs-called-different": Right(
        "0 0 0 0", values=(("select raw_user_meta_data -> 'prefs' ->> 'v' from auth.users", "10000000000000000"),)
    ),
    "right-unverified-phone-called-different": Right(
        "0 0 0 0", says=((3, "1 row of auth.users, phone_confirmed_at is NULL"),)
    ),
    "seal-of-a-run-that-differs": Right("0 0 1 5", says=((3, "differs from what its sources and its mapping say"),)),
    "sequence-increment": Right("0 0 0 1", says=((3, "public.t: the sequence of column id counts by 100, the source's by 1"),)),
    "sequence-restarted-on-purpose": Right(
        "0 0 0",
        values=(("insert into public.t (n) values ('d') returning id", "999999"),),
    ),
    "trigger-that-swallows-inserts": Right(
        "0 0 * 1", says=((3, "references, trigger: public.books: it has the trigger t that no mapping and no source has"),)
    ),
    "view-over-auth-users": Right("0 0 0 0 1", says=((4, "supabase, exposed: public.v shows auth.users to anon and authenticated"),)),
}
