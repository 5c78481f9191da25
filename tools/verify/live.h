/* live.h: what the sources say of themselves now, in seconds: graduate-extract --catalog. */
#ifndef VERIFY_LIVE_H
#define VERIFY_LIVE_H

#include "level.h"

/* ERROR_SOURCE, ERROR_USAGE: why it cannot be had. */
bool live_catalog(const struct verification *verification, const struct source *source,
                  struct catalog *catalog, struct error *error);

#endif
