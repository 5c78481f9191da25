/* How any part of graduate-load connects to the target. */
#include "load.h"

bool load_connect(struct postgres *target, const struct project *project, struct error *error)
{
    struct buffer uri;
    buffer_init(&uri);
    bool ok = project_expand(project->target, &uri, error) && buffer_ok(&uri, error) &&
              postgres_connect(target, buffer_text(&uri), "target", ERROR_TARGET, error);
    buffer_release(&uri);
    return ok;
}
