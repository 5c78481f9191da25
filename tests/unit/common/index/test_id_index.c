/* The ids of an entity on disk: what is written is found, whole, in any order, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "graduate/id_index.h"
#include "scratch_folder.h"

struct trial {
    struct folder folder;
    char path[PATH_MAX];
    struct id_writer writer;
    struct id_index index;
    struct error error;
    char twice[100];
};

static int setup(void **state)
{
    static struct trial t;
    t = (struct trial){.writer.runs = -1, .index.fd = -1};
    folder_make(&t.folder);
    snprintf(t.path, sizeof t.path, "%s", folder_path(&t.folder, "users.ids"));
    *state = &t;
    return 0;
}

static int teardown(void **state)
{
    struct trial *t = *state;
    id_writer_close(&t->writer);
    id_index_close(&t->index);
    folder_remove(&t->folder);
    return 0;
}

/* Spread over all buckets, and never the same for two numbers. */
static struct id_entry entry_of(uint64_t number, uint8_t flags)
{
    struct id_entry entry = {.flags = flags};
    uint64_t mixed = (number + 1) * UINT64_C(0x9E3779B97F4A7C15);
    for (size_t i = 0; i < 8; i++) {
        entry.hash[i] = (uint8_t)(mixed >> (56 - 8 * i));
        entry.hash[8 + i] = entry.uuid[i] = (uint8_t)(number >> (8 * i));
    }
    snprintf(entry.key, sizeof entry.key, "key %llu", (unsigned long long)number);
    return entry;
}

static void add(struct trial *t, struct id_entry entry)
{
    assert_true(id_writer_add(&t->writer, &entry, &t->error));
}

static bool note_twice(void *context, const struct id_entry *one, const struct id_entry *other,
                       struct error *error)
{
    struct trial *t = context;
    snprintf(t->twice, sizeof t->twice, "%s and %s", one->key, other->key);
    return error_set(error, ERROR_DATA, "twice");
}

static void begin(struct trial *t)
{
    assert_true(id_writer_open(&t->writer, t->path, &t->error));
}

static void end(struct trial *t)
{
    if (!id_writer_finish(&t->writer, note_twice, t, &t->error) ||
        !id_index_open(&t->index, t->path, &t->error))
        fail_msg("%s", t->error.message);
}

static bool find(struct trial *t, uint64_t number, struct id_entry *found)
{
    const struct id_entry wanted = entry_of(number, 0);
    bool there = false;
    assert_true(id_index_find(&t->index, wanted.hash, found, &there, &t->error));
    return there;
}

static void an_index_of_nothing_has_nothing(void **state)
{
    struct trial *t = *state;
    struct id_entry found;
    begin(t);
    end(t);
    assert_int_equal(t->index.count, 0);
    assert_false(find(t, 1, &found));
}

/* More than one run of the writer, so that they are merged, and many buckets. */
static void all_that_was_written_is_found(void **state)
{
    struct trial *t = *state;
    enum { COUNT = 300001 };
    struct id_entry found;
    begin(t);
    for (uint64_t i = 0; i < COUNT; i++)
        add(t, entry_of(i, i % 3 == 0 ? 0 : ID_STAYS));
    end(t);
    assert_int_equal(t->index.count, COUNT);
    assert_true(t->index.bits > 8);
    for (uint64_t i = 0; i < COUNT; i += 101) {
        const struct id_entry wanted = entry_of(i, i % 3 == 0 ? 0 : ID_STAYS);
        assert_true(find(t, i, &found));
        assert_memory_equal(&found, &wanted, sizeof found);
    }
    assert_true(find(t, COUNT - 1, &found));
    for (uint64_t i = COUNT; i < COUNT + 2000; i++)
        assert_false(find(t, i, &found));
    assert_int_equal(access(folder_path(&t->folder, "users.ids.partial.runs"), F_OK), 0);
    id_writer_close(&t->writer);
    assert_int_equal(access(folder_path(&t->folder, "users.ids.partial.runs"), F_OK), -1);
    assert_int_equal(access(folder_path(&t->folder, "users.ids.partial"), F_OK), -1);
}

/* Of one value an entry that stays goes before those that are left out, however they come. */
static void what_stays_goes_first(void **state)
{
    struct trial *t = *state;
    struct id_entry found;
    begin(t);
    for (uint64_t i = 0; i < 4; i++) {
        struct id_entry entry = entry_of(7, ID_ONCE | (i == 2 ? ID_STAYS : 0));
        snprintf(entry.key, sizeof entry.key, "%d", (int)i);
        add(t, entry);
    }
    add(t, entry_of(8, ID_STAYS));
    add(t, entry_of(8, ID_STAYS)); /* it need not stand once */
    end(t);
    assert_true(find(t, 7, &found));
    assert_string_equal(found.key, "2");
    assert_int_equal(t->index.count, 2);
}

static void two_that_must_stand_once_are_named(void **state)
{
    struct trial *t = *state;
    begin(t);
    for (uint64_t i = 0; i < 2; i++) {
        struct id_entry entry = entry_of(7, ID_ONCE | ID_STAYS);
        snprintf(entry.key, sizeof entry.key, "%c", (int)('a' + (int)i));
        add(t, entry);
    }
    assert_false(id_writer_finish(&t->writer, note_twice, t, &t->error));
    assert_int_equal(t->error.code, ERROR_DATA);
    assert_true(strcmp(t->twice, "a and b") == 0 || strcmp(t->twice, "b and a") == 0);
    assert_int_equal(access(t->path, F_OK), -1);
}

/* A writer that was killed leaves its parts; the next one writes over them. */
static void what_is_left_of_another_writer_is_no_matter(void **state)
{
    struct trial *t = *state;
    struct id_entry found;
    folder_put(&t->folder, "users.ids.partial", "half");
    folder_put(&t->folder, "users.ids.partial.runs", "half a run");
    begin(t);
    add(t, entry_of(1, ID_STAYS));
    end(t);
    assert_true(find(t, 1, &found));
}

static void a_file_that_is_damaged_is_refused(void **state)
{
    struct trial *t = *state;
    static const struct {
        long at;
        int byte;
    } cases[] = {{0, 'X'}, {8, 9}, {16, 33}, {24 + 72 * 3, 9}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct id_index index;
        begin(t);
        for (uint64_t n = 0; n < 3; n++)
            add(t, entry_of(n, ID_STAYS));
        assert_true(id_writer_finish(&t->writer, note_twice, t, &t->error));
        id_writer_close(&t->writer);
        FILE *file = fopen(t->path, "r+b");
        assert_non_null(file);
        assert_int_equal(fseek(file, cases[i].at, SEEK_SET), 0);
        assert_int_equal(fputc(cases[i].byte, file), cases[i].byte);
        assert_int_equal(fclose(file), 0);
        if (id_index_open(&index, t->path, &t->error))
            fail_msg("byte %ld was not missed", cases[i].at);
        assert_int_equal(t->error.code, ERROR_TARGET);
        assert_non_null(strstr(t->error.message, "is damaged"));
    }
    assert_false(id_index_open(&t->index, folder_path(&t->folder, "none"), &t->error));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_index_of_nothing_has_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(all_that_was_written_is_found, setup, teardown),
        cmocka_unit_test_setup_teardown(what_stays_goes_first, setup, teardown),
        cmocka_unit_test_setup_teardown(two_that_must_stand_once_are_named, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_left_of_another_writer_is_no_matter, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_file_that_is_damaged_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
