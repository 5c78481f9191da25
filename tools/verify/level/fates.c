#include "fates.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fates_release(struct fates *fates)
{
    for (size_t i = 0; i < fates->count; i++) {
        free(fates->rows[i].entity);
        free(fates->rows[i].path);
    }
    for (size_t i = 0; i < fates->entity_count; i++)
        free(fates->entities[i].entity);
    free(fates->rows);
    free(fates->entities);
    *fates = (struct fates){0};
}

static struct fate_row *add(struct fates *fates, const char *entity, const char *path,
                            struct error *error)
{
    if (fates->count == fates->room) {
        size_t room = fates->room * 2 + 64;
        struct fate_row *rows = realloc(fates->rows, room * sizeof *rows);
        if (rows == NULL) {
            error_memory(error);
            return NULL;
        }
        fates->rows = rows;
        fates->room = room;
    }
    struct fate_row row = {.entity = strdup(entity), .path = strdup(path)};
    if (row.entity == NULL || row.path == NULL) {
        free(row.entity);
        free(row.path);
        error_memory(error);
        return NULL;
    }
    fates->rows[fates->count] = row;
    return &fates->rows[fates->count++];
}

static bool add_entity(struct fates *fates, const char *name, int64_t filtered, int64_t rejected,
                       struct error *error)
{
    if (fates->entity_count == fates->entity_room) {
        size_t room = fates->entity_room * 2 + 16;
        struct fate_entity *entities = realloc(fates->entities, room * sizeof *entities);
        if (entities == NULL)
            return error_memory(error);
        fates->entities = entities;
        fates->entity_room = room;
    }
    struct fate_entity entity = {strdup(name), filtered, rejected};
    if (entity.entity == NULL)
        return error_memory(error);
    fates->entities[fates->entity_count++] = entity;
    return true;
}

static bool is_empty(const int64_t values[FATE_COUNT])
{
    for (size_t i = 0; i < FATE_COUNT; i++)
        if (values[i] != 0)
            return false;
    return true;
}

bool fates_take(struct fates *fates, const char *entity, int64_t filtered, int64_t rejected,
                const struct expected_path *paths, size_t count, struct error *error)
{
    if (!add_entity(fates, entity, filtered, rejected, error))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!paths[i].named && is_empty(paths[i].values))
            continue;
        struct fate_row *row = add(fates, entity, paths[i].path, error);
        if (row == NULL)
            return false;
        row->named = paths[i].named;
        memcpy(row->values, paths[i].values, sizeof row->values);
    }
    return true;
}

/* ---- the ledger ------------------------------------------------------------------------------ */

static const char entities_sql[] =
    "SELECT entity, pg_catalog.sum(filtered), pg_catalog.sum(rejected) FROM graduate.batches"
    " WHERE run::pg_catalog.text = $1 GROUP BY entity";

/* A row per entity, path and fate; a fate that is not known here would be one of a newer graduate.
 */
static const char paths_sql[] =
    "SELECT b.entity, p.key, f.key, pg_catalog.sum(f.value::pg_catalog.int8)"
    " FROM graduate.batches b, pg_catalog.jsonb_each(b.paths) p,"
    " pg_catalog.jsonb_each_text(p.value) f"
    " WHERE b.run::pg_catalog.text = $1 GROUP BY 1, 2, 3"
    " ORDER BY b.entity COLLATE \"C\", p.key COLLATE \"C\"";

static bool read_row(struct fates *fates, const PGresult *result, int row, struct error *error)
{
    const char *entity = PQgetvalue(result, row, 0), *path = PQgetvalue(result, row, 1);
    const char *name = PQgetvalue(result, row, 2);
    struct fate_row *last = fates->count > 0 ? &fates->rows[fates->count - 1] : NULL;
    if (last == NULL || strcmp(last->entity, entity) != 0 || strcmp(last->path, path) != 0)
        last = add(fates, entity, path, error);
    if (last == NULL)
        return false;
    for (size_t fate = 0; fate < FATE_COUNT; fate++)
        if (strcmp(fate_names[fate], name) == 0) {
            last->values[fate] = strtoll(PQgetvalue(result, row, 3), NULL, 10);
            return true;
        }
    return error_set(error, ERROR_TARGET, "the ledger says of %s, %s: \"%s\", which is no fate",
                     entity, path, name);
}

