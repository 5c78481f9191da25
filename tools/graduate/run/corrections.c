#include "corrections.h"

#include "graduate/file.h"
#include "graduate/json_bson.h"
#include "graduate/kept_row.h"
#include "graduate/ledger.h"
#include "graduate/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A line of the file, taken apart. */
struct line {
    const char *file;
    size_t number;
    bson_t whole;
    const char *entity, *key;
    bson_t record; /* a view */
    const struct catalog_entity *table; /* of a Postgres; NULL: it is a document */
    struct buffer bytes;                /* as a stream has the record */
    struct error *error;
};

#define BE_CORRECTED                                                                               \
    ADVICE("correct the line, or take it out, and run graduate retry again; nothing was loaded")

static bool wrong_line(const struct line *line, const char *what)
{
    error_set(line->error, ERROR_USAGE, "%s, line %zu: %s", line->file, line->number, what);
    return error_hint(line->error, BE_CORRECTED);
}

static bool parse(struct line *line, const char *text, size_t length)
{
    size_t where;
    if (!json_bson_parse_extended(text, length, &line->whole, &where, line->error)) {
        const struct error cause = *line->error;
        return wrong_line(line, cause.message);
    }
    line->entity = json_bson_text(&line->whole, "entity");
    line->key = json_bson_text(&line->whole, "key");
    if (line->entity == NULL || line->key == NULL)
        return wrong_line(line, "it has no texts \"entity\" and \"key\"");
    return json_bson_object(&line->whole, "record", &line->record) ||
           wrong_line(line, "\"record\" is no object");
}

/* ---- which reject it is of ------------------------------------------------------------------- */

static bool find_id(const bson_t *record, bson_iter_t *id)
{
    return bson_iter_init_find(id, record, "_id") || bson_iter_init_find(id, record, "$id");
}

static bool is_whole_number(const bson_iter_t *at)
{
    return BSON_ITER_HOLDS_INT32(at) || BSON_ITER_HOLDS_INT64(at);
}

/* Relaxed Extended JSON does not tell the two kinds of whole numbers from one another. */
static bool same_id(const bson_iter_t *one, const bson_iter_t *other)
{
    bson_t a = BSON_INITIALIZER, b = BSON_INITIALIZER;
    bool same = is_whole_number(one) && is_whole_number(other)
                    ? bson_iter_as_int64(one) == bson_iter_as_int64(other)
                    : bson_append_iter(&a, "", 0, one) && bson_append_iter(&b, "", 0, other) &&
                          bson_equal(&a, &b);
    bson_destroy(&a);
    bson_destroy(&b);
    return same;
}

/* What the ledger keeps of a record that was no UTF-8 is bytes, and has no key to be read. */
static bool has_id_of(const struct line *line, const bson_t *original)
{
    bson_iter_t was, is;
    bool known = find_id(original, &was);
    return find_id(&line->record, &is) && (!known || same_id(&was, &is));
}

/* The same in all columns that name a row of the source; where it has none, any may be corrected.
 */
static bool has_columns_of(const struct line *line, const bson_t *original)
{
    bool same = true;
    for (size_t k = 0; same && k < line->table->key.count; k++) {
        const char *name = line->table->key.items[k];
        bson_iter_t was, is;
        same = bson_iter_init_find(&was, original, name) &&
               bson_iter_init_find(&is, &line->record, name) && same_id(&was, &is);
    }
    return same;
}

static bool has_key_of(const struct line *line, const char *original)
{
    bson_t record = BSON_INITIALIZER;
    struct error unused;
    size_t where;
    bool read = json_bson_parse_extended(original, strlen(original), &record, &where, &unused);
    if (!read)
        bson_reinit(&record);
    bool same =
        line->table != NULL ? read && has_columns_of(line, &record) : has_id_of(line, &record);
    bson_destroy(&record);
    return same;
}

/* The rows of the ledger that the line may be of. */
enum { REJECT_ID, REJECT_RECORD, REJECT_LOADED, REJECT_DIGEST };
static const char rejects_sql[] =
    "SELECT id, record, retried_at IS NOT NULL, coalesce(corrected_digest, '')"
    " FROM graduate.rejects WHERE run = $1 AND entity = $2 AND key = $3 ORDER BY id";

static int64_t reject_at(const PGresult *rejects, int row)
{
    return strtoll(PQgetvalue(rejects, row, REJECT_ID), NULL, 10);
}

/* Rows of a table without a key may be the same: each line is of another. */
static bool is_one_of_same(const struct line *line, const PGresult *rejects, int row)
{
    return line->table != NULL && line->table->key.count == 0 && row + 1 < PQntuples(rejects);
}

