/* A closer look at the tables that differ: which rows, and what is wrong with them. */
#include "content.h"

#include <stdlib.h>

enum { SUSPECTS_AT_ONCE = 16 << 20 };

static bool visit_suspect(struct content *content, struct content_table *table, enum side side,
                          const struct expected_value *values, const struct row_hashes *hashes,
                          struct error *error)
{
    (void)content, (void)values;
    if (!table->differs[tally_bucket_of(compared_place(&table->compared, hashes))])
        return true;
    const struct suspect suspect = {
        .key = hashes->key,
        .row = hashes->row,
        .parent = hashes->parent,
        .rest = hashes->rest,
    };
    return suspects_add(&table->suspects, side, &suspect, error);
}

static bool visit_evidence(struct content *content, struct content_table *table, enum side side,
                           const struct expected_value *values, const struct row_hashes *hashes,
                           struct error *error)
{
    (void)content;
    return evidence_keep(&table->evidence, &table->compared, side, values, &hashes->row, error);
}

static size_t differing_tables(const struct content *content)
{
    size_t count = 0;
    for (size_t i = 0; i < content->table_count; i++)
        count += content->tables[i].differing > 0;
    return count;
}

/* Both sides of all tables that differ, once more. */
static bool read_again(struct content *content, content_visit visit, struct error *error)
{
    const struct project *project = content->verification->project;
    struct content_table **tables = calloc(content->table_count + 1, sizeof *tables);
    if (tables == NULL)
        return error_memory(error);
    bool ok = true;
    for (size_t i = 0; ok && i < project->mapping_count; i++) {
        size_t count = pass_tables(content, project->mappings[i], tables);
        bool needed = false;
        for (size_t t = 0; t < count; t++)
            needed = needed || tables[t]->differing > 0;
        ok = !needed || pass_entity(content, project->mappings[i], visit, NULL, error);
    }
    free(tables);
    for (size_t i = 0; ok && i < content->table_count; i++)
        if (content->tables[i].differing > 0)
            ok = pass_table(content, &content->tables[i], visit, error);
    return ok;
}

struct counting {
    struct content_table *table;
    size_t most;
};

static bool count_difference(void *context, const struct difference *difference,
                             struct error *error)
{
    struct counting *counting = context;
    counting->table->of_kind[difference->kind]++;
    return evidence_note(&counting->table->evidence, difference, counting->most, error);
}

static bool source_changed(const struct content_table *table, struct error *error)
{
    error_set(error, ERROR_SOURCE, "%s: a source changed while it was compared",
              table->compared.label);
    return error_hint(error, "compare with the run's checkpoints, or stop what writes to the "
                             "sources");
}

/* As many rows of a kind as were there before the run are no findings. */
static void forgive(struct content_table *table, enum row_kind kind, size_t share, bool *wanted,
                    int64_t *before)
{
    int64_t *rows = &table->of_kind[kind], forgiven = *rows < *before ? *rows : *before;
    *rows -= forgiven;
    *before -= forgiven;
    wanted[kind] = *rows > 0;
    if (share > 0 && *rows > 0 && (size_t)*rows < table->evidence.of_kind[kind])
        table->evidence.of_kind[kind] = (size_t)*rows;
}

/* Count what is wrong with a table, and choose which rows are named. */
static bool judge(struct content *content, struct content_table *table, size_t share,
                  struct error *error)
{
    struct counting counting = {table, (size_t)content->verification->verdict.limit};
    bool wanted[ROW_KINDS] = {true, true, true, true, true};
    if (!suspects_compare(&table->suspects, table->compared.ordered, SUSPECTS_AT_ONCE,
                          count_difference, &counting, error))
        return false;
    suspects_close(&table->suspects);
    int64_t all = 0;
    for (size_t kind = 0; kind < ROW_KINDS; kind++)
        all += table->of_kind[kind];
    if (all == 0) /* the tallies differed, and now nothing does */
        return source_changed(table, error);
    int64_t before = table->before - table->met.before;
    forgive(table, ROW_EXTRA, share, wanted, &before);
    if (!table->compared.named) /* one that is equal to a record's row is no less from before */
        forgive(table, ROW_DUPLICATED, share, wanted, &before);
    return evidence_choose(&table->evidence, share, wanted, error);
}

bool content_look_closer(struct content *content, struct error *error)
{
    const struct verdict_file *verdict = &content->verification->verdict;
    size_t left = differing_tables(content), named = 0;
    int64_t places = verdict->limit - verdict->kept[LEVEL_CONTENT];
    for (size_t i = 0; i < content->table_count; i++)
        if (content->tables[i].differing > 0 &&
            !suspects_open(&content->tables[i].suspects,
                           content->verification->state_folder != NULL
                               ? content->verification->run_folder
                               : NULL,
                           error))
            return false;
    if (left == 0 || !read_again(content, visit_suspect, error))
        return left == 0;
    for (size_t i = 0; i < content->table_count; i++) {
        struct content_table *table = &content->tables[i];
        if (table->differing == 0)
            continue;
        size_t share = places > 0 ? ((size_t)places + left - 1) / left : 0;
        if (!judge(content, table, share, error))
            return false;
        places -= (int64_t)table->evidence.count;
        named += table->evidence.count;
        left--;
    }
    return named == 0 || read_again(content, visit_evidence, error);
}
