/* mongodb_catalog.h: what a live MongoDB database holds, documents and what is beside them. */
#ifndef EXTRACT_MONGODB_CATALOG_H
#define EXTRACT_MONGODB_CATALOG_H

#include "reader.h"

/* The reader's `catalog`. */
bool mongodb_catalog(const struct endpoint *endpoint, struct catalog *catalog, struct error *error);

#endif
