/* The content level: every row of every table, each value of it.
 *
 * 1. Every entity's records become the rows that they should have become (expect.h), and these are
 *    tallied per table; several entities and row forms may fill one table.
 * 2. Every table is read back and tallied, at the same time. Equal tallies end it: one pass over
 *    each side.
 * 3. Tables that differ, and the entities that fill them, are read again; rows of the buckets that
 *    differ leave their hashes with suspects.h, which says how many are missing, extra, ...
 * exactly.
 * 4. They are read a last time for the rows that findings name (evidence.h).
 * What is kept in memory is tallies (128 KiB a table and side), a batch, 16 MiB of suspects and as
 * many named rows as --limit allows.
 *
 * What is compared: the columns that the entities give. A column that some row forms give and
 * others do not is compared for all of them: a row that does not give it holds the column's
 * default, which the server computes. Where that default depends on when and how often it is asked
 * (now(), gen_random_uuid(), a sequence, a generated column), nobody can tell what those rows
 * should hold, and the target's side does not tell which rows they are: the column is left out, and
 * because something was then not checked, the level does not hold but is "unchecked", with that as
 * its reason. Columns that no form gives belong to the target, and are not looked at.
 *
 * Rows that were there before the run (the ledger's rows_before) come from no record either, but
 * for those that a record met (met.h): as many extra rows as that are not findings. Which of the
 * extra ones they are cannot be told.
 *
 * Going on: tallies of finished entities are kept (state.h) while the records come from
 * checkpoints, each with all that it depends on: the checkpoint file, the mapping, what is
 * compared, the program. Nothing is kept of the target, which others may write to and redefine
 * meanwhile in more ways than could be listed, nor of a source that is read afresh: an answer about
 * yesterday's rows would be wrong today. */
#include "content.h"
#include "query.h"
#include "records.h"

#include "graduate/message.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { LAYOUT = 3 };

/* ---- the tables ----------------------------------------------------------------------------- */

static bool add_table(struct content *content, const struct expected_table *table,
                      struct error *error)
{
    struct content_table *there = content_find(content, table->label);
    if (there == NULL) {
        there = &content->tables[content->table_count++];
        evidence_init(&there->evidence);
        met_init(&there->met);
        there->suspects = (struct suspects){.fd = {-1, -1}};
        there->expected = calloc(1, sizeof *there->expected);
        there->found = calloc(1, sizeof *there->found);
        if (!compared_init(&there->compared, table->mapping, error))
            return false;
        if (there->expected == NULL || there->found == NULL)
            return error_memory(error);
    }
    return compared_claim(&there->compared, table, error);
}

static bool add_entity(struct content *content, const struct mapping *entity, struct error *error)
{
    const struct catalog_entity *catalog = verification_catalog(content->verification, entity);
    struct expectation *expectation;
    size_t count;
    if (catalog == NULL) {
        error_set(error, ERROR_SOURCE, "the catalog of the source %s knows no %s",
                  entity->source->name, entity->from);
        return error_at(error, entity->name, NULL, NULL);
    }
    if (!expectation_new(&expectation, content->verification->project, entity, catalog, error))
        return false;
    const struct expected_table *tables = expectation_tables(expectation, &count);
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++)
        ok = add_table(content, &tables[i], error);
    expectation_free(expectation);
    return ok;
}

/* How many rows the run found in a table when it began; 0 without a ledger. */
static bool read_before(struct content *content, struct error *error)
{
    const struct verification *verification = content->verification;
    struct postgres *target = &content->verification->target;
    PGresult *result;
    if (verification->run == NULL)
        return true;
    if (!postgres_query(target, "SELECT pg_catalog.to_regclass('graduate.tables') IS NOT NULL",
                        NULL, 0, &result, error))
        return false;
    bool has_ledger = PQgetvalue(result, 0, 0)[0] == 't';
    PQclear(result);
    if (!has_ledger)
        return true;
    if (!postgres_query(target,
                        "SELECT table_name, rows_before FROM graduate.tables WHERE run = $1",
                        &verification->run, 1, &result, error))
        return false;
    for (int row = 0; row < PQntuples(result); row++) {
        struct content_table *table = content_find(content, PQgetvalue(result, row, 0));
        if (table != NULL)
            table->before = strtoll(PQgetvalue(result, row, 1), NULL, 10);
    }
    PQclear(result);
    return true;
}

