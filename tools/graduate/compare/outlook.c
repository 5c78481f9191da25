#include "outlook.h"
#include "comparison.h"
#include "figures.h"
#include "forecast.h"
#include "member.h"
#include "sheet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum phase { PHASE_READ, PHASE_LOAD, PHASE_STEPS, PHASE_VERIFY, PHASE_COUNT };
static const char *const phase_names[PHASE_COUNT] = {"read", "load", "steps", "verify"};
static const char *const phase_titles[PHASE_COUNT] = {"read", "load",
                                                      "keys, indexes and other steps", "verify"};

/* Beyond so many times what was rehearsed a forecast says little. */
static const double far_away = 10;

/* Room for one sample of each run. */
struct samples {
    struct forecast_sample *items;
    size_t count;
};

struct outlook {
    const struct past_run *runs;
    size_t run_count;
    const struct project *project;
    const struct catalogs *live;
    struct samples samples;
    struct forecast phases[PHASE_COUNT];
    bool whole[PHASE_COUNT];
    double rows; /* that the live sources would make; -1 not known */
};

static void add_sample(struct samples *samples, double size, double seconds)
{
    samples->items[samples->count++] = (struct forecast_sample){size, seconds > 0 ? seconds : 0};
}

static bool add_forecast(cJSON *json, const char *name, const struct forecast *forecast)
{
    cJSON *item = cJSON_AddObjectToObject(json, name);
    return cJSON_AddStringToObject(item, "basis", forecast_basis_names[forecast->basis]) != NULL &&
           cJSON_AddNumberToObject(item, "seconds", forecast->seconds) != NULL &&
           (forecast->error < 0 ? cJSON_AddNullToObject(item, "error")
                                : cJSON_AddNumberToObject(item, "error", forecast->error)) != NULL;
}

/* ---- the data -------------------------------------------------------------------------------- */

/* What the catalog of a run says of an entity; NULL if nothing. */
static const cJSON *catalog_of(const struct past_run *run, const struct mapping *mapping)
{
    char file[NAME_MAX + 16];
    snprintf(file, sizeof file, "%s.json", mapping->source->name);
    return member_find(member(member(run->catalogs, file), "entities"), "name", mapping->from);
}

static const cJSON *facts_of(const struct past_run *run, const char *entity)
{
    return member_find(member(run->facts, "entities"), "entity", entity);
}

static double catalog_bytes(const cJSON *catalog)
{
    return cJSON_IsNumber(member(catalog, "bytes")) ? member_number(catalog, "bytes") : -1;
}

static double size_in(const struct past_run *run, const struct mapping *mapping, bool bytes)
{
    return bytes ? catalog_bytes(catalog_of(run, mapping))
                 : member_number(facts_of(run, mapping->name), "records");
}

/* One measure for all samples of an entity and for what the source holds now. */
static bool know_bytes(const struct outlook *outlook, const struct mapping *mapping,
                       const struct catalog_entity *live)
{
    bool known = live != NULL && live->bytes >= 0;
    for (size_t i = 0; known && i < outlook->run_count; i++)
        if (facts_of(&outlook->runs[i], mapping->name) != NULL)
            known = catalog_bytes(catalog_of(&outlook->runs[i], mapping)) > 0;
    return known;
}

static struct forecast forecast_of(struct outlook *outlook, const struct mapping *mapping,
                                   enum phase phase, bool bytes, double size)
{
    outlook->samples.count = 0;
    for (size_t i = 0; i < outlook->run_count; i++) {
        const struct past_run *run = &outlook->runs[i];
        const cJSON *facts = facts_of(run, mapping->name);
        if (facts == NULL || !past_run_in_one_go(run))
            continue;
        double loading = member_number(facts, "loading");
        add_sample(&outlook->samples, size_in(run, mapping, bytes),
                   phase == PHASE_LOAD ? loading : member_number(facts, "seconds") - loading);
    }
    return forecast_make(outlook->samples.items, outlook->samples.count, size);
}

static void add_to_phase(struct outlook *outlook, enum phase phase, struct forecast forecast)
{
    struct forecast *sum = &outlook->phases[phase];
    bool first = sum->basis == FORECAST_NONE && outlook->whole[phase];
    if (first && forecast.basis != FORECAST_NONE)
        *sum = forecast;
    else
        *sum = forecast_add(*sum, forecast, &outlook->whole[phase]);
}

/* How many rows the entity would become, as in all the runs together; -1: not known. */
static double rows_of(const struct outlook *outlook, const struct mapping *mapping, bool bytes,
                      double size)
{
    double seen = 0, rows = 0;
    for (size_t i = 0; i < outlook->run_count; i++) {
        const cJSON *facts = facts_of(&outlook->runs[i], mapping->name);
        if (facts != NULL)
            seen += size_in(&outlook->runs[i], mapping, bytes);
        rows += member_number(facts, "rows");
    }
    if (size == 0)
        return 0;
    return size < 0 || seen <= 0 ? -1 : size * rows / seen;
}

