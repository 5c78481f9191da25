/* fields.h: which fields records have, and of which types: a look at the first of them, for who has
 * no mapping yet. */
#ifndef EXTRACT_FIELDS_H
#define EXTRACT_FIELDS_H

#include "endpoint.h"

/* Add to every collection of documents in the catalog the fields that its first records have, where
 * none are declared under that name: "a.b" for a field of an object, "a[].b" for one of an array's
 * objects. A column's type is that of its values in MongoDB's words, "int|string", "object[]"; null
 * is none of them; not_null says of a field outside arrays that it was in each of
 * these records and never null. An export of
 * JSON lines is counted, too.
 *
 * A live Appwrite is not read: it says of collections what they have. A collection that cannot be
 * read is a warning. */
bool fields_look(const struct endpoint_texts *source, int64_t first, struct catalog *catalog,
                 struct error *error);

#endif