static bool identify(struct content *content, struct error *error)
{
    const struct verification *verification = content->verification;
    PGresult *result;
    if (!project_fingerprint(verification->project, content->fingerprint, error) ||
        !postgres_query(&content->verification->target,
                        "SELECT s.system_identifier, d.oid FROM pg_catalog.pg_control_system() s,"
                        " pg_catalog.pg_database d"
                        " WHERE d.datname = pg_catalog.current_database()",
                        NULL, 0, &result, error))
        return false;
    snprintf(content->identity, sizeof content->identity,
             "graduate %s, layout %d\n%s\n%s/%s run %s\n", GRADUATE_VERSION, LAYOUT,
             content->fingerprint, PQgetvalue(result, 0, 0), PQgetvalue(result, 0, 1),
             verification->run != NULL ? verification->run : "");
    PQclear(result);
    return true;
}

static bool content_init(struct content *content, struct verification *verification,
                         struct error *error)
{
    const struct project *project = verification->project;
    size_t most = 0;
    *content = (struct content){.verification = verification};
    if (verification->source == VERIFY_CHECKPOINTS)
        content->state.folder = verification->state_folder;
    for (size_t i = 0; i < project->mapping_count; i++)
        most += project->mappings[i]->table_count;
    content->tables = calloc(most + 1, sizeof *content->tables);
    bool ok = content->tables != NULL ? true : error_memory(error);
    for (size_t i = 0; ok && i < project->mapping_count; i++)
        ok = add_entity(content, project->mappings[i], error);
    for (size_t i = 0; ok && i < content->table_count; i++)
        ok = compared_settle(&content->tables[i].compared, project, &verification->target,
                             &verification->verdict, error) &&
             met_read(&content->tables[i].met, &content->tables[i].compared, &verification->target,
                      verification->run, error);
    return ok && read_before(content, error) && identify(content, error) &&
           amended_read(&content->amended, verification, error) &&
           known_ids_make(&content->known, verification, error);
}

static void content_release(struct content *content)
{
    for (size_t i = 0; i < content->table_count; i++) {
        struct content_table *table = &content->tables[i];
        compared_release(&table->compared);
        met_release(&table->met);
        suspects_close(&table->suspects);
        evidence_release(&table->evidence);
        free(table->expected);
        free(table->found);
    }
    free(content->tables);
    amended_release(&content->amended);
    known_ids_release(&content->known);
    fates_release(&content->fates);
}

/* ---- tallies -------------------------------------------------------------------------------- */

static bool visit_tally(struct content *content, struct content_table *table, enum side side,
                        const struct expected_value *values, const struct row_hashes *hashes,
                        struct error *error)
{
    (void)content, (void)values, (void)error;
    tally_add(side == SIDE_EXPECTED ? table->expected : table->found,
              compared_place(&table->compared, hashes), &hashes->row, hashes->bytes);
    return true;
}

/* The checkpoint that an entity's tallies come from, as a text that changes when the file does: the
 * time of its last change is the kernel's, and unlike that of its content nobody can set it. */
static bool put_checkpoint(const struct content *content, const struct mapping *entity,
                           struct buffer *identity)
{
    char path[PATH_MAX];
    struct stat info;
    struct error unused;
    if (!records_checkpoint(content->verification, entity, path, &unused) || stat(path, &info) != 0)
        return false;
    buffer_printf(identity, "%s %lld bytes %lld.%09ld %lld.%09ld %llu:%llu\n", entity->name,
                  (long long)info.st_size, (long long)info.st_mtim.tv_sec, info.st_mtim.tv_nsec,
                  (long long)info.st_ctim.tv_sec, info.st_ctim.tv_nsec,
                  (unsigned long long)info.st_dev, (unsigned long long)info.st_ino);
    return true;
}

/* Its own, and those of the entities that it looks up. */
static bool put_checkpoints(const struct content *content, const struct mapping *entity,
                            struct buffer *identity)
{
    const struct project *project = content->verification->project;
    bool ok = put_checkpoint(content, entity, identity);
    for (size_t i = 0; ok && i < project->mapping_count; i++)
        ok = (!mapping_looks_up(entity, project->mappings[i]) &&
              !mapping_asks(entity, project->mappings[i])) ||
             put_checkpoint(content, project->mappings[i], identity);
    return ok;
}

