/* One pass: rows from records or from a table, each with its hashes. */
#include "content.h"
#include "found.h"
#include "records.h"

#include "graduate/message.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct content_table *content_find(const struct content *content, const char *label)
{
    for (size_t i = 0; i < content->table_count; i++)
        if (strcmp(content->tables[i].compared.label, label) == 0)
            return &content->tables[i];
    return NULL;
}

size_t pass_tables(const struct content *content, const struct mapping *entity,
                   struct content_table **tables)
{
    size_t count = 0;
    for (size_t i = 0; i < content->table_count; i++) {
        bool fills = false;
        for (size_t t = 0; t < entity->table_count; t++)
            fills =
                fills || strcmp(entity->tables[t].label, content->tables[i].compared.label) == 0;
        if (fills)
            tables[count++] = &content->tables[i];
    }
    return count;
}

/* ---- a pass over one entity ----------------------------------------------------------------- */

/* How an entity's view of a table becomes the table's: for each compared column its place there. */
struct fill {
    struct content_table *table;
    const struct expected_table *from;
    size_t *columns;               /* SIZE_MAX: the entity does not give it */
    struct expected_value *values; /* of one row, in the table's order */
};

struct entity_pass {
    struct content *content;
    content_visit visit;
    struct fill *fills;
    size_t fill_count;
    int64_t rows, filtered;
};

static bool fill_init(struct fill *fill, struct error *error)
{
    const struct compared_table *compared = &fill->table->compared;
    fill->columns = calloc(compared->column_count + 1, sizeof *fill->columns);
    fill->values = calloc(compared->column_count + 1, sizeof *fill->values);
    if (fill->columns == NULL || fill->values == NULL)
        return error_memory(error);
    for (size_t i = 0; i < compared->column_count; i++) {
        fill->columns[i] = SIZE_MAX;
        for (size_t c = 0; c < fill->from->column_count; c++)
            if (strcmp(fill->from->columns[c].name, compared->columns[i].name) == 0)
                fill->columns[i] = c;
    }
    return true;
}

static bool take_expected(void *context, const struct expected_row *row, struct error *error)
{
    struct entity_pass *pass = context;
    size_t at = 0;
    while (at < pass->fill_count && pass->fills[at].from != row->table)
        at++;
    if (at == pass->fill_count)
        return error_set(error, ERROR_BUG, "a row of %s comes unannounced", row->table->label);
    struct fill *fill = &pass->fills[at];
    struct row_hashes hashes;
    for (size_t i = 0; i < fill->table->compared.column_count; i++)
        fill->values[i] = fill->columns[i] == SIZE_MAX ? (struct expected_value){.given = false}
                                                       : row->values[fill->columns[i]];
    pass->rows++;
    const struct expected_value *values =
        met_view(&fill->table->met, &fill->table->compared, SIDE_EXPECTED, fill->values);
    return compared_hash(&fill->table->compared, SIDE_EXPECTED, values, &hashes, error) &&
           pass->visit(pass->content, fill->table, SIDE_EXPECTED, values, &hashes, error);
}

static bool pass_init(struct entity_pass *pass, struct content *content,
                      struct expectation *expectation, content_visit visit, struct error *error)
{
    size_t count;
    const struct expected_table *tables = expectation_tables(expectation, &count);
    *pass = (struct entity_pass){.content = content, .visit = visit};
    pass->fills = calloc(count + 1, sizeof *pass->fills);
    bool ok = pass->fills != NULL ? true : error_memory(error);
    for (size_t i = 0; ok && i < count; i++) {
        struct fill *fill = &pass->fills[pass->fill_count++];
        *fill = (struct fill){content_find(content, tables[i].label), &tables[i], NULL, NULL};
        ok = fill->table != NULL
                 ? fill_init(fill, error)
                 : error_set(error, ERROR_SOURCE, "the catalog and the records do not agree on %s",
                             tables[i].label);
    }
    return ok;
}

