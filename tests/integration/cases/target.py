"""What is right of fixtures/cases/target."""

from tests.integration.cases import Right

RIGHT = {
    "no-policy-on-any-table": Right(
        "0 0 0", says=((1, "public.t has row-level security and no policy; only the owner reads it"),)
    ),
}
