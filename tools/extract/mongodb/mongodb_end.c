#include "mongodb_end.h"
#include "bson_order.h"

void mongodb_end_put_behind(bson_t *to, const char *name, const bson_t *last)
{
    bson_t filter, expression, operands, literal;
    bson_iter_t id;
    bson_iter_init_find(&id, last, "_id");
    bson_append_document_begin(to, name, -1, &filter);
    BSON_APPEND_DOCUMENT_BEGIN(&filter, "$expr", &expression);
    BSON_APPEND_ARRAY_BEGIN(&expression, "$gt", &operands);
    BSON_APPEND_UTF8(&operands, "0", "$_id");
    BSON_APPEND_DOCUMENT_BEGIN(&operands, "1", &literal);
    bson_append_iter(&literal, "$literal", -1, &id);
    bson_append_document_end(&operands, &literal);
    bson_append_array_end(&expression, &operands);
    bson_append_document_end(&filter, &expression);
    bson_append_document_end(to, &filter);
}

/* A field of the one document that a cursor's first reply holds. */
static bool find_answer(const bson_t *reply, const char *field, bson_iter_t *value)
{
    bson_iter_t top, batch, document;
    return bson_iter_init(&top, reply) &&
           bson_iter_find_descendant(&top, "cursor.firstBatch", &batch) &&
           BSON_ITER_HOLDS_ARRAY(&batch) && bson_iter_recurse(&batch, &document) &&
           bson_iter_next(&document) && BSON_ITER_HOLDS_DOCUMENT(&document) &&
           bson_iter_recurse(&document, value) && bson_iter_find(value, field);
}

/* Of no documents there is no group. */
static bool is_none(const bson_t *reply)
{
    bson_iter_t top, batch, document;
    return bson_iter_init(&top, reply) &&
           bson_iter_find_descendant(&top, "cursor.firstBatch", &batch) &&
           BSON_ITER_HOLDS_ARRAY(&batch) && bson_iter_recurse(&batch, &document) &&
           !bson_iter_next(&document);
}

bool mongodb_end_count(struct mongodb_client *client, const char *collection, const bson_t *last,
                       int64_t *count, struct error *error)
{
    bson_t command = BSON_INITIALIZER, reply, stages, stage;
    bson_iter_t number;
    BSON_APPEND_UTF8(&command, "aggregate", collection);
    BSON_APPEND_ARRAY_BEGIN(&command, "pipeline", &stages);
    if (last != NULL) {
        BSON_APPEND_DOCUMENT_BEGIN(&stages, "0", &stage);
        mongodb_end_put_behind(&stage, "$match", last);
        bson_append_document_end(&stages, &stage);
    }
    BSON_APPEND_DOCUMENT_BEGIN(&stages, last != NULL ? "1" : "0", &stage);
    BCON_APPEND(&stage, "$group", "{", "_id", BCON_NULL, "n", "{", "$sum", BCON_INT32(1), "}", "}");
    bson_append_document_end(&stages, &stage);
    bson_append_array_end(&command, &stages);
    BCON_APPEND(&command, "cursor", "{", "}");
    bool ok = mongodb_client_ask(client, collection, &command, &reply, error);
    if (ok && find_answer(&reply, "n", &number) && BSON_ITER_HOLDS_NUMBER(&number))
        *count = bson_iter_as_int64(&number);
    else
        *count = ok && is_none(&reply) ? 0 : -1;
    bson_destroy(&reply);
    bson_destroy(&command);
    return ok;
}

/* The last document itself may have been deleted since; so may all others be. What cannot be
 * compared here, the server compares. */
bool mongodb_end_ask(struct mongodb_client *client, const char *collection, const bson_t *last,
                     bool collated, bool *behind, struct error *error)
{
    bson_t *command = BCON_NEW("find", BCON_UTF8(collection), "sort", "{", "_id", BCON_INT32(-1),
                               "}", "projection", "{", "_id", BCON_INT32(1), "}", "limit",
                               BCON_INT32(1), "singleBatch", BCON_BOOL(true));
    bson_t reply;
    bson_iter_t greatest, id;
    bool ok = mongodb_client_ask(client, collection, command, &reply, error);
    *behind = ok && find_answer(&reply, "_id", &greatest);
    if (*behind && bson_iter_init_find(&id, last, "_id")) {
        enum bson_order order = bson_order(&greatest, &id, collated);
        int64_t count = 0;
        if (order == ID_UNKNOWN)
            ok = mongodb_end_count(client, collection, last, &count, error);
        *behind = order == ID_AFTER || count > 0;
    }
    bson_destroy(&reply);
    bson_destroy(command);
    return ok;
}
