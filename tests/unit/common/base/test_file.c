/* Whole reads and writes, and files that are there whole or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scratch_folder.h"
#include "graduate/file.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

static int setup(void **state)
{
    static struct folder folder;
    folder_make(&folder);
    *state = &folder;
    return 0;
}

static int teardown(void **state)
{
    folder_remove(*state);
    return 0;
}

enum { MUCH = 1 << 20 };

static void *drain(void *argument)
{
    int fd = *(int *)argument;
    static char bytes[MUCH];
    size_t total = 0;
    for (ssize_t n; (n = read(fd, bytes, 4000)) > 0;)
        total += (size_t)n;
    return (void *)total;
}

static void writing_is_whole_through_a_narrow_pipe(void **state)
{
    (void)state;
    static char bytes[MUCH];
    struct error error;
    int ends[2];
    pthread_t reader;
    void *total;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(pthread_create(&reader, NULL, drain, &ends[0]), 0);
    assert_true(file_write_all(ends[1], "a pipe", bytes, sizeof bytes, &error));
    close(ends[1]);
    pthread_join(reader, &total);
    assert_int_equal((size_t)total, sizeof bytes);
    close(ends[0]);
}

static void a_reader_that_has_gone_is_the_peers_error(void **state)
{
    (void)state;
    struct error error;
    int ends[2];
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    assert_false(file_write_all(ends[1], "the rows", "x", 1, &error));
    assert_int_equal(error.code, ERROR_PEER);
    assert_string_equal(error.message, "the reader of the rows has gone");
    close(ends[1]);
}

static void a_full_disk_is_the_targets_error(void **state)
{
    (void)state;
    struct error error;
    int fd = open("/dev/full", O_WRONLY);
    assert_true(fd >= 0);
    assert_false(file_write_all(fd, "a.grf", "x", 1, &error));
    assert_int_equal(error.code, ERROR_TARGET);
    assert_string_equal(error.message, "cannot write a.grf: No space left on device");
    assert_string_equal(error.hint, "make room on that disk and run again");
    assert_true(file_write_all(fd, "a.grf", NULL, 0, &error));
    close(fd);
    assert_false(file_write_all(-1, "b.grf", "x", 1, &error));
    assert_string_equal(error.hint, "mend the cause and run again");
}

static void reading_goes_on_to_the_end(void **state)
{
    const struct folder *folder = *state;
    struct error error;
    char bytes[64];
    size_t got;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "abc", 3), 3);
    assert_true(file_read_full(ends[0], "p", bytes, 2, &got, &error));
    assert_int_equal(got, 2);
    close(ends[1]);
    assert_true(file_read_full(ends[0], "p", bytes, sizeof bytes, &got, &error));
    assert_int_equal(got, 1);
    assert_int_equal(bytes[0], 'c');
    assert_true(file_read_full(ends[0], "p", bytes, sizeof bytes, &got, &error));
    assert_int_equal(got, 0);
    close(ends[0]);
    int fd = open(folder->path, O_RDONLY);
    assert_false(file_read_full(fd, "p", bytes, 1, &got, &error));
    assert_int_equal(error.code, ERROR_SOURCE);
    assert_string_equal(error.message, "cannot read p: Is a directory");
    close(fd);
}

static void a_whole_file_up_to_its_limit(void **state)
{
    const struct folder *folder = *state;
    struct buffer buffer;
    struct error error;
    static char bytes[200000];
    memset(bytes, 'b', sizeof bytes);
    folder_put_bytes(folder, "file", bytes, sizeof bytes);
    const char *path = folder_path(folder, "file");
    buffer_init(&buffer);
    buffer_puts(&buffer, "<");
    assert_true(file_read(path, sizeof bytes, ERROR_USAGE, &buffer, &error));
    assert_int_equal(buffer.length, sizeof bytes + 1); /* appended */
    assert_memory_equal(buffer.data + 1, bytes, sizeof bytes);
    assert_false(file_read(path, sizeof bytes - 1, ERROR_USAGE, &buffer, &error));
    assert_int_equal(error.code, ERROR_USAGE);
    assert_non_null(strstr(error.message, "/file is larger than the 199999 bytes allowed here"));
    buffer_release(&buffer);
    buffer_init(&buffer);
    assert_false(file_read("no such", 1, ERROR_REFUSED, &buffer, &error));
    assert_int_equal(error.code, ERROR_REFUSED);
    assert_string_equal(error.message, "cannot open no such: No such file or directory");
    assert_false(file_read(folder->path, 1, ERROR_USAGE, &buffer, &error));
    assert_int_equal(error.code, ERROR_USAGE); /* not the source's, which reading alone would say */
    assert_non_null(strstr(error.message, "Is a directory"));
    buffer_release(&buffer);
}

static void replacing_is_whole_and_private(void **state)
{
    const struct folder *folder = *state;
    struct error error;
    struct stat info;
    static const char *const contents[] = {"first", "", "the third, which is longer"};
    const char *path = folder_path(folder, "state.json");
    for (size_t i = 0; i < 3; i++) {
        assert_true(file_replace(path, contents[i], strlen(contents[i]), &error));
        char *text = file_text(path);
        assert_string_equal(text, contents[i]);
        free(text);
        assert_int_equal(stat(path, &info), 0);
        assert_int_equal(info.st_mode & 07777, 0600);
        assert_false(file_exists(folder_path(folder, "state.json.tmp")));
    }
    assert_int_equal(chdir(folder->path), 0); /* a name without a folder is of this one */
    assert_true(file_replace("bare", "x", 1, &error));
    assert_true(file_exists("bare"));
    assert_int_equal(chdir("/"), 0);
}