/* While an entity is read its rows are tallied apart from those of the others. */
static bool tally_apart(struct content *content, const struct mapping *entity,
                        struct content_table **tables, size_t count, struct tally **apart,
                        const struct buffer *identity, struct buffer *packed, struct error *error)
{
    struct tally **whole = calloc(count + 1, sizeof *whole);
    if (whole == NULL)
        return error_memory(error);
    for (size_t i = 0; i < count; i++) {
        whole[i] = tables[i]->expected;
        tables[i]->expected = apart[i];
    }
    struct fates fates = {0};
    bool ok = pass_entity(content, entity, visit_tally, &fates, error);
    for (size_t i = 0; i < count; i++)
        tables[i]->expected = whole[i];
    free(whole);
    fates_pack(&fates, packed);
    fates_release(&fates);
    if (ok && buffer_ok(packed, error))
        state_save(&content->state, entity->name, identity, (const struct tally *const *)apart,
                   count, packed);
    return ok;
}

static bool tally_kept(struct content *content, const struct mapping *entity,
                       struct content_table **tables, size_t count, struct error *error)
{
    struct tally **apart = calloc(count + 1, sizeof *apart);
    struct buffer identity, packed;
    buffer_init(&identity);
    buffer_init(&packed);
    buffer_puts(&identity, content->identity);
    amended_put_identity(&content->amended, entity->name, &identity);
    bool ok = apart != NULL;
    for (size_t i = 0; ok && i < count; i++) {
        compared_put_identity(&tables[i]->compared, &identity);
        met_put_identity(&tables[i]->met, &identity);
        apart[i] = calloc(1, sizeof **apart);
        ok = apart[i] != NULL;
    }
    ok = ok ? true : error_memory(error);
    if (ok && put_checkpoints(content, entity, &identity) && buffer_ok(&identity, error) &&
        state_load(&content->state, entity->name, &identity, apart, count, &packed))
        message_info("%s: done by the interrupted verification", entity->name);
    else
        ok = ok && buffer_ok(&identity, error) &&
             tally_apart(content, entity, tables, count, apart, &identity, &packed, error);
    ok = ok && buffer_ok(&packed, error) &&
         fates_unpack(&content->fates, entity->name, packed.data, packed.length, error);
    for (size_t i = 0; apart != NULL && i < count; i++) {
        if (ok)
            tally_merge(tables[i]->expected, apart[i]);
        free(apart[i]);
    }
    free(apart);
    buffer_release(&identity);
    buffer_release(&packed);
    return ok;
}

static bool tally_entity(struct content *content, const struct mapping *entity, struct error *error)
{
    if (content->state.folder == NULL)
        return pass_entity(content, entity, visit_tally, &content->fates, error);
    struct content_table **tables = calloc(content->table_count + 1, sizeof *tables);
    if (tables == NULL)
        return error_memory(error);
    size_t count = pass_tables(content, entity, tables);
    bool ok = tally_kept(content, entity, tables, count, error);
    free(tables);
    return ok;
}

static bool tally_table(struct content *content, struct content_table *table, struct error *error)
{
    if (!pass_table(content, table, visit_tally, error))
        return false;
    message_info("%s: %" PRId64 " rows read back", table->compared.label, tally_rows(table->found));
    return true;
}

/* The target's side. */
struct reading {
    struct content *content;
    struct error error;
    bool ok;
};

static void *read_tables(void *context)
{
    struct reading *reading = context;
    struct content *content = reading->content;
    reading->ok = true;
    for (size_t i = 0; reading->ok && i < content->table_count; i++)
        reading->ok = tally_table(content, &content->tables[i], &reading->error);
    return NULL;
}

/* Both sides at once: the target sends rows while the records are taken apart. The thread has the
 * connection, which the records' side has no use for; of a table each side writes its own tally. */
static bool tally_both(struct content *content, struct error *error)
{
    const struct project *project = content->verification->project;
    struct reading reading = {.content = content};
    pthread_t thread;
    bool beside = pthread_create(&thread, NULL, read_tables, &reading) == 0, ok = true;
    for (size_t i = 0; ok && i < project->mapping_count; i++)
        ok = tally_entity(content, project->mappings[i], error);
    if (beside)
        pthread_join(thread, NULL);
    else if (ok)
        read_tables(&reading);
    if (ok && !reading.ok)
        *error = reading.error;
    return ok && reading.ok;
}