/* A ledger can be gone, be of a graduate that did not count values, or be that of other runs. */
static bool knows_run(struct postgres *target, const char *run, bool *known, struct error *error)
{
    static const char *const questions[] = {
        "SELECT $1::pg_catalog.text IS NOT NULL AND EXISTS (SELECT FROM pg_catalog.pg_attribute"
        " WHERE attrelid = pg_catalog.to_regclass('graduate.batches') AND attname = 'paths')",
        "SELECT EXISTS (SELECT FROM graduate.runs WHERE run::pg_catalog.text = $1)",
    };
    *known = true;
    for (size_t i = 0; *known && i < sizeof questions / sizeof questions[0]; i++) {
        PGresult *result;
        if (!postgres_query(target, questions[i], &run, 1, &result, error))
            return false;
        *known = PQgetvalue(result, 0, 0)[0] == 't';
        PQclear(result);
    }
    return true;
}

bool fates_read_ledger(struct fates *fates, struct postgres *target, const char *run, bool *ledger,
                       struct error *error)
{
    PGresult *result;
    if (!knows_run(target, run, ledger, error))
        return false;
    if (!*ledger)
        return true;
    if (!postgres_query(target, paths_sql, &run, 1, &result, error))
        return false;
    bool ok = true;
    for (int row = 0; ok && row < PQntuples(result); row++)
        ok = read_row(fates, result, row, error);
    PQclear(result);
    if (!ok || !postgres_query(target, entities_sql, &run, 1, &result, error))
        return false;
    for (int row = 0; ok && row < PQntuples(result); row++)
        ok = add_entity(fates, PQgetvalue(result, row, 0),
                        strtoll(PQgetvalue(result, row, 1), NULL, 10),
                        strtoll(PQgetvalue(result, row, 2), NULL, 10), error);
    PQclear(result);
    return ok;
}

/* ---- the verdict ----------------------------------------------------------------------------- */

int64_t fate_row_balance(const struct fate_row *row)
{
    int64_t balance = row->values[FATE_SEEN];
    for (size_t fate = FATE_SEEN + 1; fate < FATE_TERMS; fate++)
        balance -= row->values[fate];
    return balance;
}

void fate_row_describe(const struct fate_row *row, char *out, size_t size)
{
    size_t used = 0;
    snprintf(out, size, "nothing");
    for (size_t fate = 0; fate < FATE_COUNT && used < size; fate++)
        if (row->values[fate] != 0)
            used += (size_t)snprintf(out + used, size - used, "%s%s %" PRId64, used > 0 ? ", " : "",
                                     fate_names[fate], row->values[fate]);
}

static int compare_rows(const void *a, const void *b)
{
    const struct fate_row *x = a, *y = b;
    int order = strcmp(x->entity, y->entity);
    return order != 0 ? order : strcmp(x->path, y->path);
}

static void sort(struct fates *fates)
{
    if (fates->count > 1)
        qsort(fates->rows, fates->count, sizeof *fates->rows, compare_rows);
}

static bool tell_row(cJSON *array, const struct fate_row *row)
{
    cJSON *json = cJSON_CreateObject();
    bool ok = cJSON_AddItemToArray(array, json) &&
              cJSON_AddStringToObject(json, "entity", row->entity) != NULL &&
              cJSON_AddStringToObject(json, "path", row->path) != NULL;
    for (size_t fate = 0; ok && fate < FATE_COUNT; fate++) /* the terms; of the others what is there */
        ok = (fate >= FATE_TERMS && row->values[fate] == 0) ||
             cJSON_AddNumberToObject(json, fate_names[fate], (double)row->values[fate]) != NULL;
    return ok && cJSON_AddNumberToObject(json, "balance", (double)fate_row_balance(row)) != NULL;
}

bool fates_tell(struct fates *fates, struct verdict_file *verdict, struct error *error)
{
    cJSON *array = cJSON_CreateArray();
    bool ok = array != NULL;
    sort(fates);
    for (size_t i = 0; ok && i < fates->count; i++)
        ok = is_empty(fates->rows[i].values) || tell_row(array, &fates->rows[i]);
    if (ok && cJSON_ReplaceItemInObjectCaseSensitive(verdict->json, "paths", array))
        return true;
    cJSON_Delete(array);
    return error_memory(error);
}

