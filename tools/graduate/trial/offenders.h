/* offenders.h: what the server refused, in the words of the source. */
#ifndef GRADUATE_DRIVER_OFFENDERS_H
#define GRADUATE_DRIVER_OFFENDERS_H

#include "migration.h"

/* The server names one row by the target's key, which nobody can look up. The checkpoints of the
 * run have the records. Of a row that was refused while it was loaded: put its record, the path and
 * what a reference says there into the error. After the data: print all records that a constraint
 * would refuse, and put the first into the error. Of values that must be unique, at load or later:
 * print each record with the one that has the same, as far as records were read. Where the
 * checkpoints do not tell, the error stays as it is. */
void offenders_tell(struct migration *migration, struct error *error);

#endif
