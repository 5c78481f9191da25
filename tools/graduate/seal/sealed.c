#include "sealed.h"
#include "seal.h"

#include "graduate/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool make_scratch(struct sealed *sealed, struct error *error)
{
    if (!file_make_scratch(sealed->scratch, error))
        return false;
    return file_join(sealed->verdict, sizeof sealed->verdict, sealed->scratch, "verify.json",
                     error);
}

bool sealed_open(struct sealed *sealed, const char *path, struct error *error)
{
    bool busy;
    *sealed = (struct sealed){.folder = {.lock = -1}};
    bool ok =
        seal_check(path, &sealed->seal, error) &&
        folder_look(&sealed->folder, path, &busy, error) &&
        file_join(sealed->project, sizeof sealed->project, sealed->folder.path, "project", error) &&
        make_scratch(sealed, error);
    if (!ok)
        sealed_release(sealed);
    return ok;
}

void sealed_release(struct sealed *sealed)
{
    if (sealed->verdict[0] != '\0')
        unlink(sealed->verdict);
    if (sealed->scratch[0] != '\0')
        rmdir(sealed->scratch);
    cJSON_Delete(sealed->seal);
    sealed->seal = NULL;
}
