/* expect_item.h: one value of a record or a constant of the mapping, as a view. */
#ifndef VERIFY_EXPECT_ITEM_H
#define VERIFY_EXPECT_ITEM_H

#include "calendar.h"

#include "graduate/error.h"
#include "graduate/project.h"

#include <bson/bson.h>
#include <cjson/cJSON.h>

struct expect_mending;
struct item {
    bson_value_t value; /* value_type BSON_TYPE_EOD: absent */
    const cJSON *json;  /* an array or object of the mapping; then value has only its type */
    bool safe;          /* safe_numbers is to be done inside of it */
    bool date;          /* a text, or an array of texts, that its source calls dates */
    const struct words *dates; /* of a record: the names of the fields that are such */
    struct expect_mending *mending; /* of what does not fit inside of it; NULL: it is an error */
};

struct item item_of(bson_iter_t *iter);
struct item item_of_text(const char *text, size_t length);
struct item item_of_int(int64_t number);
struct item item_of_json(const cJSON *json);

/* The element of an array at hand. */
struct item item_element(const struct item *array, bson_iter_t *iter);
/* Does the source of the record call that field a date? */
bool item_calls_date(const struct item *record, const char *path);
/* Does the text say what its source calls it? */
bool item_instant(const struct item *item, struct instant *instant);

/* Absent, null and undefined. */
bool item_is_nothing(const struct item *item);
/* That, or a text, array or object of a record without content. */
bool item_is_empty(const struct item *item);
/* Text or symbol; *text has *length bytes. */
bool item_text(const struct item *item, const char **text, size_t *length);
/* A double by its shortest text that reads back as the same double, other numbers by their digits;
 * false if it is no number. */
enum { ITEM_NUMBER = 48 };
bool item_number(const struct item *item, char text[ITEM_NUMBER]);
/* Of a decimal: with an exponent only where its digits would be more than 60, or it is not whole.
 */
void item_written_out(const char number[ITEM_NUMBER], char text[64]);
/* Are two texts the same number? */
bool item_same_number(const char *a, const char *b);
/* A number of any type that is whole and fits. */
bool item_whole(const struct item *item, int64_t *number);
void item_shortest(double number, char text[ITEM_NUMBER]);

/* Begin to walk a document or array; ERROR_SOURCE if it is damaged. */
bool item_open(const struct item *container, bson_iter_t *iter, struct error *error);
/* Go on; at the end false, with *ok false and the error set if damage ended the walk. */
bool item_next(bson_iter_t *iter, bool *ok, struct error *error);

/* The field at a path (path.h) below the document; absent also where something on the way is no
 * document. "." is the document itself. */
struct item item_find(const struct item *document, const char *path);
/* The same; but where an array is on the way, all that its elements have at the rest of the path,
 * as an array: in `made`, which bson_init or this has seen, and which must outlive the item. */
struct item item_gather(const struct item *document, const char *path, bson_t *made);

/* How many ObjectIds it is or holds, at any depth. */
int64_t item_object_ids(const struct item *item);

/* For messages: "the text", "17", ... */
void item_brief(const struct item *item, char *out, size_t size);
/* Set an ERROR_DATA about it: what it is, and why that does not do. */
bool item_misfit(const struct item *item, const char *path, const char *why, struct error *error);

#endif
