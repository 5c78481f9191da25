#include "transfers.h"
#include "extraction.h"
#include "lookups.h"
#include "snapshot.h"
#include "transfer.h"

#include "graduate/ledger.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_AT_A_TIME = 16 };

/* A source that is not named any more is not asked. */
static bool check_unchanged(struct migration *migration, const struct mapping *mapping,
                            const struct ledger_progress *progress, struct error *error)
{
    struct extraction_texts texts;
    struct arguments arguments;
    if (!folder_file(&migration->folder, "catalog", texts.catalogs, error))
        return false;
    arguments_init(&arguments, "graduate-extract");
    arguments_add(&arguments, "--project", migration->project.folder, "--entity", mapping->name,
                  "--catalogs", texts.catalogs, "--run", migration->folder.run, "--unchanged",
                  NULL);
    if (!extraction_add_place(migration, mapping, progress, &texts, &arguments, error))
        return false;
    if (pipeline_run(&migration->supervisor, &arguments, 1, NULL, NULL, error))
        return true;
    if (error->code != ERROR_USAGE)
        return false;
    *error = (struct error){0};
    return true;
}

/* What is loaded already is not left, and of what is begun the rest is. */
static int64_t left_of(const struct migration *migration, const struct mapping *mapping,
                       const struct ledger_progress *progress)
{
    const struct catalog_entity *catalog = catalogs_find(&migration->catalogs, mapping);
    int64_t estimate = catalog != NULL ? catalog->estimate : -1;
    if (progress->done || (estimate >= 0 && estimate <= progress->records))
        return 0;
    return estimate < 0 ? -1 : estimate - progress->records;
}

/* `left`, of each mapping, may be NULL. */
static bool look_at_all(struct migration *migration, int64_t *left, struct error *error)
{
    for (size_t i = 0; i < migration->project.mapping_count; i++) {
        const struct mapping *mapping = migration->project.mappings[i];
        bool export = mapping->source->kind != SOURCE_POSTGRES; /* or it can be one */
        struct ledger_progress progress;
        if (left == NULL && !export)
            continue;
        if (!transfer_read_progress(migration, mapping, &progress, error))
            return error_at(error, mapping->name, NULL, NULL);
        if (left != NULL)
            left[i] = left_of(migration, mapping, &progress);
        bool ok =
            !export || !progress.done || check_unchanged(migration, mapping, &progress, error);
        ledger_progress_release(&progress);
        if (!ok)
            return error_at(error, mapping->name, NULL, NULL);
    }
    return true;
}

bool transfers_check_done(struct migration *migration, struct error *error)
{
    return look_at_all(migration, NULL, error);
}

/* Also what is left of each. */
static bool begin_all(struct migration *migration, struct error *error)
{
    migration->pace.left =
        calloc(migration->project.mapping_count + 1, sizeof *migration->pace.left);
    return migration->pace.left != NULL ? look_at_all(migration, migration->pace.left, error)
                                        : error_memory(error);
}

/* ---- which may run beside which ---------------------------------------------------------------
 */

enum state { WAITING, RUNNING, DONE };

struct transfers {
    struct migration *migration;
    struct snapshot *snapshots; /* of each source */
    enum state *states;         /* of each mapping */
    bool *after;                /* of each pair of mappings: the first waits for the second */
    struct transfer *items;     /* those of them that run, and free places */
    size_t most;
};

/* Do both fill the same table, or tables that the target brings, whose triggers may lead from one
 * to the other? */
static bool meet(const struct mapping *one, const struct mapping *other)
{
    bool brought[2] = {false};
    for (size_t i = 0; i < one->table_count; i++)
        for (size_t j = 0; j < other->table_count; j++) {
            if (strcmp(one->tables[i].label, other->tables[j].label) == 0)
                return true;
            brought[0] = brought[0] || one->tables[i].exists;
            brought[1] = brought[1] || other->tables[j].exists;
        }
    return brought[0] && brought[1];
}

/* By a foreign key that is there already. */
static bool follows(const struct migration *migration, const struct mapping *mapping,
                    const struct mapping *first)
{
    for (size_t i = 0; i < migration->follow_count; i++)
        if (migration->follows[i].mapping == mapping && migration->follows[i].first == first)
            return true;
    return false;
}

