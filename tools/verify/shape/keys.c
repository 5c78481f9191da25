/* Keys, uniques and indexes of a table, and the rows that they would not have let in. */
#include "expression.h"
#include "source_object.h"
#include "source_text.h"
#include "table_shape.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

struct look {
    struct inspection *inspection;
    const struct blueprint_table *table;
    struct arena *arena;
    const PGresult *indexes, *words; /* as the target has them */
    struct error *error;
};

/* indnullsnotdistinct is as new as version 15. */
enum {
    INDEX_OID,
    INDEX_UNIQUE,
    INDEX_PRIMARY,
    INDEX_VALID,
    INDEX_METHOD,
    INDEX_WHERE,
    INDEX_WORDS,
    INDEX_AT_ONCE, /* it is enforced by each statement */
    INDEX_NULLS_EQUAL,
    INDEX_INCLUDED, /* columns that it carries, one to a line */
    INDEX_NAME,
    INDEX_DEFINITION,
    INDEX_EXCLUDES,
    INDEX_COMPUTED, /* of an expression or for a condition */
    INDEX_COLUMNS,
};
static const char indexes_sql[] =
    "SELECT i.indexrelid, i.indisunique, i.indisprimary,"
    " i.indisvalid AND i.indisready AND i.indislive, m.amname,"
    " pg_get_expr(i.indpred, i.indrelid), i.indnkeyatts, i.indimmediate,"
    " (to_jsonb(i) ->> 'indnullsnotdistinct') IS NOT DISTINCT FROM 'true',"
    " coalesce((SELECT pg_catalog.string_agg(a.attname, E'\\n' ORDER BY k)"
    "  FROM pg_catalog.generate_series(i.indnkeyatts, i.indnatts - 1) k"
    "  JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k]), ''),"
    " x.relname, pg_catalog.pg_get_indexdef(i.indexrelid),"
    " i.indisexclusion, i.indexprs IS NOT NULL OR i.indpred IS NOT NULL,"
    " (SELECT pg_catalog.string_agg(coalesce(a.attname, ''), E'\\n' ORDER BY k.n)"
    "  FROM pg_catalog.unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY k (attnum, n)"
    "  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum"
    "  AND a.attnum > 0)"
    " FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam"
    " WHERE i.indrelid = $1::oid ORDER BY x.relname";

/* A collation is told where it is not the column's, or for an expression not the database's. */
enum { WORD_INDEX, WORD_PLACE, WORD_COLUMN, WORD_TEXT, WORD_OPTION, WORD_CLASS, WORD_COLLATION };
static const char words_sql[] =
    "SELECT i.indexrelid, k, a.attname, pg_get_indexdef(i.indexrelid, k, false),"
    " i.indoption[k - 1], CASE WHEN NOT c.opcdefault THEN c.opcname END,"
    " CASE WHEN i.indcollation[k - 1] NOT IN (0, coalesce(a.attcollation, 100)) THEN l.collname END"
    " FROM pg_index i CROSS JOIN LATERAL generate_series(1, i.indnkeyatts::int) k"
    " LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k - 1]"
    "  AND a.attnum > 0"
    " JOIN pg_opclass c ON c.oid = i.indclass[k - 1]"
    " LEFT JOIN pg_collation l ON l.oid = i.indcollation[k - 1]"
    " WHERE i.indrelid = $1::oid ORDER BY 1, 2";

enum { DESCENDING = 1, NULLS_FIRST = 2 };

void shape_put_key(struct buffer *sql, const struct blueprint_table *table, const char *alias)
{
    if (table->key.count == 0)
        buffer_printf(sql, "%s.ctid::text", alias);
    for (size_t i = 0; i < table->key.count; i++) {
        buffer_printf(sql, "%s%s.", i == 0 ? "concat_ws(', ', " : ", ", alias);
        query_put_name(sql, table->key.items[i]);
    }
    buffer_puts(sql, table->key.count > 0 ? ")" : "");
}

/* What stands behind the column or expression of an index's word. */
struct tail {
    int option;
    char class[64], collation[64];
};

/* "public"."name" -> name */
static void plain_name(const char *token, size_t length, char *out, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < length && used + 1 < size; i++) {
        if (token[i] == '.')
            used = 0;
        else if (token[i] != '"')
            out[used++] = token[i];
    }
    out[used] = '\0';
}

