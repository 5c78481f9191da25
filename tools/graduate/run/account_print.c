#include "account_print.h"
#include "figures.h"
#include "filters.h"
#include "hex_ids.h"
#include "printable.h"
#include "sheet.h"
#include "unmet.h"

#include <stdio.h>
#include <string.h>

/* What a rule's losses ask of the founder. A rule without a row speaks for itself. */
static const struct {
    const char *rule, *meaning;
} meanings[] = {
    {"password_reset", "users to be sent a password reset: Supabase Auth cannot read their hash"},
    {"safe_numbers", "whole numbers beyond 2^53, which became text"},
    {"beyond_double", "whole numbers beyond 2^53 in JSON, which became text"},
    {"nul", "texts with NUL in them, which was taken out"},
    {"utf8", "texts that are no UTF-8, with U+FFFD for what is not"},
    {"too_long", "texts that were cut"},
    {"range", "numbers and dates beyond the type's"},
    {"rounding", "numbers that were rounded"},
    {"json", "texts that are no JSON, and stayed texts"},
    {"key_twice", "members of JSON's objects, whose name stands there once more"},
    {"row_twice", "rows of a record with the key of one before them"},
    {"misfit", "values of another kind, for which something else stands"},
    {"negative_zero", "-0, which became 0"},
    {"day", "moments of which only the date was kept"},
    {"epoch", "timestamps of BSON, whose counter was not kept"},
    {"not_finite", "NaN or an infinity, which became null"},
    {"dangling", "ids that name no record that stays: made null, kept, or left out"},
};

const char *account_print_meaning(const char *rule)
{
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (strcmp(meanings[i].rule, rule) == 0)
            return meanings[i].meaning;
    return "";
}

const char *account_print_term(enum fate term)
{
    return term == FATE_LEFT_OUT   ? "left out"
           : term == FATE_KEPT_OUT ? "kept out"
                                   : fate_names[term];
}

static void print_entities(const struct account *account, struct buffer *out)
{
    struct sheet sheet;
    sheet_init(&sheet, "<>>>>>>");
    sheet_row(&sheet, "entity", "read", "loaded", "filtered", "rejected", "retried", "losses");
    for (size_t i = 0; i < account->entity_count; i++) {
        const struct account_entity *entity = &account->entities[i];
        char figures[6][FIGURE_SIZE];
        sheet_row(
            &sheet, entity->entity, figure_count(entity->read, figures[0]),
            figure_count(entity->loaded, figures[1]), figure_count(entity->filtered, figures[2]),
            figure_count(entity->rejected, figures[3]), figure_count(entity->retried, figures[4]),
            figure_count(entity->losses, figures[5]));
    }
    sheet_print(&sheet, "  ", out);
    sheet_release(&sheet);
}

/* What the target has of a record, and no source. */
static void print_retried(const struct account *account, struct buffer *out)
{
    bool any = false;
    for (size_t i = 0; i < account->entity_count; i++) {
        const struct account_entity *entity = &account->entities[i];
        char figure[FIGURE_SIZE];
        if (entity->retried == 0)
            continue;
        if (!any)
            buffer_puts(out, "\nretried: records as they were corrected by hand, which differ from "
                             "the source (retried.jsonl in the run folder):\n");
        any = true;
        buffer_printf(out, "  %s: %s\n", entity->entity, figure_count(entity->retried, figure));
    }
}

static void print_tables(const struct account *account, struct buffer *out)
{
    struct sheet sheet;
    sheet_init(&sheet, "<>>>");
    sheet_row(&sheet, "table", "rows before", "loaded", "present");
    for (size_t i = 0; i < account->table_count; i++) {
        const struct account_table *table = &account->tables[i];
        char figures[3][FIGURE_SIZE];
        sheet_row(&sheet, table->table, figure_count(table->before, figures[0]),
                  figure_count(table->loaded, figures[1]),
                  figure_count(table->present, figures[2]));
    }
    sheet_print(&sheet, "  ", out);
    sheet_release(&sheet);
}

/* Rows that were there already: "public.people: 2 updated, 1 skipped". */
static void print_met(const struct account *account, struct buffer *out)
{
    bool any = false;
    for (size_t i = 0; i < account->table_count; i++) {
        const struct account_table *table = &account->tables[i];
        char figures[2][FIGURE_SIZE];
        if (table->updated == 0 && table->skipped == 0)
            continue;
        if (!any)
            buffer_puts(out, "\nrows that were there when a record came with their key:\n");
        any = true;
        buffer_printf(out, "  %s: %s updated, %s skipped (left as they were)\n", table->table,
                      figure_count(table->updated, figures[0]),
                      figure_count(table->skipped, figures[1]));
    }
}

static size_t paths_of(const struct account *account, size_t first, int64_t sums[FATE_COUNT])
{
    const char *entity = account->paths[first].entity;
    size_t end = first;
    memset(sums, 0, FATE_COUNT * sizeof *sums);
    for (; end < account->path_count && strcmp(account->paths[end].entity, entity) == 0; end++)
        for (size_t fate = 0; fate < FATE_COUNT; fate++)
            sums[fate] += account->paths[end].values[fate];
    return end;
}

