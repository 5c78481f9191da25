/* environment.h: ./.env, whose variables stand in for those that the environment lacks. */
#ifndef COMMON_ENVIRONMENT_H
#define COMMON_ENVIRONMENT_H

#include "graduate/error.h"

/* Read it, if it is there, as others do: a byte order mark is passed over, " #" begins a comment outside of
 * quotes, and of a name that stands twice the last line counts. ERROR_USAGE: a line that is not
 * NAME=value, by its number. */
bool environment_read(struct error *error);

#endif
