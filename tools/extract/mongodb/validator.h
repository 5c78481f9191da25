/* validator.h: what a MongoDB collection's validator says of its fields, as columns of the catalog.
 *
 * A {"$jsonSchema"} alone is read, and only where the server holds to it ("validationAction" error,
 * "validationLevel" strict, which are the defaults): bsonType and type, required, maxLength, enum
 * of texts, properties of objects in objects by their dotted path, items of arrays. */
#ifndef EXTRACT_VALIDATOR_H
#define EXTRACT_VALIDATOR_H

#include "graduate/catalog.h"

#include <cjson/cJSON.h>

/* `options`: of the collection, simplified (beside.h). An entity that is not in the catalog is left
 * alone. */
bool validator_describe(struct catalog *catalog, const char *collection, const cJSON *options,
                        struct error *error);

#endif
