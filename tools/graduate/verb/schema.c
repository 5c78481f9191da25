#include "catalogs.h"
#include "print.h"
#include "verb.h"

#include "graduate/file.h"
#include "graduate/schema.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *project_name, *out_folder;
static int64_t stall = 600;

static const struct option_row options[] = {
    {"project", OPTION_TEXT, &project_name, "PROJECT", "project folder, or a known project's name"},
    {"out", OPTION_TEXT, &out_folder, "DIR", "write migration files into this folder"},
    {"stall", OPTION_NUMBER, &stall, "SECONDS", "as of graduate run (600; 0: never)"},
};

static const struct command command = {
    .name = "graduate schema",
    .purpose = "print the target's DDL, or write it as supabase/migrations files",
    .usage = "--project PROJECT [--out DIR]",
    .epilogue =
        "Asks only the sources with tables that keep their shape, and the target where a\n"
        "mapping takes types from there. A run makes the tables\n"
        "itself; the files are for the history of the project that it becomes. Examples:\n\n"
        "  graduate schema --project authorstack\n"
        "  graduate schema --project authorstack --out supabase/migrations",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

/* One file each: what is made before the data, and what after it. */
static const struct part {
    const char *name;
    enum schema_phase first, last;
    const char *title;
} parts[] = {
    {"tables", SCHEMA_TABLES, SCHEMA_TABLES, "schemas and tables, made before the data"},
    {"keys", SCHEMA_KEYS, SCHEMA_REST, "keys, indexes, references and the rest, made after it"},
};
enum { PART_COUNT = sizeof parts / sizeof parts[0] };

/* What PostgreSQL itself can leave alone where it is there already. */
static const struct {
    const char *make, *unless;
} makings[] = {
    {"create table ", "create table if not exists "},
    {"create schema ", "create schema if not exists "},
    {"create sequence ", "create sequence if not exists "},
    {"create index ", "create index if not exists "},
    {"create unique index ", "create unique index if not exists "},
};
/* What changes nothing when it comes again. */
static const char *const repeatable[] = {"create or replace ", "drop ", "set ", "comment on "};

static bool begins_with(const char *text, const char *word)
{
    return strncmp(text, word, strlen(word)) == 0;
}

/* A file may be applied to a target that has what is in it, or a part of it. */
static void put_statement(const struct schema_statement *statement, struct buffer *out)
{
    const char *sql = statement->sql;
    bool again = statement->exists == NULL || strstr(sql, " if not exists ") != NULL;
    for (size_t i = 0; i < sizeof repeatable / sizeof repeatable[0]; i++)
        again = again || begins_with(sql, repeatable[i]);
    for (size_t i = 0; !again && i < sizeof makings / sizeof makings[0]; i++)
        if (begins_with(sql, makings[i].make)) {
            buffer_printf(out, "%s%s;\n", makings[i].unless, sql + strlen(makings[i].make));
            return;
        }
    if (again)
        buffer_printf(out, "%s;\n", sql);
    else
        buffer_printf(out, "do $do$ begin if not exists (%s) then\n%s;\nend if; end $do$;\n",
                      statement->exists, sql);
}

static void put_part(const struct schema *schema, const struct part *part, struct buffer *out)
{
    const char *table = NULL;
    buffer_printf(out, "-- %s: %s\n", schema->project->name, part->title);
    for (size_t i = 0; i < schema->statement_count; i++) {
        const struct schema_statement *statement = &schema->statements[i];
        if (statement->phase < part->first || statement->phase > part->last || statement->at_begin)
            continue;
        if (statement->table != table)
            buffer_putc(out, '\n');
        table = statement->table;
        put_statement(statement, out);
    }
}

/* Supabase's CLI orders files by their first 14 digits: UTC, to the second. */
static bool write_part(const struct schema *schema, const struct part *part, time_t when,
                       struct error *error)
{
    struct buffer text;
    struct tm utc;
    char stamp[16], name[256], path[4096];
    if (gmtime_r(&when, &utc) == NULL || strftime(stamp, sizeof stamp, "%Y%m%d%H%M%S", &utc) != 14)
        return error_set(error, ERROR_BUG, "this machine's clock shows no time");
    snprintf(name, sizeof name, "%s_%s_%s.sql", stamp, schema->project->name, part->name);
    buffer_init(&text);
    put_part(schema, part, &text);
    bool ok = buffer_ok(&text, error) && file_make_folder(out_folder, error) &&
              file_join(path, sizeof path, out_folder, name, error) &&
              file_replace(path, text.data, text.length, error);
    if (ok)
        message_info("wrote %s", path);
    buffer_release(&text);
    return ok;
}

static bool put_all(const struct schema *schema, struct error *error)
{
    time_t now = time(NULL);
    struct buffer text;
    bool ok = true;
    buffer_init(&text);
    for (size_t i = 0; ok && i < PART_COUNT; i++) {
        if (out_folder != NULL) {
            ok = write_part(schema, &parts[i], now + (time_t)i, error);
            continue;
        }
        buffer_puts(&text, i > 0 ? "\n" : "");
        put_part(schema, &parts[i], &text);
    }
    ok = ok && print_text(&text, error);
    buffer_release(&text);
    return ok;
}

static bool print_schema(const struct project *project, struct supervisor *supervisor,
                         struct error *error)
{
    struct catalogs catalogs;
    struct schema schema;
    supervisor_stall(supervisor, stall);
    if (!catalogs_ask(&catalogs, project, true, NULL, supervisor, error))
        return false;
    bool ok = schema_resolve(&schema, project, catalogs.items, catalogs.count, error);
    if (ok) {
        ok = put_all(&schema, error);
        schema_release(&schema);
    }
    catalogs_release(&catalogs);
    return ok;
}

static bool run(const struct verb_call *call, int *exit_code, struct error *error)
{
    return verb_needs(project_name, "project", error) &&
           verb_with_project(call, project_name, NULL, print_schema, exit_code, error);
}

const struct verb verb_schema = {&command, VERB_NO_FILE, run};