static bool is_taken(const struct corrections *corrections, const PGresult *rejects, int row)
{
    bool taken = PQgetvalue(rejects, row, REJECT_LOADED)[0] == 't';
    for (size_t i = 0; !taken && i < corrections->count; i++)
        taken = corrections->items[i].reject == reject_at(rejects, row);
    return taken;
}

/* *row: -1 where none is. */
static bool find_reject(const struct corrections *corrections, const struct line *line,
                        const PGresult *rejects, int *row)
{
    char what[400];
    *row = -1;
    for (int i = 0; *row < 0 && i < PQntuples(rejects); i++)
        if (has_key_of(line, PQgetvalue(rejects, i, REJECT_RECORD)) &&
            !(is_one_of_same(line, rejects, i) && is_taken(corrections, rejects, i)))
            *row = i;
    if (*row >= 0)
        return true;
    if (PQntuples(rejects) == 0)
        snprintf(what, sizeof what, "the run has set aside no record %.160s of %.128s", line->key,
                 line->entity);
    else
        snprintf(what, sizeof what,
                 "the record has another key than the record %.160s of %.128s that was set aside",
                 line->key, line->entity);
    return wrong_line(line, what);
}

/* ---- the file -------------------------------------------------------------------------------- */

static struct correction *add(struct corrections *corrections)
{
    if (corrections->count == corrections->room) {
        size_t room = corrections->room * 2 + 16;
        struct correction *items = realloc(corrections->items, room * sizeof *items);
        if (items == NULL)
            return NULL;
        corrections->items = items;
        corrections->room = room;
    }
    corrections->items[corrections->count] = (struct correction){0};
    return &corrections->items[corrections->count++];
}

static bool keep(struct corrections *corrections, const struct line *line,
                 const struct mapping *mapping, int64_t reject)
{
    struct correction *correction = add(corrections);
    if (correction == NULL)
        return error_memory(line->error);
    correction->mapping = mapping;
    correction->reject = reject;
    correction->length = line->bytes.length;
    correction->bytes = malloc(correction->length + 1);
    correction->key = strdup(line->key);
    char *text = bson_as_canonical_extended_json(&line->record, NULL);
    correction->text = text != NULL ? strdup(text) : NULL;
    bson_free(text);
    if (correction->bytes == NULL || correction->key == NULL || correction->text == NULL)
        return error_memory(line->error);
    memcpy(correction->bytes, line->bytes.data, correction->length);
    return record_digest(correction->bytes, correction->length, correction->digest, line->error);
}

static bool take_reject(struct corrections *corrections, const struct line *line,
                        const struct mapping *mapping, const PGresult *rejects)
{
    char digest[RECORD_DIGEST_SIZE];
    int row;
    if (!find_reject(corrections, line, rejects, &row) ||
        !record_digest(line->bytes.data, line->bytes.length, digest, line->error))
        return false;
    int64_t reject = reject_at(rejects, row);
    for (size_t i = 0; i < corrections->count; i++)
        if (corrections->items[i].reject == reject)
            return wrong_line(line, "its record stands in a line before it, too");
    if (PQgetvalue(rejects, row, REJECT_LOADED)[0] != 't')
        return keep(corrections, line, mapping, reject);
    corrections->loaded++;
    if (strcmp(PQgetvalue(rejects, row, REJECT_DIGEST), digest) == 0)
        return true;
    error_set(line->error, ERROR_REFUSED,
              "%s, line %zu: another correction of the record %.160s of %.128s was loaded before",
              line->file, line->number, line->key, line->entity);
    return error_hint(
        line->error,
        "take the line out, and run graduate retry again; to take that one back, have "
        "the entity read anew: graduate run --run-dir DIR --restart %s",
        mapping->name);
}

/* The record's bytes: of a row the target reads the texts. */
static bool make_bytes(struct line *line, struct migration *migration)
{
    if (line->table == NULL) {
        buffer_put(&line->bytes, bson_get_data(&line->record), line->record.len);
        return buffer_ok(&line->bytes, line->error);
    }
    if (kept_row_read(&migration->target, line->table, &line->record, &line->bytes, line->error))
        return true;
    const struct error cause = *line->error;
    return cause.code == ERROR_DATA && wrong_line(line, cause.message);
}

static bool take_line(struct corrections *corrections, struct migration *migration,
                      struct line *line, const char *text, size_t length)
{
    PGresult *rejects;
    bson_init(&line->whole);
    buffer_init(&line->bytes);
    bool ok = parse(line, text, length);
    if (ok) {
        const char *const parameters[] = {migration->folder.run, line->entity, line->key};
        const struct mapping *mapping = project_mapping(&migration->project, line->entity);
        line->table = mapping != NULL && mapping->source->kind == SOURCE_POSTGRES
                          ? catalogs_find(&migration->catalogs, mapping)
                          : NULL;
        ok = make_bytes(line, migration) &&
             postgres_query(&migration->target, rejects_sql, parameters, 3, &rejects, line->error);
        if (ok) {
            ok = take_reject(corrections, line, mapping, rejects);
            PQclear(rejects);
        }
    }
    bson_destroy(&line->whole);
    buffer_release(&line->bytes);
    return ok;
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n")] == '\0';
}