static void pass_release(struct entity_pass *pass)
{
    for (size_t i = 0; i < pass->fill_count; i++) {
        free(pass->fills[i].columns);
        free(pass->fills[i].values);
    }
    free(pass->fills);
}

static bool pass_batches(struct entity_pass *pass, struct records *records,
                         struct expectation *expectation, struct error *error)
{
    struct record_batch batch;
    int64_t count = 0;
    bool more = true, ok = true;
    for (int64_t bytes = 0; ok && (ok = records_next(records, &batch, &more, error)) && more;) {
        ok = expectation_batch(expectation, batch.payload, batch.length, take_expected, pass,
                               &count, &pass->filtered, error);
        if (ok && count != records->records)
            ok = error_set(error, ERROR_SOURCE,
                           "%s: up to batch %" PRId64 " it holds %" PRId64
                           " records and says %" PRId64,
                           records->name, batch.number, count, records->records);
        bytes += (int64_t)batch.length;
        const struct progress progress = {records->entity->name, batch.number, count, pass->rows,
                                          bytes};
        if (ok)
            message_progress(&progress);
    }
    return ok;
}

static bool take_fates(const struct expectation *expectation, const struct entity_pass *pass,
                       const char *entity, struct fates *fates, struct error *error)
{
    size_t count;
    const struct expected_path *paths = expectation_paths(expectation, &count);
    return fates_take(fates, entity, pass->filtered, expectation_rejected(expectation), paths, count, error);
}

bool pass_entity(struct content *content, const struct mapping *entity, content_visit visit,
                 struct fates *fates, struct error *error)
{
    struct records records;
    struct expectation *expectation;
    struct entity_pass pass;
    if (!records_open(&records, content->verification, entity, error))
        return false;
    bool ok = expectation_new(&expectation, content->verification->project, entity,
                              &records.catalog.entities[0], error);
    if (ok) {
        size_t corrected;
        const struct expect_correction *corrections =
            amended_of(&content->amended, entity->name, &corrected);
        expectation_look_up(expectation, &content->known.lookup);
        expectation_correct(expectation, corrections, corrected);
        ok = pass_init(&pass, content, expectation, visit, error) &&
             pass_batches(&pass, &records, expectation, error) &&
             (fates == NULL || take_fates(expectation, &pass, entity->name, fates, error));
        if (ok)
            message_info("%s: %" PRId64 " records should be %" PRId64 " rows", entity->name,
                         records.records, pass.rows);
        pass_release(&pass);
        expectation_free(expectation);
    }
    records_close(&records);
    return ok ? true : error_at(error, entity->name, NULL, NULL);
}

/* ---- a pass over one table ------------------------------------------------------------------ */

struct table_pass {
    struct content *content;
    struct content_table *table;
    content_visit visit;
};

static bool take_found(void *context, const struct expected_value *values, struct error *error)
{
    struct table_pass *pass = context;
    struct row_hashes hashes;
    values = met_view(&pass->table->met, &pass->table->compared, SIDE_FOUND, values);
    return compared_hash(&pass->table->compared, SIDE_FOUND, values, &hashes, error) &&
           pass->visit(pass->content, pass->table, SIDE_FOUND, values, &hashes, error);
}

bool pass_table(struct content *content, struct content_table *table, content_visit visit,
                struct error *error)
{
    const struct compared_table *compared = &table->compared;
    struct table_pass pass = {content, table, visit};
    struct buffer select;
    if (!compared->there)
        return true;
    struct pgtype *types = calloc(compared->column_count + 1, sizeof *types);
    if (types == NULL)
        return error_memory(error);
    for (size_t i = 0; i < compared->column_count; i++)
        types[i] = compared->columns[i].type;
    buffer_init(&select);
    compared_put_select(compared, &select);
    bool ok = buffer_ok(&select, error) &&
              found_read(&content->verification->target, buffer_text(&select), types,
                         compared->column_count, take_found, &pass, error);
    buffer_release(&select);
    free(types);
    return ok;
}
