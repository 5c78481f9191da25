/* The aggregation that counts: exactly what a server is asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mongodb_count.h"
#include "sample.h"

#define GROUP(more)                                                                                \
    "{ 'pipeline' : [ { '$group' : { '_id' : null, 'n' : { '$sum' : 1 }" more " } } ] }"
#define SUM(name, field)                                                                           \
    ", '" name "' : { '$sum' : { '$cond' : [ { '$isArray' : [ '" field "' ] }, { '$size' : '" field \
    "' }, 0 ] } }"

static const struct {
    const char *paths[2];
    const char *pipeline;
} samples[] = {
    {{NULL}, GROUP("")},
    {{"list"}, GROUP(SUM("a0", "$list"))},
    {{"list", "größe"}, GROUP(SUM("a0", "$list") SUM("a1", "$größe"))},
    /* what cannot be said, wherever it stands */
    {{"$list"}, "{ }"},
    {{"list", "a$"}, "{ }"},
    {{"a.b"}, "{ }"}, /* a run goes through arrays on the way */
    {{"'a.b'"}, "{ }"},
    {{"a.*"}, "{ }"},
    {{""}, "{ }"},
};

static void test_pipelines(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(samples); i++) {
        const char *items[] = {samples[i].paths[0], samples[i].paths[1]};
        struct words paths = {.items = items};
        while (paths.count < COUNT(items) && items[paths.count] != NULL)
            paths.count++;
        bson_t pipeline = BSON_INITIALIZER;
        struct error error;
        assert_true(mongodb_count_pipeline(&paths, &pipeline, &error));
        char *text = bson_as_relaxed_extended_json(&pipeline, NULL);
        assert_string_equal(text, sample_quoted(samples[i].pipeline));
        bson_free(text);
        bson_destroy(&pipeline);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pipelines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