/* All pairs between which a way of several steps leads. */
static void close_ways(bool *ways, size_t count)
{
    for (size_t by = 0; by < count; by++)
        for (size_t from = 0; from < count; from++)
            for (size_t to = 0; ways[from * count + by] && to < count; to++)
                ways[from * count + to] = ways[from * count + to] || ways[by * count + to];
}

/* Does the way to its ids and facts, or to those that these lean on, lead through the records of
 * another? Asked once: dozens of entities that all refer to one another have more ways than can be
 * gone one by one. */
static bool find_after(struct transfers *transfers, struct error *error)
{
    const struct project *project = &transfers->migration->project;
    size_t count = project->mapping_count;
    struct mapping *const *mappings = project->mappings;
    bool *ways = calloc(count * count + 1, sizeof *ways);
    transfers->after = calloc(count * count + 1, sizeof *transfers->after);
    if (ways == NULL || transfers->after == NULL) {
        free(ways);
        return error_memory(error);
    }
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            ways[i * count + j] = mapping_looks_up(mappings[i], mappings[j]) ||
                                  mapping_leans_on(mappings[i], mappings[j]);
    close_ways(ways, count);
    for (size_t i = 0; i < count; i++)
        ways[i * count + i] = true;
    for (size_t j = 0; j < count; j++)
        for (size_t by = 0; by < count; by++) {
            bool asks = mapping_asks(mappings[by], mappings[j]);
            for (size_t i = 0; i < count; i++)
                transfers->after[i * count + j] =
                    transfers->after[i * count + j] || (asks && ways[i * count + by]);
        }
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            transfers->after[i * count + j] =
                transfers->after[i * count + j] || ways[i * count + j] ||
                meet(mappings[i], mappings[j]) ||
                follows(transfers->migration, mappings[i], mappings[j]);
    free(ways);
    return true;
}

static bool may_begin(const struct transfers *transfers, size_t place)
{
    size_t count = transfers->migration->project.mapping_count;
    for (size_t i = 0; i < count; i++) {
        bool ahead = transfers->states[i] == RUNNING ||
                     (transfers->states[i] == WAITING && i < place); /* it would go first */
        if (i != place && ahead && transfers->after[place * count + i])
            return false;
    }
    return true;
}

/* The first that may; the number of mappings: none. */
static size_t next_place(const struct transfers *transfers)
{
    size_t place = 0, all = transfers->migration->project.mapping_count;
    while (place < all &&
           (transfers->states[place] != WAITING || !may_begin(transfers, place)))
        place++;
    return place;
}

/* ---- all of them ----------------------------------------------------------------------------- */

/* A snapshot that nobody needs any more holds the source's dead rows. */
static void let_go(struct transfers *transfers, const struct source *source)
{
    const struct project *project = &transfers->migration->project;
    for (size_t i = 0; i < project->mapping_count; i++)
        if (project->mappings[i]->source == source && transfers->states[i] != DONE)
            return;
    snapshot_let_go(&transfers->snapshots[source - project->sources],
                    &transfers->migration->supervisor);
}

static void set_done(struct transfers *transfers, struct transfer *transfer)
{
    transfers->states[transfer->place] = DONE;
    transfer_release(transfer);
    let_go(transfers, transfer->mapping->source);
}

/* A transfer stays in its place while its programs run. */
static struct transfer *free_place(const struct transfers *transfers)
{
    for (size_t i = 0; i < transfers->most; i++)
        if (!transfers->items[i].runs)
            return &transfers->items[i];
    return NULL;
}

static bool begin_one(struct transfers *transfers, struct transfer *transfer, size_t place,
                      struct error *error)
{
    if (!transfer_begin(transfer, transfers->migration, place, transfers->snapshots, error)) {
        transfer_release(transfer);
        return false;
    }
    transfers->states[place] = RUNNING;
    if (!transfer->runs)
        set_done(transfers, transfer);
    return true;
}

