/* JSON lines of an export to BSON, plain and Extended JSON: what comes out can be walked without a
 * thought, and is valid text. What Extended JSON says is the same when libbson has written it
 * again. */
#include "fuzz.h"

#include "graduate/json_bson.h"
#include "soundness.h"

#include <bson/bson.h>

/* libbson ends code, patterns and the names of DBPointers at a NUL, drops options of a pattern that
 * it does not know, and writes no deep documents. */
static bool is_writable(const uint8_t *data, size_t size)
{
    int depth = 0;
    for (size_t i = 0; i < size; i++)
        if (data[i] == '\\' || (data[i] == '{' && ++depth > 90))
            return false;
    return memmem(data, size, "ptions", 6) == NULL;
}

static void check_extended(const uint8_t *data, size_t size)
{
    struct error error = {0};
    bson_t document = BSON_INITIALIZER, again = BSON_INITIALIZER;
    size_t at, where;
    bool ok = json_bson_parse_extended((const char *)data, size, &document, &where, &error);
    MUST(soundness_problem(bson_get_data(&document), document.len, &at) == NULL);
    if (!ok)
        MUST(error.code == ERROR_SOURCE && error.message[0] != '\0' && where <= size);
    char *text =
        ok && is_writable(data, size) ? bson_as_canonical_extended_json(&document, NULL) : NULL;
    if (text != NULL)
        MUST(json_bson_parse_extended(text, strlen(text), &again, &where, &error) &&
             bson_equal(&document, &again));
    bson_free(text);
    bson_destroy(&document);
    bson_destroy(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_extended(data, size);
    struct error error = {0};
    bson_t document = BSON_INITIALIZER;
    bool cut, ok = json_bson_parse((const char *)data, size, &document, &cut, &error);
    size_t at;
    /* What could be read is sound also after a failure. */
    MUST(soundness_problem(bson_get_data(&document), document.len, &at) == NULL);
    MUST(bson_validate(&document, BSON_VALIDATE_UTF8 | BSON_VALIDATE_UTF8_ALLOW_NULL, NULL));
    if (ok)
        MUST(!cut);
    else
        MUST(error.code == ERROR_SOURCE && error.message[0] != '\0');
    bson_destroy(&document);
    return 0;
}
