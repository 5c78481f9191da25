/* JSON lines of an export to BSON: what comes out can be walked without a thought, and is valid
 * text. */
#include "fuzz.h"

#include "graduate/json_bson.h"
#include "soundness.h"

#include <bson/bson.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
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
