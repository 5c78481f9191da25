/* sealed.h: a sealed run to be verified again: its seal holds, its mapping is the sealed one, and
 * what the verification writes lies elsewhere. */
#ifndef GRADUATE_DRIVER_SEALED_H
#define GRADUATE_DRIVER_SEALED_H

#include "folder.h"

#include <cjson/cJSON.h>

struct sealed {
    cJSON *seal;
    struct folder folder;
    char project[PATH_MAX]; /* the project folder in it */
    char scratch[PATH_MAX]; /* a folder of its own in $TMPDIR */
    char verdict[PATH_MAX]; /* verify.json in there */
};

/* False, with nothing to release, when the seal does not hold: seal_check. */
bool sealed_open(struct sealed *sealed, const char *path, struct error *error);
void sealed_release(struct sealed *sealed);

#endif
