"""What is right of fixtures/cases/documents-mapping."""

from tests.integration.cases import Right


def column(file: str, table: str, **columns: dict[str, object]) -> dict[str, object]:
    """Words that are laid over these columns of a table."""
    return {file: {"to": {table: {"columns": columns}}}}


RIGHT = {
    "array-of-ids": Right(
        "0 0 0",
        values=(
            ("select count(*) from public.chats c, unnest(c.members) m join public.users u on u.id = m", "2"),
            ("select count(*) from public.chats, unnest(members)", "2"),
        ),
    ),
    # not said; what each policy makes of it stands in test_references.py
    "dangling-reference": Right(
        "0 1 *",
        says=(
            (1, "posts, at user: 2 problems: keys 64a00000000000000000000c, 64a00000000000000000000b"),
            (1, '"64a000000000000000000062" is in no record of users'),
            (1, '"64a000000000000000000063" is in no record of users'),
            (1, "2 of 3 rows of public.posts refer by user_id to no row of public.users"),
            (1, "entity posts, key 64a00000000000000000000c, at user"),
        ),
        values=(("select count(*) from pg_constraint where conrelid = 'public.posts'::regclass", "0"),),
    ),
    "dangling-reference-kept-without-a-foreign-key": Right(
        "0 0 0",
        says=((2, '1 of public.posts, user_id: ids that public.users does not have, as "dangling": "keep" allows'),),
        project=column("posts.json", "public.posts", user_id={"dangling": "keep"}),
        values=(("select concat_ws(' ', key, path, rule, before) from graduate.losses", "64a00000000000000000000b user dangling 64a000000000000000000063"),),
    ),
    "reference-by-a-slug-or-an-e-mail": Right(
        "0 0 0",
        project=column("reviews.json", "public.reviews", course_id={"by": "slug"}, user_id={"by": "email", "do": ["lower"]}),
        values=(
            (
                "select count(*) from public.reviews r join public.courses c on c.id = r.course_id"
                " join public.users u on u.id = r.user_id",
                "1",
            ),
        ),
    ),
    "reference-through-another-entity": Right(
        "0 0 0",
        project={
            "users.json": {"identity": {"from": "authId", "id_of": "accounts"}},
            **column("books.json", "public.books", person_id={"id_of": "users"}),
        },
        values=(("select count(*) from public.books b join public.people p on p.id = b.person_id", "1"),),
    ),
    "reference-to-a-filtered-record": Right(
        "0 0 0",
        project=column("posts.json", "public.posts", user_id={"dangling": "left_out"}),
        values=(
            ("select count(*) from public.posts", "1"),
            ("select concat_ws(' ', path, rule, after) from graduate.losses", "user dangling left out with its row"),
        ),
    ),
}