/* ---- the ledger against the recount ---------------------------------------------------------- */

/* The rows of one entity in either. */
struct side {
    const struct fate_row *rows;
    size_t count;
    bool overflows; /* has more paths than stand alone; a field may be called "*", too */
};

static struct side side_of(const struct fates *fates, size_t *at, const char *entity)
{
    struct side side = {.rows = fates->rows + *at};
    bool others = false;
    for (; *at < fates->count && strcmp(fates->rows[*at].entity, entity) == 0; ++*at) {
        others = others || strcmp(fates->rows[*at].path, FATE_OTHER_PATHS) == 0;
        side.count++;
    }
    side.overflows = others && side.count >= FATE_MOST_PATHS / 2;
    return side;
}

/* For a message, which has room for numbers behind it. */
static void shorten(const char *path, char out[200])
{
    size_t length = strlen(path), most = 199 - strlen("...");
    bool cut = length > most;
    length = cut ? most : length;
    while (cut && length > 0 && ((uint8_t)path[length] & 0xC0) == 0x80)
        length--; /* not inside a character */
    snprintf(out, 200, "%.*s%s", (int)length, path, cut ? "..." : "");
}

/* Either may be NULL: it has no such path. */
static bool compare_values(const char *entity, const char *path, const struct fate_row *ledger,
                           const struct fate_row *recount, struct verdict_file *verdict,
                           struct error *error)
{
    static const struct fate_row nothing;
    char shown[200], said[256], counted[256];
    ledger = ledger != NULL ? ledger : &nothing;
    recount = recount != NULL ? recount : &nothing;
    if (memcmp(ledger->values, recount->values, sizeof ledger->values) == 0)
        return true;
    shorten(path, shown);
    fate_row_describe(ledger, said, sizeof said);
    fate_row_describe(recount, counted, sizeof counted);
    return verdict_find(verdict, LEVEL_CONTENT, "values", NULL, NULL, NULL, error,
                        "%s, %s: the ledger says %s; counted anew it is %s", entity, shown, said,
                        counted);
}

static void add_values(struct fate_row *sum, const struct fate_row *row)
{
    for (size_t fate = 0; row != NULL && fate < FATE_COUNT; fate++)
        sum->values[fate] += row->values[fate];
}

/* Path by path; where there are too many, those that the mapping names, and the sum of all others.
 */
static bool compare_sides(const char *entity, const struct side *ledger, const struct side *recount,
                          struct verdict_file *verdict, struct error *error)
{
    bool together = ledger->overflows || recount->overflows, ok = true;
    struct fate_row said_of_others = {0}, counted_of_others = {0};
    for (size_t l = 0, r = 0; ok && (l < ledger->count || r < recount->count);) {
        const struct fate_row *said = l < ledger->count ? &ledger->rows[l] : NULL;
        const struct fate_row *counted = r < recount->count ? &recount->rows[r] : NULL;
        int order = said == NULL ? 1 : counted == NULL ? -1 : strcmp(said->path, counted->path);
        said = order <= 0 ? said : NULL;
        counted = order >= 0 ? counted : NULL;
        if (together && (counted == NULL || !counted->named)) {
            add_values(&said_of_others, said);
            add_values(&counted_of_others, counted);
        } else {
            ok = compare_values(entity, said != NULL ? said->path : counted->path, said, counted,
                                verdict, error);
        }
        l += order <= 0;
        r += order >= 0;
    }
    return ok && compare_values(entity, "all other paths", &said_of_others, &counted_of_others,
                                verdict, error);
}

/* An entity without records is in no batch. */
static struct fate_entity said_of(const struct fates *fates, const char *entity)
{
    for (size_t i = 0; i < fates->entity_count; i++)
        if (strcmp(fates->entities[i].entity, entity) == 0)
            return fates->entities[i];
    return (struct fate_entity){0};
}

