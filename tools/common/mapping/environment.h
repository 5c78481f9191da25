/* environment.h: ./.env, whose variables stand in for those that the environment lacks. */
#ifndef COMMON_ENVIRONMENT_H
#define COMMON_ENVIRONMENT_H

#include "graduate/error.h"

/* Read it, if it is there. ERROR_USAGE: a line that is not NAME=value, by its number. */
bool environment_read(struct error *error);

#endif
