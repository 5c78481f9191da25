#include "graduate/kept_row.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of PostgreSQL's own types, which are the same in the target. */
enum { FIRST_OWN_OID = 16384 };

/* What the columns are asked for with: one statement, a parameter each. */
struct asking {
    const char **texts;
    char (*numbers)[48]; /* texts that are made here */
    int *lengths;        /* of bytes */
    Oid *types;
};

static bool asking_init(struct asking *asking, size_t count)
{
    *asking = (struct asking){
        .texts = calloc(count + 1, sizeof *asking->texts),
        .numbers = calloc(count + 1, sizeof *asking->numbers),
        .lengths = calloc(count + 1, sizeof *asking->lengths),
        .types = calloc(count + 1, sizeof *asking->types),
    };
    return asking->texts != NULL && asking->numbers != NULL && asking->lengths != NULL &&
           asking->types != NULL;
}

static void asking_release(struct asking *asking)
{
    free(asking->texts);
    free(asking->numbers);
    free(asking->lengths);
    free(asking->types);
}

static bool wrong(const char *column, const char *what, struct error *error)
{
    return error_set(error, ERROR_DATA, "the column \"%s\" %s", column, what);
}

static void put_double(double number, char *out, size_t size)
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, size, "%.*g", digits, number);
        if (strtod(out, NULL) == number)
            return;
    }
}

/* The text of a value, as PostgreSQL reads it; NULL: it has none. */
static const char *text_of(const bson_iter_t *at, char *number, size_t size)
{
    bson_decimal128_t decimal;
    switch ((int)bson_iter_type(at)) {
    case BSON_TYPE_UTF8:
        return bson_iter_utf8(at, NULL);
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
        snprintf(number, size, "%" PRId64, bson_iter_as_int64(at));
        return number;
    case BSON_TYPE_DOUBLE:
        put_double(bson_iter_double(at), number, size);
        return number;
    case BSON_TYPE_DECIMAL128:
        bson_iter_decimal128(at, &decimal);
        bson_decimal128_to_string(&decimal, number);
        return number;
    case BSON_TYPE_BOOL:
        return bson_iter_bool(at) ? "true" : "false";
    default:
        return NULL;
    }
}

static bool ask_for(struct asking *asking, size_t i, const struct catalog_column *column,
                    const bson_t *record, struct error *error)
{
    bson_iter_t at;
    if (!bson_iter_init_find(&at, record, column->name))
        return wrong(column->name, "is missing", error);
    if (BSON_ITER_HOLDS_NULL(&at))
        return true;
    if (BSON_ITER_HOLDS_BINARY(&at)) {
        bson_subtype_t subtype;
        const uint8_t *bytes;
        uint32_t length;
        bson_iter_binary(&at, &subtype, &length, &bytes);
        asking->texts[i] = (const char *)bytes;
        asking->lengths[i] = (int)length;
        return true;
    }
    asking->texts[i] = text_of(&at, asking->numbers[i], sizeof asking->numbers[i]);
    if (asking->texts[i] == NULL)
        return wrong(column->name, "is none of a text, a number, true, false and null", error);
    if (column->oid >= FIRST_OWN_OID)
        return wrong(column->name, "is of the source's own type: it stays {\"$binary\": ...}",
                     error);
    asking->types[i] = column->oid;
    return true;
}

static bool check_names(const struct catalog_entity *table, const bson_t *record,
                        struct error *error)
{
    bson_iter_t at;
    bool ok = bson_iter_init(&at, record);
    while (ok && bson_iter_next(&at))
        if (catalog_column_find(table, bson_iter_key(&at)) == NULL)
            return wrong(bson_iter_key(&at), "is none of the table's", error);
    return ok || error_set(error, ERROR_DATA, "the record is damaged");
}

/* The values whose text is to be read: the others are bytes already. */
static bool ask(struct postgres *target, const struct asking *asking, size_t count,
                PGresult **result, struct error *error)
{
    const char **texts = calloc(count + 1, sizeof *texts);
    Oid *types = calloc(count + 1, sizeof *types);
    struct buffer sql;
    int asked = 0;
    buffer_init(&sql);
    buffer_puts(&sql, "SELECT");
    for (size_t i = 0; texts != NULL && types != NULL && i < count; i++) {
        if (asking->types[i] == 0)
            continue;
        texts[asked] = asking->texts[i];
        types[asked++] = asking->types[i];
        buffer_printf(&sql, "%s $%d", asked > 1 ? "," : "", asked);
    }
    bool ok = texts != NULL && types != NULL && !sql.failed;
    *result =
        ok ? PQexecParams(target->connection, buffer_text(&sql), asked, types, texts, NULL, NULL, 1)
           : NULL;
    buffer_release(&sql);
    free(texts);
    free(types);
    if (!ok)
        return error_memory(error);
    if (PQresultStatus(*result) == PGRES_TUPLES_OK)
        return true;
    postgres_error(target, *result, "reading a row that was set aside", error);
    const char *state = PQresultErrorField(*result, PG_DIAG_SQLSTATE);
    if (state != NULL && strncmp(state, "22", 2) == 0)
        error_set(error, ERROR_DATA, "%s", PQresultErrorField(*result, PG_DIAG_MESSAGE_PRIMARY));
    PQclear(*result);
    *result = NULL;
    return false;
}

static void put_field(struct buffer *tuple, const char *bytes, int length)
{
    buffer_put_be32(tuple, (uint32_t)length);
    buffer_put(tuple, bytes, (size_t)length);
}

static void put_tuple(const struct asking *asking, size_t count, const PGresult *result,
                      struct buffer *tuple)
{
    int asked = 0;
    buffer_put_be16(tuple, (uint16_t)count);
    for (size_t i = 0; i < count; i++) {
        if (asking->texts[i] == NULL) {
            buffer_put_be32(tuple, UINT32_MAX);
        } else if (asking->types[i] == 0) {
            put_field(tuple, asking->texts[i], asking->lengths[i]);
        } else {
            put_field(tuple, PQgetvalue(result, 0, asked), PQgetlength(result, 0, asked));
            asked++;
        }
    }
}

bool kept_row_read(struct postgres *target, const struct catalog_entity *table,
                   const bson_t *record, struct buffer *tuple, struct error *error)
{
    struct asking asking;
    PGresult *result = NULL;
    bool ok = asking_init(&asking, table->column_count) || error_memory(error);
    ok = ok && check_names(table, record, error);
    for (size_t i = 0; ok && i < table->column_count; i++)
        ok = ask_for(&asking, i, &table->columns[i], record, error);
    ok = ok && ask(target, &asking, table->column_count, &result, error);
    if (ok)
        put_tuple(&asking, table->column_count, result, tuple);
    PQclear(result);
    asking_release(&asking);
    return ok && buffer_ok(tuple, error);
}