static struct tail read_tail(const char *text)
{
    struct tail tail = {0};
    bool descending = false, nulls = false, first = false, collate = false;
    for (const char *at = text + strspn(text, " "); *at != '\0';) {
        size_t length = strcspn(at, " ");
        char token[64];
        plain_name(at, length, token, sizeof token);
        if (collate)
            memcpy(tail.collation, token, sizeof token);
        else if (strcasecmp(token, "desc") == 0 || strcasecmp(token, "asc") == 0)
            descending = strcasecmp(token, "desc") == 0;
        else if (nulls)
            first = strcasecmp(token, "first") == 0;
        else if (strcasecmp(token, "nulls") != 0 && strcasecmp(token, "collate") != 0)
            memcpy(tail.class, token, sizeof token);
        collate = !collate && strcasecmp(token, "collate") == 0;
        nulls = nulls || strcasecmp(token, "nulls") == 0;
        at += length;
        at += strspn(at, " ");
    }
    first = nulls ? first : descending;
    tail.option = (descending ? DESCENDING : 0) | (first ? NULLS_FIRST : 0);
    return tail;
}

/* The length of an expression in parentheses; literals in it are skipped. */
static size_t expression_length(const char *text)
{
    int depth = 0;
    bool quoted = false;
    for (size_t i = 0; text[i] != '\0'; i++) {
        quoted = quoted != (text[i] == '\'');
        depth += !quoted && text[i] == '(';
        depth -= !quoted && text[i] == ')';
        if (depth == 0)
            return i + 1;
    }
    return strlen(text);
}

/* *known is false, with a doubt told, when two expressions cannot be compared. */
static bool same_word(const struct look *look, const char *what, const char *word, int row,
                      bool *known)
{
    const char *column = query_text(look->words, row, WORD_COLUMN);
    const char *class = query_text(look->words, row, WORD_CLASS);
    const char *collation = query_text(look->words, row, WORD_COLLATION);
    size_t length = blueprint_column_length(look->table, word);
    bool same = false;
    if ((length > 0) != (column != NULL))
        return false;
    size_t whole = length > 0 ? length : expression_length(word);
    struct tail tail = read_tail(word + whole);
    if (tail.option != (int)query_int(look->words, row, WORD_OPTION) ||
        strcasecmp(tail.class, class != NULL ? class : "") != 0 ||
        strcasecmp(tail.collation, collation != NULL ? collation : "") != 0)
        return false;
    if (length > 0)
        return strlen(column) == length && strncmp(column, word, length) == 0;
    const char *expression = arena_printf(look->arena, "%.*s", (int)whole, word);
    if (expression == NULL)
        inspection_doubt(look->inspection, "%s: out of memory", what);
    *known = expression != NULL &&
             expression_same(look->inspection, what, look->table->mapping->schema,
                             look->table->mapping->name, EXPRESSION_VALUE, NULL, expression,
                             PQgetvalue(look->words, row, WORD_TEXT), &same);
    return same;
}

static bool same_where(const struct look *look, const char *what, const char *expected, int row,
                       bool *known)
{
    const char *found = query_text(look->indexes, row, INDEX_WHERE);
    bool same = false;
    if (expected == NULL || found == NULL)
        return expected == found;
    *known = expression_same(look->inspection, what, look->table->mapping->schema,
                             look->table->mapping->name, EXPRESSION_CONDITION, NULL, expected,
                             found, &same);
    return same;
}

/* Where the words of an index begin; every index has at least one. */
static int first_word(const struct look *look, int row)
{
    int at = 0;
    while (at + 1 < PQntuples(look->words) &&
           strcmp(PQgetvalue(look->words, at, WORD_INDEX),
                  PQgetvalue(look->indexes, row, INDEX_OID)) != 0)
        at++;
    return at;
}

static bool are_included(const struct look *look, const struct words *columns, int row)
{
    const char *found = PQgetvalue(look->indexes, row, INDEX_INCLUDED);
    for (size_t i = 0; i < columns->count; i++) {
        size_t length = strcspn(found, "\n");
        if (strlen(columns->items[i]) != length || strncmp(found, columns->items[i], length) != 0)
            return false;
        found += length;
        found += *found == '\n';
    }
    return *found == '\0';
}

static bool same_index(const struct look *look, const char *what, const struct mapping_index *index,
                       int row, bool *known)
{
    *known = true;
    if (query_int(look->indexes, row, INDEX_WORDS) != (int64_t)index->columns.count ||
        query_true(look->indexes, row, INDEX_UNIQUE) != index->unique ||
        query_true(look->indexes, row, INDEX_AT_ONCE) != (index->timing == NULL) ||
        query_true(look->indexes, row, INDEX_NULLS_EQUAL) != index->nulls_equal ||
        !are_included(look, &index->include, row) ||
        strcmp(PQgetvalue(look->indexes, row, INDEX_METHOD), index->method) != 0)
        return false;
    int first = first_word(look, row);
    for (size_t i = 0; i < index->columns.count; i++)
        if (!same_word(look, what, index->columns.items[i], first + (int)i, known))
            return false;
    return same_where(look, what, index->where, row, known);
}

