/* json_records.h: the documents that mongoexport writes, as they lie in a file.
 *
 * One JSON object behind the other, each usually on a line of its own (--pretty: on several), or
 * all of them in one array (--jsonArray). Of an array, too, one document at a time is in memory.
 * UTF-8, perhaps with its byte order mark. What an object says, graduate/json_bson.h says. */
#ifndef EXTRACT_JSON_RECORDS_H
#define EXTRACT_JSON_RECORDS_H

#include "record_window.h"

#include <bson/bson.h>

struct json_records {
    bool array; /* they are in one */
    bson_t document;
};

/* Look at how the file begins. Nothing of it is delivered yet: the window may pass what an earlier
 * reader was given. */
bool json_records_begin(struct json_records *records, struct record_window *window,
                        struct error *error);
void json_records_release(struct json_records *records);
/* The next document, valid until the next call; *length is 0 at the end. ERROR_SOURCE names file,
 * line and byte. */
bool json_records_next(struct json_records *records, struct record_window *window,
                       const uint8_t **document, size_t *length, struct error *error);

#endif