static bool add_entity(struct outlook *outlook, const struct mapping *mapping, cJSON *list)
{
    const struct catalog_entity *live = catalogs_find(outlook->live, mapping);
    bool bytes = know_bytes(outlook, mapping, live);
    double records = live != NULL ? (double)live->estimate : -1;
    double size = bytes ? (double)live->bytes : records;
    double rows = rows_of(outlook, mapping, bytes, size);
    outlook->rows = outlook->rows < 0 || rows < 0 ? -1 : outlook->rows + rows;
    cJSON *item = cJSON_CreateObject();
    bool ok =
        cJSON_AddItemToArray(list, item) &&
        cJSON_AddStringToObject(item, "entity", mapping->name) != NULL &&
        cJSON_AddNumberToObject(item, "records", records) != NULL &&
        cJSON_AddNumberToObject(item, "bytes", live != NULL ? (double)live->bytes : -1) != NULL &&
        cJSON_AddStringToObject(item, "by", bytes ? "bytes" : "records") != NULL;
    for (enum phase phase = PHASE_READ; ok && phase <= PHASE_LOAD; phase++) {
        struct forecast forecast = forecast_of(outlook, mapping, phase, bytes, size);
        add_to_phase(outlook, phase, forecast);
        ok = add_forecast(item, phase_names[phase], &forecast);
    }
    return ok;
}

/* ---- what comes after the data --------------------------------------------------------------- */

static double sum_of(const cJSON *array, const char *name)
{
    double sum = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, array)
    {
        sum += member_number(item, name);
    }
    return sum;
}

