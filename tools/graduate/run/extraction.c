#include "extraction.h"

#include "graduate/file.h"

#include <inttypes.h>
#include <stdio.h>

static void number(char out[24], int64_t value)
{
    snprintf(out, 24, "%" PRId64, value);
}

/* The place to go on from is too large for a command line, and a key keeps its type in a file. */
static bool put_position(const struct migration *migration, const struct mapping *mapping,
                         const struct ledger_progress *progress, char out[PATH_MAX],
                         struct error *error)
{
    char name[NAME_MAX];
    snprintf(name, sizeof name, "positions/%s.bson", mapping->name);
    return folder_file(&migration->folder, name, out, error) &&
           file_replace(out, bson_get_data(&progress->position), progress->position.len, error);
}

bool extraction_add_place(const struct migration *migration, const struct mapping *mapping,
                          const struct ledger_progress *progress, struct extraction_texts *texts,
                          struct arguments *arguments, struct error *error)
{
    if (progress->batch == 0)
        return true;
    number(texts->batch, progress->batch);
    number(texts->records, progress->records);
    if (!put_position(migration, mapping, progress, texts->position, error))
        return false;
    arguments_add(arguments, "--after-batch", texts->batch, "--after-records", texts->records,
                  "--after", texts->position, NULL);
    return true;
}

bool extraction_arguments(const struct migration *migration, const struct mapping *mapping,
                          const struct ledger_progress *progress, const struct snapshot *snapshot,
                          struct extraction_texts *texts, struct arguments *arguments,
                          struct error *error)
{
    const struct migration_options *options = migration->options;
    char name[NAME_MAX];
    arguments_init(arguments, "graduate-extract");
    arguments_add(arguments, "--project", migration->project.folder, "--entity", mapping->name,
                  "--catalogs", texts->catalogs, "--run", migration->folder.run, NULL);
    if (!options->no_checkpoint) {
        snprintf(name, sizeof name, "checkpoints/%s.gck", mapping->name);
        if (!folder_file(&migration->folder, name, texts->checkpoint, error))
            return false;
        arguments_add(arguments, "--checkpoint", texts->checkpoint, NULL);
    }
    if (!extraction_add_place(migration, mapping, progress, texts, arguments, error))
        return false;
    if (snapshot->held)
        arguments_add(arguments, "--snapshot", snapshot->name, NULL);
    if (migration->folder.batch_bytes > 0) {
        number(texts->batch_bytes, migration->folder.batch_bytes);
        arguments_add(arguments, "--batch-bytes", texts->batch_bytes, NULL);
    }
    return true;
}
