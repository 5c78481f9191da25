/* session.h: what a session is, whatever its role, its database or its URI would have it be. */
#ifndef COMMON_POSTGRES_SESSION_H
#define COMMON_POSTGRES_SESSION_H

#include "graduate/postgres.h"

/* Set all that changes what is read, printed or waited for; then what makes the server notice that
 * this end is gone, where it can. */
bool session_pin(struct postgres *postgres, struct error *error);

#endif
