#include "account_print.h"
#include "catalogs.h"
#include "figures.h"
#include "free_plan.h"
#include "objects.h"
#include "print.h"
#include "printable.h"
#include "sheet.h"
#include "trial.h"
#include "verb.h"

#include "graduate/access.h"
#include "graduate/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LOOK = 1000 };

static const char *project_name, *checkpoints;
static bool allow_rows;
static int64_t stall = 600;

static const struct option_row options[] = {
    {"project", OPTION_TEXT, &project_name, "PROJECT", "project folder, or a known project's name"},
    {"checkpoints", OPTION_TEXT, &checkpoints, "DIR",
     "look at DIR/ENTITY.gck of an earlier run, all of it, instead of exports"},
    {"allow-rows", OPTION_FLAG, &allow_rows, NULL,
     "of a run that loads beside rows that are there"},
    {"stall", OPTION_NUMBER, &stall, "SECONDS", "as of graduate run (600; 0: never)"},
};

static const struct command command = {
    .name = "graduate plan",
    .purpose = "say what a run would do; write nothing",
    .usage = "--project PROJECT [--checkpoints DIR] [--allow-rows]",
    .epilogue =
        "Asks the sources what they hold, and the target, once it is named, whether it would\n"
        "take the run: all that a run makes is made, and taken back. With checkpoints it is\n"
        "not asked, for it may hold their run. An example:\n\n"
        "  graduate plan --project authorstack",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

static void print_sources(const struct catalogs *catalogs, struct buffer *out)
{
    struct sheet sheet;
    sheet_init(&sheet, "<<<");
    for (size_t i = 0; i < catalogs->count; i++)
        sheet_row(&sheet, catalogs->items[i].source, catalogs->items[i].kind,
                  catalogs->items[i].version != NULL ? catalogs->items[i].version : "");
    buffer_puts(out, "sources:\n");
    sheet_print(&sheet, "  ", out);
    sheet_release(&sheet);
}

/* A mapping may fill one table in several ways; it is named once. */
static bool is_named_before(const struct mapping *mapping, size_t table)
{
    for (size_t t = 0; t < table; t++)
        if (strcmp(mapping->tables[t].label, mapping->tables[table].label) == 0)
            return true;
    return false;
}

static void put_entity(const struct mapping *mapping, const struct catalog_entity *catalog,
                       size_t place, struct sheet *sheet)
{
    char number[FIGURE_SIZE], records[FIGURE_SIZE], bytes[FIGURE_SIZE], from[256];
    struct buffer tables;
    buffer_init(&tables);
    for (size_t t = 0; t < mapping->table_count; t++)
        if (!is_named_before(mapping, t))
            buffer_printf(&tables, "%s%s", t > 0 ? ", " : "", mapping->tables[t].label);
    snprintf(from, sizeof from, "%s.%s", mapping->source->name, mapping->from);
    sheet_row(sheet, figure_count((int64_t)place, number), mapping->name, from,
              figure_count(catalog->estimate, records), figure_bytes(catalog->bytes, bytes),
              buffer_text(&tables));
    buffer_release(&tables);
}

static void print_entities(const struct project *project, const struct catalogs *catalogs,
                           struct buffer *out)
{
    struct sheet sheet;
    int64_t records = 0, bytes = 0;
    bool all_known = true;
    char figure[FIGURE_SIZE], size[FIGURE_SIZE];
    sheet_init(&sheet, "><<>><");
    sheet_row(&sheet, "", "entity", "from", "records", "bytes", "to");
    for (size_t i = 0; i < project->mapping_count; i++) {
        const struct catalog_entity *catalog = catalogs_find(catalogs, project->mappings[i]);
        put_entity(project->mappings[i], catalog, i + 1, &sheet);
        records += catalog->estimate > 0 ? catalog->estimate : 0;
        bytes += catalog->bytes > 0 ? catalog->bytes : 0;
        all_known = all_known && catalog->estimate >= 0 && catalog->bytes >= 0;
    }
    buffer_puts(out, "\nentities, in the order in which they are loaded (figures are the sources' "
                     "own estimates):\n");
    sheet_print(&sheet, "  ", out);
    sheet_release(&sheet);
    if (all_known || records > 0)
        buffer_printf(out, "  in all %s %s records, %s\n", all_known ? "about" : "at least",
                      figure_count(records, figure), figure_bytes(bytes, size));
}

static void print_statements(const struct schema *schema, struct buffer *out)
{
    size_t counts[SCHEMA_FIGURES + 1] = {0};
    for (size_t i = 0; i < schema->statement_count; i++)
        counts[schema->statements[i].phase]++;
    buffer_printf(
        out,
        "\n%zu statements of DDL (graduate schema prints them): %zu for the tables before "
        "the data, %zu for keys, indexes and foreign keys after it, %zu for the rest\n",
        schema->statement_count, counts[SCHEMA_TABLES],
        counts[SCHEMA_KEYS] + counts[SCHEMA_INDEXES] + counts[SCHEMA_REFERENCES],
        counts[SCHEMA_REST] + counts[SCHEMA_FIGURES]);
}

static void warn_of_left_outs(const struct project *project, const struct catalogs *catalogs,
                              struct buffer *out)
{
    for (size_t i = 0; i < project->left_out_count; i++) {
        const struct left_out *left = &project->left_outs[i];
        const struct catalog *catalog = catalogs_of(catalogs, left->source);
        if (catalog != NULL && catalog_find(catalog, left->from) == NULL)
            buffer_printf(out, "  %s.%s is left out, but the source has no such thing\n",
                          left->source->name, left->from);
    }
}

static void warn_of_keys(const struct schema *schema, struct buffer *out)
{
    for (size_t i = 0; i < schema->output_count; i++)
        if (schema->outputs[i].key_count == 0)
            buffer_printf(out, "  %s has no key: nothing keeps it from holding a row twice\n",
                          schema->outputs[i].table->label);
}

static void warn_of_needs(const struct schema *schema, struct buffer *out)
{
    for (size_t i = 0; i < schema->need_count; i++)
        buffer_printf(out, "  the target must have the extension %s: %s is of its type %s\n",
                      schema->needs[i].extension, schema->needs[i].table, schema->needs[i].type);
}

static void print_warnings(const struct project *project, const struct catalogs *catalogs,
                           const struct schema *schema, const struct error *unnamed, int64_t bytes,
                           struct buffer *out)
{
    struct buffer warnings;
    buffer_init(&warnings);
    warn_of_left_outs(project, catalogs, &warnings);
    warn_of_keys(schema, &warnings);
    warn_of_needs(schema, &warnings);
    account_print_text_ids(project, &warnings);
    account_print_loose_ids(project, &warnings);
    account_print_computed(project, &warnings);
    access_put_unsaid(project, catalogs->items, catalogs->count, &warnings);
    if (!project->plain)
        free_plan_warn(project, catalogs, bytes, &warnings);
    if (unnamed != NULL)
        buffer_printf(&warnings, "  the target is not named yet, and a run needs it: %s\n",
                      unnamed->message);
    if (warnings.length > 0)
        buffer_printf(out, "\nwarnings:\n%s", buffer_text(&warnings));
    buffer_release(&warnings);
}

static void put_fields(const struct catalog *catalog, const struct catalog_entity *entity,
                       struct buffer *out)
{
    struct sheet sheet;
    if (entity->column_count == 0)
        return;
    buffer_printf(out, "\n  %s.%s:\n", catalog->source, entity->name);
    sheet_init(&sheet, "<<<");
    for (size_t i = 0; i < entity->column_count; i++) {
        const struct catalog_column *column = &entity->columns[i];
        char name[512], most[64] = "", type[512];
        if (column->size >= 0)
            snprintf(most, sizeof most, ", up to %" PRId64 " characters", column->size);
        snprintf(type, sizeof type, "%s%s", column->type, most);
        /* Names of fields come from the records. */
        printable_copy(name, sizeof name, column->name, strlen(column->name));
        sheet_row(&sheet, name, type, column->not_null ? "never null" : "");
    }
    sheet_print(&sheet, "    ", out);
    sheet_release(&sheet);
}

static void put_holdings(const struct catalogs *catalogs, struct buffer *out)
{
    struct sheet sheet;
    char look[FIGURE_SIZE];
    buffer_puts(out, "\nwhat they hold (figures are their own estimates):\n");
    sheet_init(&sheet, "<>>");
    sheet_row(&sheet, "collection or table", "records", "bytes");
    for (size_t c = 0; c < catalogs->count; c++)
        for (size_t e = 0; e < catalogs->items[c].entity_count; e++) {
            const struct catalog_entity *entity = &catalogs->items[c].entities[e];
            char name[256], records[FIGURE_SIZE], bytes[FIGURE_SIZE];
            snprintf(name, sizeof name, "%s.%s", catalogs->items[c].source, entity->name);
            sheet_row(&sheet, name, figure_count(entity->estimate, records),
                      figure_bytes(entity->bytes, bytes));
        }
    sheet_print(&sheet, "  ", out);
    sheet_release(&sheet);
    buffer_printf(out,
                  "\ntheir fields, as the source declares them, and as the first %s records of "
                  "MongoDB and of exports have them:\n",
                  figure_count(LOOK, look));
    for (size_t c = 0; c < catalogs->count; c++)
        for (size_t e = 0; e < catalogs->items[c].entity_count; e++)
            put_fields(&catalogs->items[c], &catalogs->items[c].entities[e], out);
}

/* Without a mapping there is nothing to plan; with this, one can be begun. */
static bool show_holdings(const struct project *project, struct supervisor *supervisor,
                          struct error *error)
{
    struct catalogs catalogs;
    struct buffer out;
    if (!catalogs_look(&catalogs, project, LOOK, supervisor, error))
        return false;
    buffer_init(&out);
    print_sources(&catalogs, &out);
    put_holdings(&catalogs, &out);
    bool ok = print_text(&out, error);
    buffer_release(&out);
    catalogs_release(&catalogs);
    return ok && project_check(project, error);
}

/* What a run would meet in the first records; it would be told here, not there. */
static bool print_look(const struct project *project, const struct catalogs *catalogs,
                       struct supervisor *supervisor, struct buffer *out, struct error *error)
{
    const struct trial_options look = {
        .first = LOOK, .exports = checkpoints == NULL, .checkpoints = checkpoints, .patient = true};
    struct trial trial;
    struct buffer text;
    char figure[FIGURE_SIZE];
    if (!trial_make(&trial, project, catalogs, &look, supervisor, error))
        return false;
    buffer_init(&text);
    trial_print(&trial, TRIAL_EXAMPLES, &text);
    if (text.length > 0 && checkpoints != NULL)
        buffer_printf(out, "\na look at the records in %s:\n%s", checkpoints, buffer_text(&text));
    else if (text.length > 0)
        buffer_printf(out,
                      "\na look at the first %s records of each entity in an export (graduate "
                      "check reads all, "
                      "also of servers):\n%s",
                      figure_count(LOOK, figure), buffer_text(&text));
    bool ok = buffer_ok(&text, error);
    buffer_release(&text);
    trial_release(&trial, project, catalogs);
    return ok;
}

static bool plan(const struct project *project, struct supervisor *supervisor, struct error *error)
{
    struct catalogs catalogs;
    struct schema schema = {0};
    struct objects objects = {0};
    struct buffer text;
    supervisor_stall(supervisor, stall);
    if (project->broken_count > 0) /* graduate check goes on */
        return project_check(project, error);
    if (project->mapping_count == 0)
        return show_holdings(project, supervisor, error);
    if (!catalogs_ask(&catalogs, project, false, NULL, supervisor, error))
        return project->fault_count > 0 ? project_check(project, error) : false;
    bool ok = catalogs_check(&catalogs, project, error) &&
              trial_check(project, NULL, &catalogs, supervisor, error) &&
              catalogs_count(&catalogs, project, true, supervisor, error) &&
              schema_resolve(&schema, project, catalogs.items, catalogs.count, error) &&
              objects_gather(&objects, &catalogs, &schema, error) &&
              objects_check(&objects, project, error);
    if (ok) {
        struct error refused;
        bool named = true;
        int64_t bytes = 0;
        bool taken = checkpoints != NULL || trial_target(project, allow_rows, &catalogs, supervisor,
                                                         &named, &bytes, &refused);
        buffer_init(&text);
        buffer_printf(&text, "plan of %s\n\n", project->name);
        print_sources(&catalogs, &text);
        print_entities(project, &catalogs, &text);
        objects_print(&objects, &text);
        account_print_behind(project, &text);
        print_statements(&schema, &text);
        print_warnings(project, &catalogs, &schema, named ? NULL : &refused, bytes, &text);
        ok = print_look(project, &catalogs, supervisor, &text, error) && print_text(&text, error);
        buffer_release(&text);
        if (ok && !taken)
            *error = refused;
        ok = ok && taken;
    }
    objects_release(&objects);
    schema_release(&schema);
    catalogs_release(&catalogs);
    return ok;
}

static bool run(const struct verb_call *call, int *exit_code, struct error *error)
{
    return verb_needs(project_name, "project", error) &&
           verb_with_draft(call, project_name, NULL, plan, exit_code, error);
}

const struct verb verb_plan = {&command, VERB_NO_FILE, run};
