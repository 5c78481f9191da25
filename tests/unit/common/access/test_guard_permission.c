/* A collection's permissions: whom they name, what they allow, and as what they stand in a policy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "guard_permission.h"
#include "permission_cases.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void whom_it_names(void **state)
{
    static const char kinds[] = {[PERMISSION_USER] = 'u',
                                 [PERMISSION_TEAM] = 't',
                                 [PERMISSION_MEMBER] = 'm',
                                 [PERMISSION_NOBODY] = '-'};
    (void)state;
    for (size_t i = 0; i < COUNT(permission_cases); i++) {
        const struct permission_case *c = &permission_cases[i];
        struct permission permission;
        print_message("%s\n", c->text);
        bool is_one = permission_read(c->text, &permission);
        assert_int_equal(is_one, c->whose != ' ');
        if (!is_one)
            continue;
        assert_int_equal(kinds[permission.whose], c->whose);
        if (c->whose == '-')
            continue;
        assert_int_equal(permission.id_length, strlen(c->id));
        assert_memory_equal(c->text + permission.id_start, c->id, permission.id_length);
    }
}

static void what_it_allows(void **state)
{
    struct permission read, write;
    (void)state;
    assert_true(permission_read("read(\"users\")", &read));
    assert_true(permission_read("write(\"users\")", &write));
    assert_true(permission_allows(&read, "read") && !permission_allows(&read, "update"));
    assert_true(permission_allows(&write, "create") && permission_allows(&write, "update") &&
                permission_allows(&write, "delete") && !permission_allows(&write, "read"));
    assert_true(permission_is(&read, "users") && !permission_is(&read, "user"));
    assert_true(permission_same_role(&read, &write));
}

/* The vectors are what Python's uuid.uuid5(namespace, "accounts/ann") and its like give. */
static void as_what_it_stands(void **state)
{
    static const struct {
        const char *text, *as;
    } cases[] = {
        {"write(\"any\")", "update(\"any\")"},
        {"update(\"user:ann/verified\")",
         "update(\"user:e93da92b-c730-5dd8-81bd-db7e0b96092c/verified\")"},
        {"update(\"team:staff/owner\")",
         "update(\"team:56783bcb-0611-562e-8397-d3a11152bfe6/owner\")"},
        {"update(\"member:m\")", "update(\"member:m\")"},
        {"update(\"user:no id\")", "update(\"user:no id\")"},
    };
    (void)state;
    struct mapping users = {.name = "accounts", .ids = IDENTITY_APPWRITE};
    struct mapping teams = {.name = "teams"};
    const struct mapping_column team = {.value = {.id_of = &teams, .ids = IDENTITY_APPWRITE}};
    const struct mapping_column member = {.value = {.id_of = NULL}};
    const struct access access = {.users = &users, .team = &team, .member = &member};
    struct identity identity = {.strategy = IDENTITY_UUID7};
    assert_true(uuid_parse("8a5e1b57-6c0d-5f43-9d0a-2b1f3c7e4d11", 36, identity.namespace));
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct permission permission;
        struct buffer out;
        buffer_init(&out);
        assert_true(permission_read(cases[i].text, &permission));
        permission_put(&permission, "update", &identity, &access, &out);
        assert_string_equal(buffer_text(&out), cases[i].as);
        buffer_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whom_it_names),
        cmocka_unit_test(what_it_allows),
        cmocka_unit_test(as_what_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