enum standing { STANDING, INVALID, MISSING, UNKNOWN };

static enum standing find_index(const struct look *look, const char *what,
                                const struct mapping_index *index, bool primary)
{
    enum standing standing = MISSING;
    for (int row = 0; standing != STANDING && row < PQntuples(look->indexes); row++) {
        bool known;
        if (primary && !query_true(look->indexes, row, INDEX_PRIMARY))
            continue;
        if (same_index(look, what, index, row, &known))
            standing = query_true(look->indexes, row, INDEX_VALID) ? STANDING : INVALID;
        else if (!known && standing == MISSING)
            standing = UNKNOWN;
    }
    return standing;
}

struct twice {
    const struct look *look;
    const char *list;
};

static bool visit_twice(void *context, const PGresult *rows, struct error *error)
{
    const struct twice *twice = context;
    return inspection_find(twice->look->inspection, "duplicated", twice->look->table->label,
                           PQgetvalue(rows, 0, 0), error, "%s rows have the same (%s)",
                           PQgetvalue(rows, 0, 1), twice->list);
}

/* Nothing keeps these columns from being equal in two rows: are they? */
static bool find_twice(const struct look *look, const struct words *columns, const char *list)
{
    struct twice twice = {look, list};
    char what[256];
    struct buffer sql, group;
    buffer_init(&sql);
    buffer_init(&group);
    for (size_t i = 0; i < columns->count; i++) {
        buffer_puts(&group, i > 0 ? ", " : "");
        query_put_name(&group, columns->items[i]);
    }
    buffer_printf(&sql, "SELECT concat_ws(', ', %s), count(*) FROM ", buffer_text(&group));
    query_put_table(&sql, look->table->mapping->schema, look->table->mapping->name);
    for (size_t i = 0; i < columns->count; i++) {
        buffer_puts(&sql, i > 0 ? " AND " : " WHERE ");
        query_put_name(&sql, columns->items[i]);
        buffer_puts(&sql, " IS NOT NULL");
    }
    buffer_printf(&sql, " GROUP BY %s HAVING count(*) > 1 ORDER BY 1", buffer_text(&group));
    snprintf(what, sizeof what, "rows of %s with the same (%s)", look->table->label, list);
    bool ok =
        buffer_ok(&sql, look->error) && buffer_ok(&group, look->error) &&
        query_each(look->inspection, what, buffer_text(&sql), visit_twice, &twice, look->error);
    buffer_release(&sql);
    buffer_release(&group);
    return ok;
}

/* Is it over these columns, in whichever order? */
static bool is_over(const struct look *look, int row, const struct words *columns)
{
    const char *at = PQgetvalue(look->indexes, row, INDEX_COLUMNS);
    size_t count = 0;
    for (size_t length; *at != '\0'; at += length + (at[length] == '\n')) {
        size_t i = 0;
        length = strcspn(at, "\n");
        while (i < columns->count &&
               (strlen(columns->items[i]) != length || strncmp(columns->items[i], at, length) != 0))
            i++;
        if (i == columns->count)
            return false;
        count++;
    }
    return count == columns->count;
}

/* A table that the target brings may have any unique over the columns of its key: a deferrable one,
 * or one that includes more. */
static bool brings_unique(const struct look *look, const struct words *columns)
{
    for (int row = 0; row < PQntuples(look->indexes); row++)
        if (query_true(look->indexes, row, INDEX_UNIQUE) &&
            query_true(look->indexes, row, INDEX_VALID) &&
            !query_true(look->indexes, row, INDEX_COMPUTED) && is_over(look, row, columns))
            return true;
    return false;
}

