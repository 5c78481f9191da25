"""What is right of fixtures/cases/plan-and-check."""

from tests.integration.cases import Right

RIGHT = {
    # The two refer to each other, so no order would do.
    "schema-applied-first": Right(
        "0 0 0 0",
        says=((2, "foreign key users_best_fkey of public.users: off while the data is loaded"),),
        values=(
            (
                "select string_agg(conname, ' ' order by conname) from pg_constraint"
                " where contype = 'f' and conrelid::regclass::text in ('users', 'a_books')",
                "a_books_user_id_fkey users_best_fkey",
            ),
        ),
    ),
}