static void forecast_rest(struct outlook *outlook, enum phase phase)
{
    outlook->samples.count = 0;
    for (size_t i = 0; i < outlook->run_count; i++) {
        const struct past_run *run = &outlook->runs[i];
        const cJSON *parts =
            phase == PHASE_STEPS ? member(run->facts, "steps") : member(run->verdict, "levels");
        if (phase == PHASE_VERIFY && run->verdict == NULL)
            continue;
        add_sample(&outlook->samples, sum_of(member(run->facts, "entities"), "rows"),
                   sum_of(parts, "seconds"));
    }
    outlook->phases[phase] =
        forecast_make(outlook->samples.items, outlook->samples.count, outlook->rows);
    outlook->whole[phase] = outlook->phases[phase].basis != FORECAST_NONE;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static bool is_export(const char *version)
{
    return version != NULL && strcmp(version, "export") == 0;
}

/* Is there a source that was an export in a rehearsal, and is a server now? */
static bool has_become_a_server(const struct outlook *outlook)
{
    const cJSON *catalog;
    for (size_t i = 0; i < outlook->live->count; i++)
        for (size_t r = 0; r < outlook->run_count; r++)
            cJSON_ArrayForEach(catalog, outlook->runs[r].catalogs)
            {
                if (strcmp(member_text(catalog, "source"), outlook->live->items[i].source) == 0 &&
                    is_export(member_text(catalog, "version")) &&
                    !is_export(outlook->live->items[i].version))
                    return true;
            }
    return false;
}

static bool note(cJSON *notes, bool holds, const char *text)
{
    return !holds || cJSON_AddItemToArray(notes, cJSON_CreateString(text));
}

static bool is_far_away(const struct outlook *outlook)
{
    double most = 0;
    for (size_t i = 0; i < outlook->run_count; i++) {
        double rows = sum_of(member(outlook->runs[i].facts, "entities"), "rows");
        most = rows > most ? rows : most;
    }
    return outlook->rows > far_away * most;
}

static bool add_notes(const struct outlook *outlook, cJSON *json)
{
    cJSON *notes = cJSON_AddArrayToObject(json, "notes");
    size_t stopped = 0, verified = 0;
    for (size_t i = 0; i < outlook->run_count; i++) {
        stopped += !past_run_in_one_go(&outlook->runs[i]);
        verified += outlook->runs[i].verdict != NULL;
    }
    return notes != NULL &&
           note(notes, outlook->run_count == 1,
                "the error is not known: that takes two rehearsals at least") &&
           note(notes, stopped > 0,
                "rehearsals that were stopped and went on do not count for read and load") &&
           note(notes, verified == 0,
                "no rehearsal was verified, so the time to verify is not known") &&
           note(notes, !outlook->whole[PHASE_READ] || outlook->rows < 0,
                "a part is not in it: of some entities no rehearsal or no size is known") &&
           note(
               notes, is_far_away(outlook),
               "the sources hold far more than was rehearsed, so this is rough: rehearse once with "
               "all of it") &&
           note(notes, has_become_a_server(outlook),
                "rehearsals read exports of what are servers now, and reading those may be slower: "
                "rehearse once with the servers to know");
}

static bool build(struct outlook *outlook, cJSON *json)
{
    cJSON *runs = cJSON_AddArrayToObject(json, "runs");
    cJSON *entities = cJSON_AddArrayToObject(json, "entities");
    struct forecast total = {.basis = FORECAST_NONE, .error = -1};
    bool ok = runs != NULL && entities != NULL, whole = true;
    for (size_t i = 0; ok && i < outlook->run_count; i++)
        ok = comparison_add_run(runs, NULL, &outlook->runs[i]);
    for (size_t i = 0; ok && i < outlook->project->mapping_count; i++)
        ok = add_entity(outlook, outlook->project->mappings[i], entities);
    forecast_rest(outlook, PHASE_STEPS);
    forecast_rest(outlook, PHASE_VERIFY);
    cJSON *phases = cJSON_AddObjectToObject(json, "phases");
    for (enum phase phase = 0; ok && phase < PHASE_COUNT; phase++) {
        total =
            phase == 0 ? outlook->phases[0] : forecast_add(total, outlook->phases[phase], &whole);
        whole = whole && outlook->whole[phase];
        ok = add_forecast(phases, phase_names[phase], &outlook->phases[phase]);
    }
    return ok && add_forecast(json, "total", &total) &&
           cJSON_AddBoolToObject(json, "whole", whole) != NULL &&
           cJSON_AddNumberToObject(json, "rows", outlook->rows) != NULL && add_notes(outlook, json);
}

bool outlook_make(const struct past_run *runs, size_t count, const struct project *project,
                  const struct catalogs *live, cJSON **json, struct error *error)
{
    struct outlook outlook = {.runs = runs, .run_count = count, .project = project, .live = live};
    for (enum phase phase = 0; phase < PHASE_COUNT; phase++) {
        outlook.phases[phase] = (struct forecast){.basis = FORECAST_NONE, .error = -1};
        outlook.whole[phase] = true;
    }
    outlook.samples.items = calloc(count + 1, sizeof *outlook.samples.items);
    *json = cJSON_CreateObject();
    bool ok = outlook.samples.items != NULL && build(&outlook, *json);
    free(outlook.samples.items);
    if (ok)
        return true;
    cJSON_Delete(*json);
    return error_memory(error);
}

/* ---- for people ------------------------------------------------------------------------------ */

static const char *figure_forecast(const cJSON *forecast, char out[2 * FIGURE_SIZE])
{
    char seconds[FIGURE_SIZE], error[FIGURE_SIZE];
    const cJSON *spread = member(forecast, "error");
    if (strcmp(member_text(forecast, "basis"), forecast_basis_names[FORECAST_NONE]) == 0)
        return "unknown";
    figure_duration(member_number(forecast, "seconds"), seconds);
    if (cJSON_IsNumber(spread))
        snprintf(out, 2 * FIGURE_SIZE, "%s +- %s", seconds,
                 figure_duration(spread->valuedouble, error));
    else
        snprintf(out, 2 * FIGURE_SIZE, "%s +- ?", seconds);
    return out;
}

static void print_entities(const cJSON *outlook, struct buffer *out)
{
    const cJSON *item;
    struct sheet sheet;
    char records[FIGURE_SIZE], bytes[FIGURE_SIZE], read[2 * FIGURE_SIZE], load[2 * FIGURE_SIZE];
    sheet_init(&sheet, "<>>>>");
    sheet_row(&sheet, "entity", "records now", "bytes now", "read", "load");
    cJSON_ArrayForEach(item, member(outlook, "entities"))
    {
        sheet_row(&sheet, member_text(item, "entity"),
                  figure_count(member_count(item, "records"), records),
                  figure_bytes(member_count(item, "bytes"), bytes),
                  figure_forecast(member(item, "read"), read),
                  figure_forecast(member(item, "load"), load));
    }
    sheet_print(&sheet, "  ", out);
    sheet_release(&sheet);
}

static void print_phases(const cJSON *outlook, struct buffer *out)
{
    struct sheet sheet;
    char figure[2 * FIGURE_SIZE];
    sheet_init(&sheet, "<>");
    for (size_t i = 0; i < PHASE_COUNT; i++)
        sheet_row(&sheet, phase_titles[i],
                  figure_forecast(member(member(outlook, "phases"), phase_names[i]), figure));
    sheet_row(&sheet, cJSON_IsTrue(member(outlook, "whole")) ? "in all" : "in all, at least",
              figure_forecast(member(outlook, "total"), figure));
    buffer_putc(out, '\n');
    sheet_print(&sheet, "  ", out);
    sheet_release(&sheet);
}

void outlook_print(const cJSON *outlook, struct buffer *out)
{
    const cJSON *run, *text;
    buffer_puts(out, "forecast of the real day, from the rehearsals:\n");
    cJSON_ArrayForEach(run, member(outlook, "runs"))
    {
        buffer_printf(out, "  run %s, finished %s, %s\n", member_text(run, "run"),
                      member_text(run, "finished"), member_text(run, "folder"));
    }
    buffer_putc(out, '\n');
    print_entities(outlook, out);
    print_phases(outlook, out);
    cJSON_ArrayForEach(text, member(outlook, "notes"))
    {
        buffer_printf(out, "%s  note: %s\n", text == member(outlook, "notes")->child ? "\n" : "",
                      text->valuestring);
    }
}
