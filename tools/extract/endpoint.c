#include "endpoint.h"
#include "appwrite_source.h"
#include "mongodb_source.h"
#include "postgres_source.h"

#include <string.h>

/* One row per reader. */
static const struct reader_ops *const readers[] = {
    &mongodb_reader, &mongodump_reader, &postgres_reader, &appwrite_reader, &jsonl_reader,
};

static const struct reader_ops *find_reader(enum source_kind kind, bool export)
{
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
        if (readers[i]->kind == kind && readers[i]->export == export)
            return readers[i];
    return NULL;
}

bool endpoint_init(struct endpoint_texts *texts, const struct source *source, struct error *error)
{
    *texts = (struct endpoint_texts){.endpoint = {.source = source}};
    buffer_init(&texts->uri);
    buffer_init(&texts->key);
    bool ok = project_expand(source->uri, &texts->uri, error);
    if (ok) {
        struct endpoint *endpoint = &texts->endpoint;
        endpoint->uri = buffer_text(&texts->uri);
        bool export = strncmp(endpoint->uri, "file:", 5) == 0;
        endpoint->folder = export ? endpoint->uri + 5 : NULL;
        texts->ops = find_reader(source->kind, export);
        if (texts->ops == NULL) {
            ok = error_set(error, ERROR_USAGE, "the source %s is %s, which has no \"file:\" form",
                           source->name, source_kind_names[source->kind]);
            error_hint(error, "restore a pg_dump file into a database, and name that");
        }
        if (ok && !export && source->key != NULL) {
            ok = project_expand(source->key, &texts->key, error);
            endpoint->key = buffer_text(&texts->key);
        }
    }
    if (!ok)
        endpoint_release(texts);
    return ok;
}

void endpoint_release(struct endpoint_texts *texts)
{
    buffer_release(&texts->uri);
    buffer_release(&texts->key);
}
