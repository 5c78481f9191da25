"""What is right of fixtures/cases/appwrite."""

from tests.integration.cases import Right

RIGHT = {
    "html-page-instead-of-json": Right("*", waits="not built yet"),
    "memberships-of-a-live-server": Right("*", waits="not built yet"),
    "memberships-of-an-export": Right("* * *", waits="not built yet"),
    "record-deleted-at-a-page-boundary": Right("* *", waits="not built yet"),
    "redirect-to-https": Right("*", waits="not built yet"),
    "select-before-1-8": Right("*", waits="not built yet"),
    "sequence-text-becomes-a-number": Right("* * *", waits="not built yet"),
    "server-wide-response-format": Right("*", waits="not built yet"),
    "survey-reads-whole-records": Right("* *", waits="not built yet"),
}