static void a_disk_that_refuses_leaves_the_old_file(void **state)
{
    const struct folder *folder = *state;
    struct error error;
    struct rlimit was, few;
    static char bytes[100000];
    const char *path = folder_path(folder, "state.json");
    assert_true(file_replace(path, "old", 3, &error));
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &was);
    few = was;
    few.rlim_cur = 65536; /* a part of it fits */
    setrlimit(RLIMIT_FSIZE, &few);
    bool ok = file_replace(path, bytes, sizeof bytes, &error);
    setrlimit(RLIMIT_FSIZE, &was);
    assert_false(ok);
    assert_int_equal(error.code, ERROR_TARGET);
    assert_non_null(strstr(error.message, "cannot write"));
    assert_non_null(strstr(error.message, "File too large"));
    char *text = file_text(path);
    assert_string_equal(text, "old");
    free(text);
    assert_false(file_exists(folder_path(folder, "state.json.tmp")));
}

static void a_place_that_is_not_there(void **state)
{
    const struct folder *folder = *state;
    struct error error;
    char longest[PATH_MAX + 10];
    assert_false(file_replace(folder_path(folder, "none/a"), "x", 1, &error));
    assert_int_equal(error.code, ERROR_TARGET);
    assert_non_null(strstr(error.message, "cannot create"));
    assert_int_equal(mkdir(folder_path(folder, "taken"), 0700), 0);
    assert_false(file_replace(folder_path(folder, "taken"), "x", 1, &error));
    assert_non_null(strstr(error.message, "cannot rename"));
    assert_false(file_exists(folder_path(folder, "taken.tmp")));
    memset(longest, 'l', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_false(file_replace(longest, "x", 1, &error));
    assert_int_equal(error.code, ERROR_USAGE);
    assert_false(file_make_folder(longest, &error));
    assert_int_equal(error.code, ERROR_USAGE);
}

static void settling_gives_the_final_name(void **state)
{
    const struct folder *folder = *state;
    struct error error;
    const char *part = folder_path(folder, "a.grf.part"), *path = folder_path(folder, "a.grf");
    folder_put(folder, "a.grf.part", "frames");
    int fd = open(part, O_RDWR);
    assert_true(file_settle(fd, part, path, &error));
    assert_int_equal(fcntl(fd, F_GETFD), 0); /* still open: the caller's */
    close(fd);
    assert_false(file_exists(part));
    assert_true(file_exists(path));
    assert_false(file_settle(-1, path, part, &error));
    assert_non_null(strstr(error.message, "cannot flush"));
    assert_true(file_exists(path));
}

static void folders_are_made_all_the_way(void **state)
{
    const struct folder *folder = *state;
    struct error error;
    struct stat info;
    static const char *const names[] = {"a", "b/c/d", "b/c/d", "e//f/", "b/../g"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *path = folder_path(folder, names[i]);
        assert_true(file_make_folder(path, &error));
        assert_int_equal(stat(path, &info), 0);
        assert_true(S_ISDIR(info.st_mode));
        assert_int_equal(info.st_mode & 07777, 0700);
    }
    folder_put(folder, "file", "x");
    assert_false(file_make_folder(folder_path(folder, "file"), &error));
    assert_int_equal(error.code, ERROR_TARGET);
    assert_non_null(strstr(error.message, "/file is there but is no folder"));
    assert_false(file_make_folder(folder_path(folder, "file/g"), &error));
    assert_non_null(strstr(error.message, "cannot make the folder"));
    assert_false(file_make_folder("", &error));
    assert_int_equal(error.code, ERROR_USAGE);
}

static void paths_are_joined_or_refused(void **state)
{
    (void)state;
    struct error error;
    char out[8];
    assert_true(file_join(out, sizeof out, "abc", "def", &error));
    assert_string_equal(out, "abc/def");
    assert_false(file_join(out, sizeof out, "abc", "defg", &error));
    assert_int_equal(error.code, ERROR_USAGE);
    assert_string_equal(error.message, "the path abc/defg is too long");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writing_is_whole_through_a_narrow_pipe),
        cmocka_unit_test(a_reader_that_has_gone_is_the_peers_error),
        cmocka_unit_test(a_full_disk_is_the_targets_error),
        cmocka_unit_test_setup_teardown(reading_goes_on_to_the_end, setup, teardown),
        cmocka_unit_test_setup_teardown(a_whole_file_up_to_its_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(replacing_is_whole_and_private, setup, teardown),
        cmocka_unit_test_setup_teardown(a_disk_that_refuses_leaves_the_old_file, setup, teardown),
        cmocka_unit_test_setup_teardown(a_place_that_is_not_there, setup, teardown),
        cmocka_unit_test_setup_teardown(settling_gives_the_final_name, setup, teardown),
        cmocka_unit_test_setup_teardown(folders_are_made_all_the_way, setup, teardown),
        cmocka_unit_test(paths_are_joined_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
