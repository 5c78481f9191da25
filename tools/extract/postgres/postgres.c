/* The Postgres reader: one table, in the order of its key, by binary COPY out of one snapshot; or
 * how many rows tables have in one. */
#include "graduate/postgres.h"
#include "graduate/file.h"
#include "graduate/sql.h"
#include "postgres_catalog.h"
#include "postgres_computed.h"
#include "postgres_key.h"
#include "postgres_shape.h"
#include "postgres_source.h"
#include "postgres_types.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct table_reader {
    struct postgres postgres;
    char *label;     /* "public.books" */
    char *qualified; /* the same, quoted */
    const struct catalog_entity *catalog;
    struct postgres_shape shape; /* read when the first row is asked for */
    struct postgres_key key;
    size_t column_count;
    struct postgres_field *fields; /* of the last tuple, which is `row` */
    char *row;                     /* libpq's */
    bson_t *after;                 /* given at open; where we stand while row is NULL */
    bool began;                    /* COPY's own header has been seen */
    int64_t rows;                  /* that came */
};

static const uint8_t signature[11] = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', 0xFF, '\r', '\n', 0};
enum { COPY_HEAD = sizeof signature + 8, TRAILER = 0xFFFF };

enum { OLDEST_VERSION = 120000 };

static const char *schema_of(const struct endpoint *endpoint)
{
    return endpoint->source->schema != NULL ? endpoint->source->schema : "public";
}

static bool connect_source(struct postgres *postgres, const struct endpoint *endpoint,
                           struct error *error)
{
    char what[128];
    snprintf(what, sizeof what, "source %s", endpoint->source->name);
    if (!postgres_connect(postgres, endpoint->uri, what, ERROR_SOURCE, error))
        return false;
    postgres->stall = endpoint->stall;
    int version = PQserverVersion(postgres->connection);
    if (version >= OLDEST_VERSION)
        return true;
    error_set(error, ERROR_SOURCE,
              "%s: the server is PostgreSQL %d, and 12 is the oldest that is read", postgres->where,
              version / 10000);
    postgres_close(postgres);
    return error_hint(error, "restore a pg_dump of it into a younger server, and name that as the "
                             "source; nothing was touched");
}

static bool read_catalog(const struct endpoint *endpoint, struct catalog *catalog,
                         struct error *error)
{
    struct postgres postgres;
    if (!connect_source(&postgres, endpoint, error))
        return false;
    bool ok = postgres_catalog_read(&postgres, endpoint->source->name, schema_of(endpoint), catalog,
                                    error);
    postgres_close(&postgres);
    return ok;
}

static bool import_snapshot(struct postgres *postgres, const char *snapshot, struct error *error)
{
    struct buffer sql;
    buffer_init(&sql);
    buffer_puts(&sql, "SET TRANSACTION SNAPSHOT ");
    sql_put_literal(&sql, snapshot);
    bool ok = buffer_ok(&sql, error);
    if (ok && !postgres_exec(postgres, buffer_text(&sql), error)) {
        ok = false;
        if (PQstatus(postgres->connection) == CONNECTION_OK)
            error_hint(error, "the session that held the snapshot has ended, or a pooler lies "
                              "between: use the server's own port, and run again");
    }
    buffer_release(&sql);
    return ok;
}

/* What the session of a pooler in transaction mode forgets is said again inside the transaction:
 * without row_security off, rows would be missing and nothing would say so. Amounts of money are
 * what the database's own setting makes of them. */
