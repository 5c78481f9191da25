/* What a validator says of fields, as columns of the catalog. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "beside.h"
#include "graduate/buffer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SCHEMA(schema, more) "{\"options\": {\"validator\": {\"$jsonSchema\": {" schema "}}" more "}}"
#define FIELD(members) SCHEMA("\"properties\": {\"f\": {" members "}}", "")
#define INT "\"properties\": {\"f\": {\"bsonType\": \"int\"}}"

static const struct {
    const char *metadata;
    const char *columns; /* "NAME TYPE[!][(SIZE)][ of ELEMENT ...]", a line each; "closed\n" before them */
} rows[] = {
    {FIELD("\"bsonType\": \"string\", \"maxLength\": {\"$numberInt\": \"50\"}"), "f string(50)\n"},
    {FIELD("\"bsonType\": [\"int\", \"double\"]"), "f int|double\n"},
    {FIELD("\"type\": \"boolean\""), "f boolean\n"},
    {FIELD("\"bsonType\": \"array\""), "f array\n"},
    {FIELD("\"bsonType\": \"array\", \"items\": {\"bsonType\": \"string\"}"), "f string[]\n"},
    {FIELD("\"bsonType\": \"array\", \"items\": {\"bsonType\": [\"string\", \"int\"]}"), "f array\n"},
    {FIELD("\"enum\": [\"a\", \"b\", null]"), "f  of a b\n"},
    {FIELD("\"enum\": [\"a\", 1]"), "f \n"},
    {FIELD("\"maxLength\": -1"), "f \n"},
    {FIELD("\"bsonType\": \"object\", \"required\": [\"g\"], \"properties\": {\"g\": {\"bsonType\": \"date\"}}"),
     "f object\nf.g date!\n"},
    {SCHEMA(INT ", \"required\": [\"f\", \"g\"], \"additionalProperties\": false", ""), "closed\nf int!\n"},
    {SCHEMA(INT ", \"required\": [\"g\"], \"additionalProperties\": true", ""), "f int\n"},
    {SCHEMA("\"required\": [\"f\"], \"properties\": {\"f\": {\"bsonType\": [\"null\", \"int\"]}}", ""), "f int\n"},
    {SCHEMA("\"required\": [\"f\"], \"properties\": {\"f\": {}}", ""), "f \n"},
    {SCHEMA("\"required\": [\"f\"], \"properties\": {\"f\": {\"enum\": [\"a\"]}}", ""), "f ! of a\n"},
    {SCHEMA("\"required\": [\"f\"], \"properties\": {\"f\": {\"enum\": [\"a\", null]}}", ""), "f  of a\n"},
    {SCHEMA(INT, ", \"validationAction\": \"error\", \"validationLevel\": \"strict\""), "f int\n"},
    /* the server lets others pass */
    {SCHEMA(INT, ", \"validationAction\": \"warn\""), ""},
    {SCHEMA(INT, ", \"validationLevel\": \"moderate\""), ""},
    {SCHEMA(INT, ", \"validationLevel\": \"off\""), ""},
    {"{\"options\": {\"validator\": {\"f\": {\"$type\": \"int\"}}}}", ""},
    {"{}", ""},
};

static void put_column(char *text, size_t size, const struct catalog_column *column)
{
    size_t length = strlen(text);
    length += (size_t)snprintf(text + length, size - length, "%s %s%s", column->name, column->type,
                               column->not_null ? "!" : "");
    if (column->size >= 0)
        length += (size_t)snprintf(text + length, size - length, "(%" PRId64 ")", column->size);
    for (size_t i = 0; i < column->elements.count; i++)
        length += (size_t)snprintf(text + length, size - length, "%s%s", i == 0 ? " of " : " ", column->elements.items[i]);
    snprintf(text + length, size - length, "\n");
}

static void validators_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct catalog catalog;
        struct error error = {0};
        char text[512] = "";
        cJSON *metadata = cJSON_Parse(rows[i].metadata);
        if (metadata == NULL)
            fail_msg("row %zu is no JSON", i);
        catalog_init(&catalog);
        assert_non_null(catalog_add(&catalog, "c"));
        assert_non_null(catalog_add(&catalog, "d"));
        assert_true(beside_describe(&catalog, "c", MONGODB_COLLECTION, metadata, &error));
        if (catalog.entities[0].closed)
            snprintf(text, sizeof text, "closed\n");
        for (size_t k = 0; k < catalog.entities[0].column_count; k++)
            put_column(text, sizeof text, &catalog.entities[0].columns[k]);
        assert_string_equal(text, rows[i].columns);
        assert_int_equal(catalog.entities[1].column_count, 0);
        catalog_release(&catalog);
        cJSON_Delete(metadata);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(validators_are_read)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
