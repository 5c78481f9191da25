#include "sealed.h"
#include "seal.h"

#include "graduate/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool make_scratch(struct sealed *sealed, struct error *error)
{
    const char *parent = getenv("TMPDIR");
    if (!file_join(sealed->scratch, sizeof sealed->scratch,
                   parent != NULL && parent[0] != '\0' ? parent : P_tmpdir, "graduate-XXXXXX",
                   error))
        return false;
    if (mkdtemp(sealed->scratch) == NULL) {
        error_set_errno(error, ERROR_TARGET, "cannot make the folder %s", sealed->scratch);
        sealed->scratch[0] = '\0';
        return error_hint(error, "set TMPDIR to a folder where this user may write");
    }
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
