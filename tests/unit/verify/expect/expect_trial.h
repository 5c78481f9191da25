/* expect_trial.h: one mapping, the rows that verify expects of its records, and these as text. */
#ifndef TESTS_EXPECT_TRIAL_H
#define TESTS_EXPECT_TRIAL_H

#include "canonical.h"
#include "expect.h"
#include "scratch_folder.h"
#include "sample.h"

struct trial {
    struct folder folder;
    struct project project;
    struct catalog catalog;
    struct expectation *expectation;
    struct buffer rows; /* "table column=value|column=value\n" */
    int64_t records, filtered;
    struct error error;
};

#define MONGODB "\"core\": {\"kind\": \"mongodb\", \"uri\": \"${C}\"}"
#define APPWRITE "\"auth\": {\"kind\": \"appwrite\", \"uri\": \"${A}\", \"database\": \"main\"}"
#define POSTGRES "\"sql\": {\"kind\": \"postgres\", \"uri\": \"${S}\"}"

/* The entity "books" out of the mapping's text, beside the entity "users". */
static inline bool trial_open(struct trial *t, const char *strategy, const char *catalog,
                              const char *mapping)
{
    char text[512];
    const struct catalog_entity none = {0};
    *t = (struct trial){0};
    folder_make(&t->folder);
    snprintf(text, sizeof text,
             "{\"project\": \"test\", \"target\": \"${T}\", \"identity\": {\"strategy\": \"%s\", "
             "\"namespace\": \"6ba7b810-9dad-11d1-80b4-00c04fd430c8\"}, \"sources\": {" MONGODB
             ", " POSTGRES ", " APPWRITE "}}",
             strategy);
    folder_put(&t->folder, "project.json", text);
    folder_put(
        &t->folder, "users.json",
        "{\"from\": \"core.users\", \"to\": {\"public.users\": {\"key\": [\"id\"], \"columns\": "
        "{\"id\": {\"from\": \"_id\", \"id_of\": \"users\"}, "
        "\"was\": {\"from\": \"_id\", \"type\": \"text\"}}}}}");
    folder_put(&t->folder, "books.json", mapping);
    catalog_init(&t->catalog);
    if (!project_load(&t->project, t->folder.path, &t->error))
        fail_msg("%s\n%s", t->error.message, mapping);
    if (catalog != NULL && !catalog_parse_entity(catalog, "catalog", &t->catalog, &t->error))
        fail_msg("%s\n%s", t->error.message, catalog);
    return expectation_new(&t->expectation, &t->project, project_mapping(&t->project, "books"),
                           catalog != NULL ? &t->catalog.entities[0] : &none, &t->error);
}

static inline void trial_close(struct trial *t)
{
    expectation_free(t->expectation);
    buffer_release(&t->rows);
    catalog_release(&t->catalog);
    project_release(&t->project);
    folder_remove(&t->folder);
}

static inline bool take_row(void *context, const struct expected_row *row, struct error *error)
{
    struct buffer *rows = context;
    const char *between = " ";
    (void)error;
    buffer_puts(rows, row->table->label);
    for (size_t i = 0; i < row->table->column_count; i++) {
        const struct expected_column *column = &row->table->columns[i];
        if (!row->values[i].given)
            continue;
        buffer_printf(rows, "%s%s=", between, column->name);
        canonical_print(&column->type, row->values[i].bytes, row->values[i].length, rows);
        between = "|";
    }
    buffer_putc(rows, '\n');
    return true;
}

#endif