bool corrections_read(struct corrections *corrections, struct migration *migration,
                      const char *path, struct error *error)
{
    struct line line = {.file = path, .error = error};
    char *text = NULL;
    size_t room = 0;
    ssize_t length;
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        error_set_errno(error, ERROR_USAGE, "cannot open %s", path);
        return error_hint(error, "--from names the file with the corrected records; without it "
                                 "they stand in rejects.jsonl of the run folder");
    }
    bool ok = true;
    while (ok && (length = getline(&text, &room, file)) >= 0) {
        line.number++;
        if (strlen(text) != (size_t)length)
            ok = wrong_line(&line, "it holds NUL");
        else if (!is_blank(text))
            ok = take_line(corrections, migration, &line, text, (size_t)length);
    }
    if (ok && ferror(file))
        ok = error_set_errno(error, ERROR_USAGE, "cannot read %s", path);
    free(text);
    fclose(file);
    return ok;
}

void corrections_release(struct corrections *corrections)
{
    for (size_t i = 0; i < corrections->count; i++) {
        free(corrections->items[i].key);
        free(corrections->items[i].text);
        free(corrections->items[i].bytes);
    }
    free(corrections->items);
    *corrections = (struct corrections){0};
}

/* ---- the stream ------------------------------------------------------------------------------ */

static bool write_header(struct stream_writer *writer, const struct migration *migration,
                         const struct mapping *mapping, struct error *error)
{
    const struct catalog_entity *catalog = catalogs_find(&migration->catalogs, mapping);
    cJSON *json = catalog != NULL ? catalog_entity_to_json(catalog) : NULL;
    char *text = json != NULL ? cJSON_PrintUnformatted(json) : NULL;
    char source[256];
    snprintf(source, sizeof source, "%s.%s", mapping->source->name, mapping->from);
    const struct stream_header header = {
        .project = migration->project.name,
        .entity = mapping->name,
        .source = source,
        .kind = source_kind_names[mapping->source->kind],
        .run = migration->folder.run,
        .partition = LEDGER_RETRIES,
        .catalog = text,
    };
    bool ok =
        text != NULL ? stream_write_header(writer, &header, NULL, 0, error) : error_memory(error);
    cJSON_free(text);
    cJSON_Delete(json);
    return ok;
}

static bool write_record(struct stream_writer *writer, const struct correction *correction,
                         int64_t number, struct error *error)
{
    struct stream_batch batch = {
        .entity = correction->mapping->name,
        .partition = LEDGER_RETRIES,
        .batch = number,
        .records = 1,
    };
    bson_init(&batch.position);
    bool ok = BSON_APPEND_INT64(&batch.position, "reject", correction->reject) &&
              BSON_APPEND_UTF8(&batch.position, "record", correction->text) &&
              BSON_APPEND_UTF8(&batch.position, "digest", correction->digest);
    ok =
        ok ? stream_write_batch(writer, &batch, false, correction->bytes, correction->length, error)
           : error_memory(error);
    bson_destroy(&batch.position);
    return ok;
}

static bool write_stream(const struct corrections *corrections, const struct migration *migration,
                         const struct mapping *mapping, int fd, struct error *error)
{
    struct stream_writer writer;
    struct stream_end end = {0};
    stream_writer_init(&writer, fd, "the corrected records", CODEC_STORED);
    bool ok = write_header(&writer, migration, mapping, error);
    for (size_t i = 0; ok && i < corrections->count; i++)
        if (corrections->items[i].mapping == mapping)
            ok = write_record(&writer, &corrections->items[i], ++end.batches, error);
    end.records = end.batches;
    ok = ok && stream_write_end(&writer, &end, error);
    stream_writer_release(&writer);
    return ok;
}

bool corrections_open(const struct corrections *corrections, const struct migration *migration,
                      const struct mapping *mapping, int *fd, struct error *error)
{
    char path[PATH_MAX];
    if (!folder_file(&migration->folder, "retry.gck.partial", path, error))
        return false;
    *fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (*fd < 0 || unlink(path) != 0) {
        if (*fd >= 0)
            close(*fd);
        return error_set_errno(error, ERROR_TARGET, "cannot create %s", path);
    }
    bool ok = write_stream(corrections, migration, mapping, *fd, error) &&
              (lseek(*fd, 0, SEEK_SET) == 0 ||
               error_set_errno(error, ERROR_TARGET, "cannot read %s again", path));
    if (!ok)
        close(*fd);
    return ok;
}