/* Of hundreds of paths the sums per entity; account.json has each. A term that is zero everywhere
 * has no column. */
static void print_values(const struct account *account, struct buffer *out)
{
    static const char figures_right[FATE_TERMS + 2] = "<>>>>>>>>>>>";
    char align[sizeof figures_right] = "";
    bool shown[FATE_TERMS] = {[FATE_SEEN] = true, [FATE_WRITTEN] = true};
    int64_t sums[FATE_COUNT];
    struct sheet sheet;
    size_t columns = 1;
    for (size_t i = 0; i < account->path_count; i++)
        for (size_t fate = 0; fate < FATE_TERMS; fate++)
            shown[fate] = shown[fate] || account->paths[i].values[fate] != 0;
    for (size_t fate = 0; fate < FATE_TERMS; fate++)
        columns += shown[fate];
    memcpy(align, figures_right, columns);
    sheet_init(&sheet, align);
    sheet_cell(&sheet, "values of");
    for (size_t fate = 0; fate < FATE_TERMS; fate++)
        if (shown[fate])
            sheet_cell(&sheet, account_print_term((enum fate)fate));
    for (size_t i = 0; i < account->path_count;) {
        sheet_cell(&sheet, account->paths[i].entity);
        i = paths_of(account, i, sums);
        for (size_t fate = 0; fate < FATE_TERMS; fate++) {
            char figure[FIGURE_SIZE];
            if (shown[fate])
                sheet_cell(&sheet, figure_count(sums[fate], figure));
        }
    }
    sheet_print(&sheet, "  ", out);
    sheet_release(&sheet);
}

/* "changed by rule: lower 110, trim 2 of accounts, at email". */
static void print_changes(const struct account *account, struct buffer *out)
{
    bool any = false;
    for (size_t i = 0; i < account->path_count; i++) {
        const struct account_path *path = &account->paths[i];
        const char *between = "";
        for (size_t rule = FATE_BY_FUNCTION; rule < FATE_COUNT; rule++) {
            char figure[FIGURE_SIZE], printable[200];
            if (path->values[rule] == 0)
                continue;
            if (!any)
                buffer_puts(out, "\nvalues of which a rule made others:\n");
            any = true;
            if (*between == '\0') {
                printable_copy(printable, sizeof printable, path->path, strlen(path->path));
                buffer_printf(out, "  %s, %s: changed by rule: ", path->entity, printable);
            }
            buffer_printf(out, "%s%s %s", between, fate_names[rule] + strlen("by "),
                          figure_count(path->values[rule], figure));
            between = ", ";
        }
        buffer_puts(out, *between != '\0' ? "\n" : "");
    }
}

static void print_balance(const char *what, const char *name, int64_t balance, struct buffer *out)
{
    char figure[FIGURE_SIZE], printable[200]; /* a path comes from the records */
    if (balance == 0)
        return;
    printable_copy(printable, sizeof printable, name, strlen(name));
    buffer_printf(out, "  %s %s: %s%s\n", what, printable, balance < 0 ? "-" : "",
                  figure_count(balance < 0 ? -balance : balance, figure));
}

/* Each line that is not closed, by how much. */
static void print_balances(const struct account *account, struct buffer *out)
{
    for (size_t i = 0; i < account->entity_count; i++)
        print_balance("records of", account->entities[i].entity,
                      account_entity_balance(&account->entities[i]), out);
    for (size_t i = 0; i < account->table_count; i++)
        print_balance("rows of", account->tables[i].table,
                      account_table_balance(&account->tables[i]), out);
    for (size_t i = 0; i < account->path_count; i++) {
        char name[512];
        snprintf(name, sizeof name, "%s, %s", account->paths[i].entity, account->paths[i].path);
        print_balance("values of", name, account_path_balance(&account->paths[i]), out);
    }
}

static void print_losses(const struct loss_list *losses, struct buffer *out)
{
    struct sheet sheet;
    if (losses->count == 0)
        return;
    buffer_puts(out,
                "\nvalues that were given up, each a line of losses.jsonl in the run folder:\n");
    sheet_init(&sheet, "><<<");
    for (size_t i = 0; i < losses->count; i++) {
        const struct loss_count *loss = &losses->items[i];
        char figure[FIGURE_SIZE];
        sheet_row(&sheet, figure_count(loss->values, figure), loss->entity, loss->rule,
                  account_print_meaning(loss->rule));
    }
    sheet_print(&sheet, "  ", out);
    sheet_release(&sheet);
}

void account_print_text_ids(const struct project *project, struct buffer *out)
{
    const char *comma = "  ids of ";
    for (size_t i = 0; i < project->mapping_count; i++)
        if (project->mappings[i]->loses_texts) {
            buffer_printf(out, "%s%s", comma, project->mappings[i]->name);
            comma = ", ";
        }
    if (comma[0] == ',')
        buffer_puts(out, " that are text become UUIDs from which nobody gets back; keep them in a "
                         "text column\n");
}