static bool begin(struct postgres *postgres, const char *snapshot, struct error *error)
{
    return postgres_exec(postgres, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", error) &&
           (snapshot == NULL || import_snapshot(postgres, snapshot, error)) &&
           postgres_exec(postgres, "SET LOCAL row_security = off", error) &&
           postgres_exec(postgres, "SET LOCAL search_path = ''", error) &&
           postgres_exec(postgres, "SET LOCAL lc_monetary TO DEFAULT", error);
}

/* Before any query, so that the snapshot, where it is our own, is not older than the lock. */
static bool lock(struct postgres *postgres, const char *qualified, struct error *error)
{
    struct buffer sql;
    buffer_init(&sql);
    buffer_printf(&sql, "LOCK TABLE %s IN ACCESS SHARE MODE", qualified);
    bool ok = buffer_ok(&sql, error) && postgres_exec(postgres, buffer_text(&sql), error);
    buffer_release(&sql);
    if (!ok && strcmp(error->sqlstate, "42P01") == 0)
        error_hint(error, "%s", CHANGED_ADVICE);
    return ok;
}

static bool has_project_sql(void *context, const struct mapping *mapping,
                            const struct mapping_value *value)
{
    (void)mapping, (void)value;
    *(bool *)context = true;
    return false;
}

static bool compute(const struct endpoint *endpoint, const struct project *project,
                    struct catalog *catalog, struct error *error)
{
    struct postgres postgres;
    bool any = false;
    for (size_t m = 0; m < project->mapping_count; m++)
        if (project->mappings[m]->source == endpoint->source)
            mapping_each_sql(project->mappings[m], has_project_sql, &any);
    if (!any)
        return true;
    if (!connect_source(&postgres, endpoint, error))
        return false;
    bool ok = begin(&postgres, NULL, error) &&
              postgres_computed_read(&postgres, schema_of(endpoint), project, endpoint->source,
                                     catalog, error) &&
              postgres_types_lay_out(catalog, error) &&
              postgres_types_count_money(&postgres, catalog, error);
    postgres_close(&postgres);
    return ok;
}

static bool choose_key(struct table_reader *table, const struct catalog_entity *catalog,
                       struct error *error)
{
    struct postgres_type *types = calloc(table->column_count + 1, sizeof *types);
    if (types == NULL)
        return error_memory(error);
    size_t own = postgres_shape_own(catalog);
    for (size_t i = 0; i < own; i++)
        types[i] = postgres_shape_type(&table->shape, i);
    bool ok = postgres_key_init(&table->key, catalog, types, error);
    free(types);
    return ok;
}

static bool look(struct table_reader *table, const char *qualified,
                 const struct catalog_entity *catalog, struct error *error)
{
    if (!postgres_shape_read(&table->shape, &table->postgres, table->label, qualified, catalog,
                             error))
        return false;
    table->column_count = catalog->column_count;
    table->fields = calloc(table->column_count + 1, sizeof *table->fields);
    if (table->fields == NULL)
        return error_memory(error);
    return choose_key(table, catalog, error);
}

/* An explicit list, in the order of the catalog. */
static bool put_copy(const struct table_reader *table, const char *qualified, struct buffer *sql,
                     struct error *error)
{
    buffer_puts(sql, "COPY (");
    postgres_shape_put_select(&table->shape, qualified, sql);
    if (!postgres_key_put_where(&table->key, table->after, sql, error))
        return false;
    postgres_key_put_order(&table->key, sql);
    buffer_puts(sql, ") TO STDOUT (FORMAT binary)");
    return buffer_ok(sql, error);
}

/* A failure while rows flow: name the last one that came. Nothing is read again inside: another
 * connection could not go on in this transaction's snapshot. */
static bool broken(struct table_reader *table, const PGresult *result, struct error *error)
{
    struct buffer doing;
    buffer_init(&doing);
    buffer_printf(&doing, "reading %s", table->label);
    if (table->row != NULL) {
        buffer_puts(&doing, " after ");
        if (table->key.count > 0)
            postgres_key_describe(&table->key, table->fields, &doing);
        else
            buffer_printf(&doing, "%" PRId64 " rows", table->rows);
    }
    postgres_error(&table->postgres, result, buffer_text(&doing), error);
    buffer_release(&doing);
    if (PQstatus(table->postgres.connection) == CONNECTION_BAD && !table->postgres.stalled)
        error_hint(error, "check the server and the way to it, then run again: the run goes on "
                          "from the last batch");
    return false;
}

/* An expression finds the same operators whether the reading begins or goes on: those of all columns'
 * types, and so of the key's. */
static bool check_computed(struct table_reader *table, const char *qualified, struct error *error)
{
    struct buffer from, path;
    buffer_init(&from);
    buffer_init(&path);
    postgres_shape_put_from(&from, postgres_shape_kind(&table->shape), qualified);
    bool ok = buffer_ok(&from, error) &&
              postgres_computed_put_path(&table->postgres, qualified, &path, error);
    for (size_t i = 0; ok && i < table->column_count; i++)
        ok = table->catalog->columns[i].computed == NULL ||
             postgres_computed_check(&table->postgres, table->label, buffer_text(&from),
                                     buffer_text(&path), &table->catalog->columns[i], error);
    buffer_release(&from);
    buffer_release(&path);
    return ok;
}

static bool start_copy(struct table_reader *table, const char *qualified, struct error *error)
{
    struct buffer sql;
    buffer_init(&sql);
    bool ok = postgres_shape_own(table->catalog) < table->column_count
                  ? check_computed(table, qualified, error)
                  : table->after == NULL || postgres_shape_show_operators(
                                                &table->shape, &table->postgres, &table->key, error);
    ok = ok && put_copy(table, qualified, &sql, error);
    if (ok) {
        char doing[sizeof table->postgres.doing];
        snprintf(doing, sizeof doing, "reading %s", table->label);
        PGresult *result = postgres_ask(&table->postgres, buffer_text(&sql), doing);
        ok = PQresultStatus(result) == PGRES_COPY_OUT || broken(table, result, error);
        PQclear(result);
    }
    buffer_release(&sql);
    return ok;
}

static void table_release(struct table_reader *table)
{
    PQfreemem(table->row);
    postgres_shape_release(&table->shape);
    postgres_key_release(&table->key);
    postgres_close(&table->postgres);
    if (table->after != NULL)
        bson_destroy(table->after);
    free(table->fields);
    free(table->label);
    free(table->qualified);
    free(table);
}

static bool table_open(struct table_reader *table, const struct extraction *what,
                       struct error *error)
{
    struct buffer qualified;
    buffer_init(&qualified);
    sql_put_qualified(&qualified, schema_of(what->endpoint), what->from);
    const char *name = buffer_text(&qualified);
    bool ok =
        buffer_ok(&qualified, error) && connect_source(&table->postgres, what->endpoint, error);
    ok =
        ok && begin(&table->postgres, what->snapshot, error) && lock(&table->postgres, name, error);
    table->qualified = ok ? strdup(name) : NULL;
    table->catalog = what->catalog;
    buffer_release(&qualified);
    return ok && table->qualified == NULL ? error_memory(error) : ok;
}

/* The database cluster's own number where the role may ask for it, the database and the table: a
 * database that was restored elsewhere, or again, is another one. */
static bool identify_table(struct reader *reader, bson_t *identity, struct error *error)
{
    struct table_reader *table = reader->state;
    static const char may[] =
        "SELECT has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')";
    static const char *const questions[] = {
        "SELECT system_identifier::text FROM pg_catalog.pg_control_system()",
        "SELECT current_database()::text",
        "SELECT oid::text FROM pg_catalog.pg_database WHERE datname = current_database()",
        "SELECT $1::regclass::oid::text",
    };
    static const char *const members[] = {"cluster", "database", "database_oid", "table_oid"};
    PGresult *result;
    if (!postgres_query(&table->postgres, may, NULL, 0, &result, error))
        return false;
    bool knows_cluster = PQgetvalue(result, 0, 0)[0] == 't', ok = true;
    PQclear(result);
    for (size_t i = knows_cluster ? 0 : 1; ok && i < 4; i++) {
        const char *const parameters[] = {table->qualified};
        ok = postgres_query(&table->postgres, questions[i], parameters, i == 3 ? 1 : 0, &result,
                            error) &&
             (bson_append_utf8(identity, members[i], -1, PQgetvalue(result, 0, 0), -1) ||
              error_memory(error));
        if (ok)
            PQclear(result);
    }
    return ok;
}

static bool open_table(struct reader *reader, const struct extraction *what, struct error *error)
{
    struct table_reader *table = calloc(1, sizeof *table);
    if (table == NULL)
        return error_memory(error);
    if (asprintf(&table->label, "%s.%s", schema_of(what->endpoint), what->from) < 0)
        table->label = NULL;
    table->after = what->after != NULL ? bson_copy(what->after) : NULL;
    bool ok = table->label != NULL ? table_open(table, what, error) : error_memory(error);
    if (!ok) {
        table_release(table);
        return false;
    }
    reader->state = table;
    return true;
}

static void close_table(struct reader *reader)
{
    table_release(reader->state);
    reader->state = NULL;
}

static bool garbled(const struct table_reader *table, struct error *error)
{
    error_set(error, ERROR_SOURCE, "%s: reading %s: what came is no binary COPY of its %zu columns",
              table->postgres.where, table->label, table->column_count);
    return error_hint(error, "is this a PostgreSQL server, or something else that speaks its "
                             "protocol?");
}

/* COPY's head comes in front of the first tuple: signature, flags (the upper half must be
 * understood; none are), length of an extension. Returns its length, or 0. */
static size_t head_length(const uint8_t *bytes, size_t length)
{
    if (length < COPY_HEAD || memcmp(bytes, signature, sizeof signature) != 0 ||
        get_be32(bytes + sizeof signature) >> 16 != 0)
        return 0;
    uint32_t extension = get_be32(bytes + sizeof signature + 4);
    return extension <= length - COPY_HEAD ? COPY_HEAD + extension : 0;
}

/* A tuple's fields; false when its count or lengths do not add up. */
static bool split(struct table_reader *table, const uint8_t *bytes, size_t length)
{
    const uint8_t *at = bytes + 2, *end = bytes + length;
    if (length < 2 || get_be16(bytes) != table->column_count)
        return false;
    for (size_t i = 0; i < table->column_count; i++) {
        if (end - at < 4)
            return false;
        struct postgres_field *field = &table->fields[i];
        *field = (struct postgres_field){at + 4, (int32_t)get_be32(at)};
        at += 4;
        if (field->length < -1 || field->length > end - at)
            return false;
        at += field->length > 0 ? field->length : 0;
    }
    return at == end;
}

/* The end is the server's word, and its number of rows is the number that came. */
static bool finish(struct table_reader *table, struct error *error)
{
    PGresult *result = postgres_next(&table->postgres);
    bool ok = PQresultStatus(result) == PGRES_COMMAND_OK || broken(table, result, error);
    if (ok && strtoll(PQcmdTuples(result), NULL, 10) != table->rows) {
        ok = error_set(error, ERROR_SOURCE,
                       "%s: reading %s: the server says that it sent %s rows, "
                       "and %" PRId64 " came",
                       table->postgres.where, table->label, PQcmdTuples(result), table->rows);
        error_hint(error,
                   "run again; where it happens again, something between here and the server "
                   "changes what it says");
    }
    PQclear(result);
    return ok;
}

static bool next_row(struct reader *reader, struct buffer *payload, bool *more, struct error *error)
{
    struct table_reader *table = reader->state;
    if (table->shape.columns == NULL && (!look(table, table->qualified, table->catalog, error) ||
                                         !start_copy(table, table->qualified, error)))
        return false;
    for (;;) {
        char *row = NULL;
        int got = postgres_get(&table->postgres, &row);
        if (got == -1) {
            *more = false;
            return finish(table, error);
        }
        if (got < 0)
            return broken(table, NULL, error);
        const uint8_t *bytes = (const uint8_t *)row;
        size_t head = table->began ? 0 : head_length(bytes, (size_t)got);
        size_t length = (size_t)got - head;
        table->began = table->began || head > 0;
        bytes += head;
        if (table->began && length == 2 && get_be16(bytes) == TRAILER) {
            PQfreemem(row); /* the end itself comes with the next call */
            continue;
        }
        PQfreemem(table->row);
        table->row = row;
        if (!table->began || !split(table, bytes, length))
            return garbled(table, error);
        buffer_put(payload, bytes, length);
        table->rows++;
        *more = true;
        return buffer_ok(payload, error);
    }
}

static bool put_position(struct reader *reader, bson_t *position, struct error *error)
{
    const struct table_reader *table = reader->state;
    if (table->row != NULL && table->key.count == 0)
        return BSON_APPEND_INT64(position, "rows", table->rows) || error_memory(error);
    if (table->row != NULL)
        return postgres_key_position(&table->key, table->fields, position, error);
    return bson_concat(position, table->after) || error_memory(error);
}

static bool is_ordered(const struct reader *reader)
{
    const struct table_reader *table = reader->state;
    return table->key.count > 0;
}

/* A row of a table has no arrays: it is moved as it is. */
static bool count_rows(struct postgres *postgres, const char *qualified, struct entity_count *count,
                       struct error *error)
{
    PGresult *kind;
    struct buffer from;
    if (!postgres_query(postgres, "select relkind from pg_class where oid = $1::regclass",
                        &qualified, 1, &kind, error))
        return false;
    buffer_init(&from);
    postgres_shape_put_from(&from, PQgetvalue(kind, 0, 0)[0], qualified);
    PQclear(kind);
    count->counted = buffer_ok(&from, error) &&
                     postgres_count_rows(postgres, buffer_text(&from), &count->records, error);
    buffer_release(&from);
    return count->counted;
}

typedef bool table_action(struct postgres *postgres, const char *qualified,
                          struct entity_count *count, struct error *error);

static bool lock_counted(struct postgres *postgres, const char *qualified,
                         struct entity_count *count, struct error *error)
{
    (void)count;
    return lock(postgres, qualified, error);
}

static bool on_tables(struct postgres *postgres, const struct endpoint *endpoint,
                      table_action *action, struct entity_count *counts, size_t count,
                      struct error *error)
{
    struct buffer qualified;
    bool ok = true;
    buffer_init(&qualified);
    for (size_t i = 0; ok && i < count; i++) {
        buffer_clear(&qualified);
        sql_put_qualified(&qualified, schema_of(endpoint), counts[i].entity->from);
        ok = buffer_ok(&qualified, error) &&
             action(postgres, buffer_text(&qualified), &counts[i], error);
        if (!ok)
            error_at(error, counts[i].entity->name, NULL, NULL);
    }
    buffer_release(&qualified);
    return ok;
}

/* All locks come before the first query, as they do where tables are read. */
static bool count_tables(const struct endpoint *endpoint, struct entity_count *counts, size_t count,
                         struct error *error)
{
    struct postgres postgres;
    if (!connect_source(&postgres, endpoint, error))
        return false;
    bool ok = begin(&postgres, NULL, error) &&
              on_tables(&postgres, endpoint, lock_counted, counts, count, error) &&
              on_tables(&postgres, endpoint, count_rows, counts, count, error);
    postgres_close(&postgres);
    return ok;
}

const struct reader_ops postgres_reader = {
    .kind = SOURCE_POSTGRES,
    .export = false,
    .catalog = read_catalog,
    .compute = compute,
    .open = open_table,
    .next = next_row,
    .identity = identify_table,
    .ordered = is_ordered,
    .position = put_position,
    .close = close_table,
    .count = count_tables,
};

/* Wait until standard input ends; the connection must stay alive meanwhile. */
static bool wait_for_end(const struct postgres *postgres, struct error *error)
{
    for (;;) {
        struct pollfd waits[] = {{STDIN_FILENO, POLLIN, 0},
                                 {PQsocket(postgres->connection), POLLIN, 0}};
        if (poll(waits, 2, -1) < 0) {
            if (errno == EINTR)
                continue;
            return error_set_errno(error, ERROR_SOURCE, "cannot wait on standard input");
        }
        if (waits[1].revents != 0 && !PQconsumeInput(postgres->connection)) {
            postgres_error(postgres, NULL, "holding the snapshot", error);
            return error_hint(error, "what was read in it is kept; check the server and the way to "
                                     "it, then run again");
        }
        if (waits[0].revents == 0)
            continue;
        char unused[256];
        ssize_t got = read(STDIN_FILENO, unused, sizeof unused);
        if (got == 0)
            return true;
        if (got < 0 && errno != EINTR && errno != EAGAIN)
            return error_set_errno(error, ERROR_SOURCE, "cannot read standard input");
    }
}

static bool export_snapshot(struct postgres *postgres, struct error *error)
{
    PGresult *result;
    if (!postgres_query(postgres, "select pg_export_snapshot() || chr(10)", NULL, 0, &result,
                        error))
        return false;
    bool ok = file_write_all(STDOUT_FILENO, "standard output", PQgetvalue(result, 0, 0),
                             (size_t)PQgetlength(result, 0, 0), error);
    PQclear(result);
    return ok;
}

bool postgres_hold_snapshot(const struct endpoint *endpoint, struct error *error)
{
    struct postgres postgres;
    if (!connect_source(&postgres, endpoint, error))
        return false;
    bool ok = begin(&postgres, NULL, error) && export_snapshot(&postgres, error) &&
              wait_for_end(&postgres, error);
    postgres_close(&postgres);
    return ok;
}