/* What the source says of a key or unique of these columns beside them. */
static bool take_source(const struct look *look, const char *kind, struct mapping_index *index)
{
    const struct blueprint_table *table = look->table;
    const char *lines = index->columns.items[0];
    for (size_t i = 1; i < index->columns.count && lines != NULL; i++)
        lines = arena_printf(look->arena, "%s\n%s", lines, index->columns.items[i]);
    if (lines == NULL)
        return false;
    const struct catalog_object *source =
        table->mapping->keep_shape && !table->mapping->exists
            ? source_object_over(look->inspection->verification, table, kind, lines)
            : NULL;
    if (source == NULL || !source->in_shape)
        return true;
    index->timing = source->timing;
    index->nulls_equal = source->nulls_equal;
    index->include.items =
        arena_alloc(look->arena, source->include.count + 1, sizeof *index->include.items);
    for (size_t i = 0; index->include.items != NULL && i < source->include.count; i++) {
        const char *name = source_name(table->entity, table->mapping, source->include.items[i]);
        if (name != NULL)
            index->include.items[index->include.count++] = name;
    }
    return index->include.items != NULL;
}

static bool look_at_unique(const struct look *look, const struct words *columns, bool key)
{
    struct mapping_index index = {.columns = *columns, .method = "btree", .unique = true};
    if (!take_source(look, key ? "primary key" : "unique", &index))
        return error_memory(look->error);
    const char *list = blueprint_list(look->arena, columns), *label = look->table->label;
    char what[256];
    bool primary = key && !look->table->mapping->exists;
    snprintf(what, sizeof what, "the key (%s) of %s", list, label);
    look->inspection->checks++;
    if (look->table->mapping->exists && brings_unique(look, columns))
        return true;
    enum standing standing = find_index(look, what, &index, primary);
    if (standing == STANDING || standing == UNKNOWN)
        return true;
    return inspection_find(look->inspection, "no key", label, NULL, look->error,
                           "the %s over (%s) is %s", primary ? "primary key" : "unique", list,
                           standing == INVALID ? "not valid" : "missing") &&
           find_twice(look, columns, list);
}

static bool look_at_index(const struct look *look, const struct mapping_index *index)
{
    const char *list = blueprint_list(look->arena, &index->columns), *label = look->table->label;
    char what[256];
    snprintf(what, sizeof what, "the index on (%s) of %s", list, label);
    enum standing standing = find_index(look, what, index, false);
    look->inspection->checks++;
    if (standing == STANDING || standing == UNKNOWN)
        return true;
    return inspection_find(
        look->inspection, index->unique ? "no key" : "no index", label, NULL, look->error,
        "the %sindex on (%s)%s%s is %s", index->unique ? "unique " : "", list,
        index->where != NULL ? " where " : "", index->where != NULL ? index->where : "",
        standing == INVALID ? "not valid" : "missing");
}

/* Is an index that begins with the column declared already? Then its absence is told there. */
static bool is_led(const struct blueprint_table *table, const char *column)
{
    size_t length = strlen(column);
    if (table->key.count > 0 && strcmp(table->key.items[0], column) == 0)
        return true;
    for (size_t i = 0; i < table->unique_count; i++)
        if (strcmp(table->uniques[i].items[0], column) == 0)
            return true;
    for (size_t i = 0; i < table->index_count; i++)
        if (table->indexes[i].where == NULL &&
            blueprint_column_length(table, table->indexes[i].columns.items[0]) == length &&
            strncmp(table->indexes[i].columns.items[0], column, length) == 0)
            return true;
    return false;
}

/* A foreign key without an index makes every delete of what it refers to a scan of this table. */
static bool look_at_leading(const struct look *look, const char *column)
{
    if (is_led(look->table, column))
        return true;
    look->inspection->checks++;
    for (int row = 0; row < PQntuples(look->indexes); row++) {
        const char *found = query_text(look->words, first_word(look, row), WORD_COLUMN);
        if (found != NULL && strcmp(found, column) == 0 &&
            query_true(look->indexes, row, INDEX_VALID) &&
            PQgetisnull(look->indexes, row, INDEX_WHERE))
            return true;
    }
    return inspection_find(look->inspection, "no index", look->table->label, NULL, look->error,
                           "no index begins with %s, which refers to another table", column);
}

/* Is the index over just these words? One that is wrong otherwise is told where it is expected. */
static bool is_about(const struct look *look, const struct words *words, int row)
{
    const char *columns = PQgetvalue(look->indexes, row, INDEX_COLUMNS);
    for (size_t i = 0; i < words->count; i++) {
        size_t length = strcspn(columns, "\n");
        if (blueprint_column_length(look->table, words->items[i]) != length ||
            strncmp(columns, words->items[i], length) != 0)
            return false;
        columns += length;
        if ((*columns == '\n') != (i + 1 < words->count))
            return false;
        columns += *columns == '\n';
    }
    return true;
}