static bool end_one(struct transfers *transfers, struct error *error)
{
    struct supervised *groups[MOST_AT_A_TIME];
    struct transfer *running[MOST_AT_A_TIME];
    size_t count = 0, ended = 0;
    for (size_t i = 0; i < transfers->most; i++)
        if (transfers->items[i].runs) {
            running[count] = &transfers->items[i];
            groups[count++] = &transfers->items[i].pipeline.group;
        }
    supervisor_wait_any(&transfers->migration->supervisor, groups, count);
    while (!supervised_ended(groups[ended]))
        ended++;
    bool ok = transfer_end(running[ended], error);
    if (ok)
        set_done(transfers, running[ended]);
    else
        transfer_release(running[ended]);
    return ok;
}

static bool all_done(const struct transfers *transfers)
{
    bool done = true;
    for (size_t i = 0; i < transfers->migration->project.mapping_count; i++)
        done = done && transfers->states[i] == DONE;
    return done;
}

static bool load_all(struct transfers *transfers, struct error *error)
{
    bool ok = true;
    while (ok && !all_done(transfers)) {
        struct transfer *transfer = free_place(transfers);
        size_t place = next_place(transfers);
        ok = transfer != NULL && place < transfers->migration->project.mapping_count
                 ? begin_one(transfers, transfer, place, error)
                 : end_one(transfers, error);
    }
    return ok;
}

/* Connections that the target still lets in. Of a pooler's own limit it knows nothing. */
static bool count_free(struct postgres *target, int64_t *count, struct error *error)
{
    static const char sql[] =
        "select least(current_setting('max_connections')::int"
        "  - current_setting('superuser_reserved_connections')::int - (select count(*)"
        "    from pg_catalog.pg_stat_activity where backend_type = 'client backend'),"
        " nullif(r.rolconnlimit, -1) - (select count(*) from pg_catalog.pg_stat_activity"
        "    where usesysid = r.oid),"
        " nullif(d.datconnlimit, -1) - (select count(*) from pg_catalog.pg_stat_activity"
        "    where datid = d.oid))"
        " from pg_catalog.pg_roles r, pg_catalog.pg_database d"
        " where r.rolname = current_user and d.datname = current_database()";
    PGresult *result;
    if (!postgres_query(target, sql, NULL, 0, &result, error))
        return false;
    *count = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    return true;
}

/* As many as were asked for, or as there are cores that this process may use; each needs a
 * connection. What is read anew stands among keys that are there already. */
static bool set_most(struct transfers *transfers, struct error *error)
{
    cpu_set_t set;
    struct migration *migration = transfers->migration;
    int64_t count = migration->options->jobs, free_ones;
    if (!count_free(&migration->target, &free_ones, error))
        return false;
    if (count == 0)
        count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    count = count < free_ones ? count : free_ones;
    if (migration->restarts.count > 0 || count < 1)
        count = 1;
    transfers->most = count < MOST_AT_A_TIME ? (size_t)count : MOST_AT_A_TIME;
    return true;
}

bool transfers_load(struct migration *migration, struct error *error)
{
    const struct project *project = &migration->project;
    struct transfers transfers = {.migration = migration};
    if (!set_most(&transfers, error))
        return false;
    transfers.snapshots = calloc(project->source_count, sizeof *transfers.snapshots);
    transfers.states = calloc(project->mapping_count + 1, sizeof *transfers.states);
    /* calloc does not align a position (bson_t) as its type wants */
    transfers.items =
        aligned_alloc(_Alignof(struct transfer), transfers.most * sizeof *transfers.items);
    bool ok = transfers.snapshots != NULL && transfers.states != NULL && transfers.items != NULL
                  ? true
                  : error_memory(error);
    if (ok) {
        memset(transfers.items, 0, transfers.most * sizeof *transfers.items);
        ok = begin_all(migration, error) && find_after(&transfers, error);
        migration->pace.begun = progress_clock();
        ok = ok && load_all(&transfers, error);
        for (size_t i = 0; i < transfers.most; i++)
            if (transfers.items[i].runs)
                transfer_release(&transfers.items[i]);
        for (size_t i = 0; i < project->source_count; i++)
            snapshot_let_go(&transfers.snapshots[i], &migration->supervisor);
    }
    free(transfers.snapshots);
    free(transfers.states);
    free(transfers.after);
    free(transfers.items);
    if (ok)
        lookups_forget(migration);
    return ok;
}