static void compare_tallies(struct content *content)
{
    for (size_t i = 0; i < content->table_count; i++) {
        struct content_table *table = &content->tables[i];
        if (table->compared.there)
            table->differing = tally_compare(table->expected, table->found, table->differs);
        if (table->differing > 0)
            message_info("%s: its rows are not all equal", table->compared.label);
    }
}

/* ---- the verdict ---------------------------------------------------------------------------- */

static bool tell_table(struct content *content, struct content_table *table, struct error *error)
{
    struct verdict_file *verdict = &content->verification->verdict;
    int64_t expected = tally_rows(table->expected), all = 0;
    if (!table->compared.there)
        table->of_kind[ROW_MISSING] = expected;
    for (size_t kind = 0; kind < ROW_KINDS; kind++)
        all += table->of_kind[kind];
    cJSON *entry = verdict_table(verdict, table->compared.label);
    if (entry == NULL)
        return error_memory(error);
    bool ok = verdict_put_number(entry, "before", (double)table->before, error) &&
              verdict_put_number(entry, "expected", (double)expected, error) &&
              verdict_put_number(entry, "present", (double)tally_rows(table->found), error);
    for (size_t kind = 0; ok && kind < ROW_KINDS; kind++)
        ok = verdict_put_number(entry, row_kind_names[kind], (double)table->of_kind[kind], error);
    return ok && evidence_tell(&table->evidence, &table->compared, verdict, error) &&
           verdict_count(verdict, LEVEL_CONTENT, all - (int64_t)table->evidence.count, error);
}

/* The ledger's account is of the records that the run read, so they alone can contradict it. */
static bool compare_fates(struct content *content, struct error *error)
{
    struct verification *verification = content->verification;
    struct fates ledger = {0};
    bool known = false, ok = true;
    if (verification->run != NULL && verification->source == VERIFY_CHECKPOINTS)
        ok = fates_read_ledger(&ledger, &verification->target, verification->run, &known, error);
    if (ok && known)
        ok = fates_compare(&ledger, &content->fates, &verification->verdict, error);
    fates_release(&ledger);
    return ok && fates_tell(&content->fates, &verification->verdict, error);
}

static bool compare(struct content *content, struct error *error)
{
    if (!tally_both(content, error))
        return false;
    compare_tallies(content);
    bool ok = content_look_closer(content, error);
    for (size_t i = 0; ok && i < content->table_count; i++)
        ok = tell_table(content, &content->tables[i], error);
    return ok && compare_fates(content, error);
}

/* Why the level cannot hold though nothing was found: a column that was left out. */
static void name_left_out(const struct content *content, char *reason, size_t size)
{
    for (size_t i = 0; i < content->table_count; i++)
        if (content->tables[i].compared.left_out[0] != '\0' && reason[0] == '\0')
            snprintf(reason, size,
                     "%s was not compared: some rows do not give it, and its default is not "
                     "constant",
                     content->tables[i].compared.left_out);
}

static double seconds_since(const struct timespec *begun)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - begun->tv_sec) + (double)(now.tv_nsec - begun->tv_nsec) / 1e9;
}

bool level_content(struct verification *verification, struct error *error)
{
    struct timespec begun;
    struct content content;
    char reason[sizeof error->message + sizeof error->hint + 8] = "";
    clock_gettime(CLOCK_MONOTONIC, &begun);
    bool ok = content_init(&content, verification, error) && compare(&content, error);
    bool ends = !ok && (error->code == ERROR_BUG || error->code == ERROR_USAGE);
    if (ok) {
        name_left_out(&content, reason, sizeof reason);
        state_remove(verification->state_folder);
    } else if (!ends) {
        query_hint_rights(error);
        snprintf(reason, sizeof reason, "%s%s%s", error->message,
                 error->hint[0] != '\0' ? "; next: " : "", error->hint);
    }
    int64_t checks = (int64_t)content.table_count;
    content_release(&content);
    return !ends && verdict_close(&verification->verdict, LEVEL_CONTENT, checks,
                                  seconds_since(&begun), reason, error);
}