/* A doubt is told already where the index is expected. */
static bool is_expected(const struct look *look, const char *what, int row)
{
    const struct blueprint_table *table = look->table;
    bool expected = table->key.count > 0 && is_about(look, &table->key, row);
    for (size_t i = 0; !expected && i < table->unique_count; i++)
        expected = is_about(look, &table->uniques[i], row);
    for (size_t i = 0; !expected && i < table->index_count; i++) {
        bool known;
        expected = (table->indexes[i].unique && is_about(look, &table->indexes[i].columns, row)) ||
                   same_index(look, what, &table->indexes[i], row, &known) || !known;
    }
    return expected;
}

static bool is_of_source(const struct look *look, const char *name)
{
    static const char *const kinds[] = {"unique", "index", "exclusion constraint", "primary key"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (source_object_named(look->inspection->verification, look->table, kinds[i], name) !=
            NULL)
            return true;
    return false;
}

/* An index more only costs time, unless it refuses rows: two that are equal to it, or one of which
 * its expression makes no value. */
static bool look_at_others(const struct look *look)
{
    bool ok = true;
    for (int row = 0; ok && row < PQntuples(look->indexes); row++) {
        const char *name = PQgetvalue(look->indexes, row, INDEX_NAME);
        bool unique = query_true(look->indexes, row, INDEX_UNIQUE) ||
                      query_true(look->indexes, row, INDEX_EXCLUDES);
        char what[256];
        snprintf(what, sizeof what, "the index %s of %s", name, look->table->label);
        look->inspection->checks++;
        if ((unique || query_true(look->indexes, row, INDEX_COMPUTED)) &&
            !is_expected(look, what, row) && !is_of_source(look, name))
            ok = inspection_find(look->inspection, unique ? "extra key" : "extra index",
                                 look->table->label, NULL, look->error,
                                 "it has the index %s, which the mapping does not say: %s", name,
                                 PQgetvalue(look->indexes, row, INDEX_DEFINITION));
    }
    return ok;
}

static bool look_at_exclusion(const struct look *look, const struct mapping_check *exclusion)
{
    static const char sql[] =
        "SELECT pg_catalog.pg_get_constraintdef(o.oid) FROM pg_catalog.pg_constraint o"
        " JOIN pg_catalog.pg_class c ON c.oid = o.conrelid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE o.contype = 'x' AND n.nspname = $1 AND c.relname = $2 AND o.conname = $3";
    const struct mapping_table *mapping = look->table->mapping;
    const char *const parameters[] = {mapping->schema, mapping->name, exclusion->name};
    char what[256];
    snprintf(what, sizeof what, "the exclusion %s of %s", exclusion->name, look->table->label);
    PGresult *rows = query(look->inspection, what, sql, parameters, 3);
    const char *found = rows != NULL && PQntuples(rows) > 0 ? PQgetvalue(rows, 0, 0) : NULL;
    bool ok = true;
    look->inspection->checks++;
    if (rows != NULL && (found == NULL || !source_text_same(found, exclusion->expression)))
        ok = inspection_find(look->inspection, "no key", look->table->label, NULL, look->error,
                             "the exclusion constraint %s is %s; it should be %s", exclusion->name,
                             found != NULL ? found : "missing", exclusion->expression);
    PQclear(rows);
    return ok;
}

static bool look_at_all(const struct look *look)
{
    const struct blueprint_table *table = look->table;
    bool ok = table->key.count == 0 || look_at_unique(look, &table->key, true);
    if (table->mapping->exists)
        return ok;
    for (size_t i = 0; ok && i < table->unique_count; i++)
        ok = look_at_unique(look, &table->uniques[i], false);
    for (size_t i = 0; ok && i < table->index_count; i++)
        ok = look_at_index(look, &table->indexes[i]);
    for (size_t i = 0; ok && i < table->reference_count; i++)
        ok = !table->references[i].by_id ||
             look_at_leading(look, table->references[i].columns.items[0]);
    for (size_t i = 0; ok && i < table->exclusion_count; i++)
        ok = look_at_exclusion(look, &table->exclusions[i]);
    return ok && look_at_others(look);
}

bool shape_keys(struct inspection *inspection, const struct blueprint_table *table, const char *oid,
                struct arena *arena, struct error *error)
{
    char what[256];
    snprintf(what, sizeof what, "the indexes of %s", table->label);
    PGresult *indexes = query(inspection, what, indexes_sql, &oid, 1);
    PGresult *words = indexes != NULL ? query(inspection, what, words_sql, &oid, 1) : NULL;
    const struct look look = {inspection, table, arena, indexes, words, error};
    bool ok = words == NULL || look_at_all(&look);
    PQclear(indexes);
    PQclear(words);
    return ok;
}
