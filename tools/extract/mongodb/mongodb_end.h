/* mongodb_end.h: what a server holds behind the last document that it delivered, asked in other
 * ways than the scan does. */
#ifndef EXTRACT_MONGODB_END_H
#define EXTRACT_MONGODB_END_H

#include "mongodb_client.h"

/* Append {NAME: {$expr: {$gt: ["$_id", {$literal: LAST}]}}}, where `last` is {"_id": LAST}. */
void mongodb_end_put_behind(bson_t *to, const char *name, const bson_t *last);

/* Ask for the greatest _id, and compare it with `last`, {"_id": ...} or empty. *behind: there is
 * one behind. A server that does not answer has none. */
bool mongodb_end_ask(struct mongodb_client *client, const char *collection, const bson_t *last,
                     bool collated, bool *behind, struct error *error);
/* Count the documents, by looking at each: all, or, with a `last`, those behind it. -1: the server
 * does not count. */
bool mongodb_end_count(struct mongodb_client *client, const char *collection, const bson_t *last,
                       int64_t *count, struct error *error);

#endif
