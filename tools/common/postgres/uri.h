/* uri.h: what a URI says before anybody connects with it. */
#ifndef COMMON_POSTGRES_URI_H
#define COMMON_POSTGRES_URI_H

#include "graduate/error.h"

/* ERROR_USAGE where libpq could not take it, or would take a part of the password for something
 * else; parameters that are another client's are named, all at once. Nothing else of the URI is.
 * *names_database is false where libpq calls the database as the user. */
bool uri_check(const char *uri, const char *where, bool *names_database, struct error *error);

#endif