void account_print_loose_ids(const struct project *project, struct buffer *out)
{
    for (size_t i = 0; i < project->mapping_count; i++) {
        const struct mapping *mapping = project->mappings[i];
        for (size_t t = 0; t < mapping->table_count; t++)
            for (size_t c = 0; c < mapping->tables[t].column_count; c++) {
                const struct mapping_column *column = &mapping->tables[t].columns[c];
                const struct mapping_value *value = &column->value;
                if (!column->foreign_key && value->id_of != NULL && !mapping_is_looked_up(value))
                    buffer_printf(out,
                                  "  %s, %s: nobody checks these ids of %s, by \"foreign_key\": "
                                  "false; \"dangling\": \"keep\" counts those that name nobody\n",
                                  mapping->tables[t].label, column->name, value->id_of->name);
            }
    }
}

static bool count_computed(void *context, const struct mapping *mapping,
                           const struct mapping_value *value)
{
    (void)mapping, (void)value;
    ++*(int64_t *)context;
    return true;
}

void account_print_computed(const struct project *project, struct buffer *out)
{
    const char *between = "  values that the source computes by \"sql\", in ";
    for (size_t i = 0; i < project->mapping_count; i++) {
        int64_t count = 0;
        char figure[FIGURE_SIZE];
        mapping_each_sql(project->mappings[i], count_computed, &count);
        if (count == 0)
            continue;
        buffer_printf(out, "%s%s (%s)", between, project->mappings[i]->name,
                      figure_count(count, figure));
        between = ", ";
    }
    if (between[0] == ',')
        buffer_puts(out, ": that they arrive as it gave them is proven, not that they are what is "
                         "meant; look at some of them\n");
}

void account_print_behind(const struct project *project, struct buffer *out)
{
    struct sheet sheet;
    if (project->left_out_count > 0) {
        buffer_puts(out, "\nleft out:\n");
        sheet_init(&sheet, "<<");
        for (size_t i = 0; i < project->left_out_count; i++) {
            const struct left_out *left = &project->left_outs[i];
            char name[256];
            snprintf(name, sizeof name, "%s.%s", left->source->name, left->from);
            sheet_row(&sheet, name, left->reason);
        }
        sheet_print(&sheet, "  ", out);
        sheet_release(&sheet);
    }
    if (project->stays_count > 0) {
        buffer_puts(out, "\nstays where it is:\n");
        sheet_init(&sheet, "<<");
        for (size_t i = 0; i < project->stays_count; i++)
            sheet_row(&sheet, project->stays[i].what, project->stays[i].why);
        sheet_print(&sheet, "  ", out);
        sheet_release(&sheet);
    }
}

static void print_filters(const cJSON *filters, struct buffer *out)
{
    struct buffer lines;
    buffer_init(&lines);
    filters_print(filters, true, &lines);
    if (lines.length > 0)
        buffer_printf(out, "\nrecords that became no row:\n%s", buffer_text(&lines));
    out->failed = out->failed || lines.failed;
    buffer_release(&lines);
}

static void print_warnings(const struct account_papers *papers, struct buffer *out)
{
    struct buffer warnings;
    buffer_init(&warnings);
    unmet_print(papers->unmet, &warnings);
    hex_ids_print(papers->hex_ids, &warnings);
    filters_print(papers->filters, false, &warnings);
    account_print_text_ids(papers->project, &warnings);
    account_print_loose_ids(papers->project, &warnings);
    account_print_computed(papers->project, &warnings);
    if (warnings.length > 0)
        buffer_printf(out, "\nwarnings:\n%s", buffer_text(&warnings));
    out->failed = out->failed || warnings.failed;
    buffer_release(&warnings);
}

void account_print(const struct account_papers *papers, struct buffer *out)
{
    const struct account *account = papers->account;
    char figure[FIGURE_SIZE];
    buffer_printf(out, "account of %s, run %s\n\n", papers->project->name, papers->folder->run);
    print_entities(account, out);
    print_retried(account, out);
    buffer_putc(out, '\n');
    print_tables(account, out);
    print_met(account, out);
    buffer_putc(out, '\n');
    print_values(account, out);
    if (account->balance == 0) {
        buffer_puts(out,
                    "\nbalance 0: every record that was read and every value of those that became "
                    "rows is accounted for, and every table holds what was loaded into it\n");
    } else {
        buffer_printf(out,
                      "\nbalance %s: THE ACCOUNT IS NOT CLOSED: read is not loaded + filtered + "
                      "rejected + retried, present is not before + loaded, or seen is not the sum "
                      "of what became of the values\n",
                      figure_count(account->balance, figure));
        print_balances(account, out);
    }
    witness_list_print(papers->witnesses, out);
    print_filters(papers->filters, out);
    print_changes(account, out);
    print_losses(papers->losses, out);
    print_warnings(papers, out);
    objects_print(papers->objects, out);
    account_print_behind(papers->project, out);
    buffer_printf(out, "\nrun folder: %s\n", papers->folder->path);
}
