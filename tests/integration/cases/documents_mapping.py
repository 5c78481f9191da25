"""What is right of fixtures/cases/documents-mapping."""

from tests.integration.cases import Right

RIGHT = {
    "array-of-ids": Right(
        "0 0 0",
        values=(
            ("select count(*) from public.chats c, unnest(c.members) m join public.users u on u.id = m", "2"),
            ("select count(*) from public.chats, unnest(members)", "2"),
        ),
    ),
}
