/* leftover.h: files of graduate's own that a kill left in a run folder: what it was writing when it
 * was killed, under a name for the time being, and what an interrupted verification kept. Nobody
 * reads them any more when a run is finished and verified. */
#ifndef GRADUATE_DRIVER_LEFTOVER_H
#define GRADUATE_DRIVER_LEFTOVER_H

#include "graduate/error.h"

/* Take them away, and say so. What has no name that graduate gives is left alone, and so is a
 * checkpoint that was not finished where there is no finished one: it has records that nobody else
 * may have. */
bool leftover_remove(const char *folder, struct error *error);

#endif
