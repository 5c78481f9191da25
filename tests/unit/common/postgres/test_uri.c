/* URIs: which can be read, what is said of those that cannot, and which two name the same database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "graduate/postgres.h"
#include "uri.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define UNREADABLE "the URI of the target is not one that can be read"
#define UNKNOWN "the URI of the target has parameters that libpq does not know: "

static void what_can_be_read(void **state)
{
    static const struct {
        const char *uri, *message; /* NULL: it can */
        bool database;
    } cases[] = {
        {"postgresql://u:p@h:1/d", NULL, true},
        {"postgresql://u:p@h", NULL, false},
        {"postgresql://u:p@h/d?sslmode=require&options=-cx%3Dy", NULL, true},
        {"postgresql://u:p@h/d?ssl=true", NULL, true},
        {"host=h dbname=d", NULL, true},
        {"postgresql://u:p@h/d?pgbouncer=true", UNKNOWN "pgbouncer (of Prisma)", false},
        {"postgresql://u:p@h/d?sslmode=require&pgbouncer=true&nosuch=1&currentSchema=a",
         UNKNOWN "pgbouncer (of Prisma), nosuch, currentSchema (of JDBC)", false},
        {"postgresql://u:p@h/d?sslmodes=require", UNKNOWN "sslmodes", false},
        {"postgresql://u:p?secret=x@h/d", NULL, true},
        {"postgresql://u:p?secret=x@h/d?pgbouncer=true", UNREADABLE, false}, /* not its password */
        {"postgresql://u:p@h/d?se-cret=x", UNREADABLE, false},
        {"postgresql://u:p@x@h/d", UNREADABLE, false},
        {"postgresql://u:p@h:port/d", UNREADABLE, false},
        {"mysql://h", UNREADABLE, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error error = {0};
        bool database = false, ok = uri_check(cases[i].uri, "the target", &database, &error);
        if (ok != (cases[i].message == NULL))
            fail_msg("%s: %s", cases[i].uri, error.message);
        assert_int_equal(database, cases[i].database);
        if (ok)
            continue;
        assert_string_equal(error.message, cases[i].message);
        assert_int_equal(error.code, ERROR_USAGE);
    }
}

static void which_two_are_the_same(void **state)
{
    static const struct {
        const char *one, *other;
        bool same;
    } cases[] = {
        {"postgresql://u:p@h:1/d", "postgresql://u:q@h:1/d?sslmode=require", true},
        {"postgresql://u@h", "postgres://u@H:5432/u", true},
        {"postgresql://u@127.0.0.1/d", "host=localhost user=u dbname=d", true},
        {"postgresql://u@h/d", "postgresql://u@i/d", false},
        {"postgresql://u@h:1/d", "postgresql://u@h:2/d", false},
        {"postgresql://u@h/d", "postgresql://u@h/e", false},
        {"postgresql://u.a@pooler/d", "postgresql://u.b@pooler/d", false},
        {"postgresql://u@h/d?options=reference%3Da", "postgresql://u@h/d?options=reference%3Db",
         false},
        {"postgresql://u@h/d", "mysql://u@h/d", false},
        {"", "file:dump", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        if (postgres_same_database(cases[i].one, cases[i].other) != cases[i].same ||
            postgres_same_database(cases[i].other, cases[i].one) != cases[i].same)
            fail_msg("%s, %s", cases[i].one, cases[i].other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_can_be_read),
        cmocka_unit_test(which_two_are_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
