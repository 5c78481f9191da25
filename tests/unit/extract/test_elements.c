/* How many elements an array of a record has, and what is no array. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "elements.h"
#include "sample.h"

static const struct {
    const char *document, *path;
    int64_t elements;
} samples[] = {
    {"{'list': [1, null, [2, 3], {'list': [4]}]}", "list", 4},
    {"{'list': []}", "list", 0},
    {"{'list': null}", "list", 0},
    {"{'list': 'text'}", "list", 0},
    {"{'list': {'0': 1, '1': 2}}", "list", 0},
    {"{}", "list", 0},
    /* a name is the whole of it */
    {"{'lis': [1], 'listing': [1, 2], 'List': [1, 2, 3]}", "list", 0},
    {"{'a': {'lis': [1]}, 'ab': {'list': [1, 2]}}", "a.list", 0},
    /* through documents, at any depth, and whatever stands before */
    {"{'x': [1], 'a': {'y': {'b': [1]}, 'b': {'list': [1, 2]}}}", "a.b.list", 2},
    {"{'a': {'b': [1, 2, 3]}}", "a.b.list", 0},
    {"{'a': null}", "a.list", 0},
    {"{'a': {'b': 7}}", "a.b.list", 0},
    /* through arrays of documents, not through arrays in arrays, nor by a place in one */
    {"{'a': [{'list': [1]}, {'list': [2, 3]}, 4, {'list': 5}]}", "a.list", 3},
    {"{'a': [{'b': [{'list': [1]}, {'list': [2, 3]}]}, {'b': {'list': [4]}}]}", "a.b.list", 4},
    {"{'a': [[{'list': [1]}]]}", "a.list", 0},
    {"{'a': [[1, 2, 3]]}", "a.0", 0},
    {"{'a': {'0': [1, 2, 3]}}", "a.'0'", 3},
    /* the members of an object, and the arrays in them */
    {"{'a': {'x': 1, 'y': null}}", "a.*", 2},
    {"{'a': [1, 2]}", "a.*", 0},
    {"{'a': {'x': {'l': [1, 2]}, 'y': [3], 'z': {'l': [4]}}}", "a.*.l", 3},
    {"{'a': [{'m': {'x': 1}}, {'m': {'y': 2, 'z': 3}}]}", "a.m.*", 3},
    /* names of any kind */
    {"{'a': {'$name': [1, 2]}}", "a.$name", 2},
    {"{'a': {'': {'list': [1, 2, 3]}}}", "a.''.list", 3},
    {"{'a.list': [1, 2]}", "a.list", 0},
    {"{'a.list': [1, 2]}", "'a.list'", 2},
};

static void test_elements(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(samples); i++) {
        bson_t *document = sample_bson(samples[i].document);
        int64_t found = elements_count(bson_get_data(document), document->len, samples[i].path);
        if (found != samples[i].elements)
            fail_msg("%s has %" PRId64 " at %s, not %" PRId64, samples[i].document,
                     samples[i].elements, samples[i].path, found);
        bson_destroy(document);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_elements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
