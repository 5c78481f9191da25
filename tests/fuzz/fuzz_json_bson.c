/* JSON lines of an export to BSON: what comes out can be walked without a thought, and is valid
 * text. */
#include "fuzz.h"

#include "json_bson.h"
#include "soundness.h"

#include <bson/bson.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer out;
    struct error error = {0};
    json_t *object = NULL;
    bool cut;
    buffer_init(&out);
    buffer_putc(&out, 'x');
    if (!json_bson_parse((const char *)data, size, &object, &cut, &error)) {
        MUST(error.code == ERROR_SOURCE && error.message[0] != '\0');
        buffer_release(&out);
        return 0;
    }
    MUST(!cut);
    if (json_bson_put(object, &out, &error)) {
        size_t at;
        bson_t document;
        MUST(soundness_problem(out.data + 1, out.length - 1, &at) == NULL);
        MUST(bson_init_static(&document, out.data + 1, out.length - 1));
        MUST(bson_validate(&document, BSON_VALIDATE_UTF8 | BSON_VALIDATE_UTF8_ALLOW_NULL, NULL));
        MUST(bson_count_keys(&document) == json_object_size(object));
    } else {
        MUST(error.code == ERROR_SOURCE);
        MUST(out.length == 1);
    }
    json_decref(object);
    buffer_release(&out);
    return 0;
}
