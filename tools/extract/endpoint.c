#include "endpoint.h"
#include "appwrite_source.h"
#include "graduate/words.h"
#include "mongodb_source.h"
#include "postgres_source.h"

#include <stdlib.h>
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

bool endpoint_init(struct endpoint_texts *texts, const struct source *source, int64_t stall,
                   struct error *error)
{
    *texts = (struct endpoint_texts){.endpoint = {.source = source, .stall = stall}};
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

bool endpoint_find(const struct catalog *catalog, const struct mapping *mapping,
                   const struct catalog_entity **entity, struct error *error)
{
    *entity = catalog_find(catalog, mapping->from);
    if (*entity != NULL)
        return true;
    const char **names = calloc(catalog->entity_count + 1, sizeof *names);
    if (names == NULL)
        return error_memory(error);
    for (size_t i = 0; i < catalog->entity_count; i++)
        names[i] = catalog->entities[i].name;
    const char *nearest = words_nearest(mapping->from, names, catalog->entity_count);
    error_set(error, ERROR_SOURCE, "the source %s has no %s", mapping->source->name, mapping->from);
    error_at(error, mapping->name, NULL, NULL);
    if (nearest != NULL)
        error_hint(error, "did you mean \"%s\"? then correct \"from\" in %s", nearest,
                   mapping->file);
    else
        error_hint(error,
                   "see what it holds with graduate-extract --catalog, and correct \"from\" in %s",
                   mapping->file);
    free(names);
    return false;
}

void endpoint_release(struct endpoint_texts *texts)
{
    buffer_release(&texts->uri);
    buffer_release(&texts->key);
}