static bool compare_records(const char *entity, const char *what, int64_t said, int64_t counted,
                            struct verdict_file *verdict, struct error *error)
{
    return said == counted ||
           verdict_find(verdict, LEVEL_CONTENT, "count", NULL, NULL, NULL, error,
                        "%s: the ledger says that %" PRId64 " records were %s; counted anew "
                        "it is %" PRId64,
                        entity, said, what, counted);
}

static bool compare_filtered(const struct fates *ledger, const struct fates *recount,
                             struct verdict_file *verdict, struct error *error)
{
    bool ok = true;
    for (size_t i = 0; ok && i < recount->entity_count; i++) {
        const struct fate_entity *counted = &recount->entities[i];
        const struct fate_entity said = said_of(ledger, counted->entity);
        ok = compare_records(counted->entity, "filtered", said.filtered, counted->filtered, verdict,
                             error) &&
             compare_records(counted->entity, "rejected", said.rejected, counted->rejected, verdict,
                             error);
    }
    return ok;
}

bool fates_compare(struct fates *ledger, struct fates *recount, struct verdict_file *verdict,
                   struct error *error)
{
    bool ok = compare_filtered(ledger, recount, verdict, error);
    sort(ledger);
    sort(recount);
    for (size_t l = 0, r = 0; ok && (l < ledger->count || r < recount->count);) {
        const char *said = l < ledger->count ? ledger->rows[l].entity : NULL;
        const char *counted = r < recount->count ? recount->rows[r].entity : NULL;
        bool first = counted == NULL || (said != NULL && strcmp(said, counted) <= 0);
        const char *entity = first ? said : counted;
        const struct side ledger_side = side_of(ledger, &l, entity);
        const struct side recount_side = side_of(recount, &r, entity);
        ok = compare_sides(entity, &ledger_side, &recount_side, verdict, error);
    }
    return ok;
}

/* ---- kept between two verifications ---------------------------------------------------------- */

/* A uint64 of filtered records and one of rejected ones; per row: a byte, whether the mapping names it, uint32 length of the
 * path, the path, a uint64 per fate; little-endian. */
void fates_pack(const struct fates *fates, struct buffer *out)
{
    for (size_t i = 0; i < fates->entity_count; i++) {
        buffer_put_le64(out, (uint64_t)fates->entities[i].filtered);
        buffer_put_le64(out, (uint64_t)fates->entities[i].rejected);
    }
    for (size_t i = 0; i < fates->count; i++) {
        const struct fate_row *row = &fates->rows[i];
        buffer_putc(out, row->named ? 1 : 0);
        buffer_put_le32(out, (uint32_t)strlen(row->path));
        buffer_puts(out, row->path);
        for (size_t fate = 0; fate < FATE_COUNT; fate++)
            buffer_put_le64(out, (uint64_t)row->values[fate]);
    }
}

static bool damaged(struct error *error)
{
    return error_set(error, ERROR_BUG, "a piece of the verification's state is damaged");
}

static bool unpack_row(struct fates *fates, const char *entity, const uint8_t **at,
                       const uint8_t *end, struct error *error)
{
    enum { HEAD = 5, NUMBERS = 8 * FATE_COUNT };
    size_t left = (size_t)(end - *at), size = left >= HEAD ? get_le32(*at + 1) : SIZE_MAX;
    if (size > left || left - size < HEAD + NUMBERS)
        return damaged(error);
    char *path = strndup((const char *)*at + HEAD, size);
    struct fate_row *row = path != NULL ? add(fates, entity, path, error) : NULL;
    free(path);
    if (row == NULL)
        return error_memory(error);
    row->named = (*at)[0] != 0;
    *at += HEAD + size;
    for (size_t fate = 0; fate < FATE_COUNT; fate++, *at += 8)
        row->values[fate] = (int64_t)get_le64(*at);
    return true;
}

bool fates_unpack(struct fates *fates, const char *entity, const uint8_t *bytes, size_t length,
                  struct error *error)
{
    if (length < 16)
        return damaged(error);
    const uint8_t *at = bytes + 16, *end = bytes + length;
    bool ok = add_entity(fates, entity, (int64_t)get_le64(bytes), (int64_t)get_le64(bytes + 8),
                         error);
    while (ok && at < end)
        ok = unpack_row(fates, entity, &at, end, error);
    return ok;
}
