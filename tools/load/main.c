/* graduate-load: row stream -> Postgres, exactly once. */
#include "crew.h"
#include "inventory.h"
#include "load.h"

#include "graduate/arena.h"
#include "graduate/file.h"
#include "graduate/json.h"
#include "graduate/message.h"
#include "graduate/options.h"

#include <ctype.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *project_name, *catalogs_folder, *run, *restarts, *retries;
static int64_t generation = -1, stall = 600, jobs = -1;
static bool prepares, begins, finishes, undoes, allow_rows, any_run, rehearsal, again, changed_too;
static bool tries, corrected, describes;

static const struct option_row options[] = {
    {"project", OPTION_TEXT, &project_name, "PROJECT", "project folder, or a known project's name"},
    {"prepare", OPTION_FLAG, &prepares, NULL, "make ledger, run and tables, or go on with --run"},
    {"begin", OPTION_FLAG, &begins, NULL, "prepare: make the run if the ledger does not know ID"},
    {"trial", OPTION_FLAG, &tries, NULL,
     "prepare: see whether it could all be made; nothing stays"},
    {"finish", OPTION_FLAG, &finishes, NULL, "make keys, indexes and the rest after the data"},
    {"jobs", OPTION_NUMBER, &jobs, "N",
     "finish: over so many connections at a time (default: one for each core; at most 64)"},
    {"undo", OPTION_FLAG, &undoes, NULL, "take out of the target what --run made and wrote"},
    {"run", OPTION_TEXT, &run, "ID", "the run, as --prepare printed it"},
    {"generation", OPTION_NUMBER, &generation, "N", "its generation, as --prepare printed it"},
    {"catalogs", OPTION_TEXT, &catalogs_folder, "DIR",
     "catalogs of the sources, SOURCE.json each, and what --catalog printed, " TARGET_TABLES},
    {"catalog", OPTION_FLAG, &describes, NULL,
     "print, as JSON, the types and keys of the tables that the target brings"},
    {"restart", OPTION_TEXT, &restarts, "E,...",
     "prepare: take these entities' rows out of the target, to be loaded anew"},
    {"retry", OPTION_TEXT, &retries, "E,...",
     "prepare: corrected records of these entities are to come"},
    {"corrected", OPTION_FLAG, &corrected, NULL,
     "load a stream of corrected records in place of rejects"},
    {"any-run", OPTION_FLAG, &any_run, NULL, "load a stream that another run extracted"},
    {"stall", OPTION_NUMBER, &stall, "SECONDS",
     "give the target up when nothing is heard from it for so long (600; 0: never)"},
    {"allow-rows", OPTION_FLAG, &allow_rows, NULL, "prepare: load beside rows that are there"},
    {"rehearsal", OPTION_FLAG, &rehearsal, NULL, "prepare: a run that the next rehearsal may undo"},
    {"again", OPTION_FLAG, &again, NULL, "undo: a run that is not there is undone already"},
    {"changed-too", OPTION_FLAG, &changed_too, NULL, "undo: also what was changed since"},
};

static const struct command command = {
    .name = "graduate-load",
    .purpose = "load a row stream into the target, each batch exactly once",
    .usage = "--project P --run ID --generation N < ROWS\n"
             "--project P --catalogs DIR --prepare [--run ID [--begin]] "
             "[--allow-rows]\n"
             "--project P --catalogs DIR --prepare --run ID [--restart E,...] [--retry E,...]\n"
             "--project P --run ID --generation N --corrected < ROWS\n"
             "--project P --catalogs DIR --prepare --trial [--allow-rows]\n"
             "--project P --catalogs DIR --run ID --generation N --finish\n"
             "--project P --undo --run ID\n"
             "--project P --catalog",
    .epilogue = "The target's URI comes from project.json, which takes it from the environment.\n"
                "graduate run does all of this; by hand, for one entity:\n\n"
                "  graduate-load --project authorstack --catalogs catalogs --prepare\n"
                "  graduate-transform --project authorstack < books.checkpoint |\n"
                "    graduate-load --project authorstack --run ID --generation 1",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

static bool is_uuid(const char *text)
{
    size_t i = 0;
    for (; text[i] != '\0'; i++)
        if (i == 8 || i == 13 || i == 18 || i == 23 ? text[i] != '-'
                                                    : !isxdigit((unsigned char)text[i]))
            return false;
    return i == 36;
}

static bool check_options(int positionals, char **argv, struct error *error)
{
    bool ok = false;
    if (positionals > 0)
        error_set(error, ERROR_USAGE, "there is nothing to do with \"%s\"", argv[1]);
    else if (project_name == NULL)
        error_set(error, ERROR_USAGE, "--project is missing");
    else if (prepares + finishes + undoes + describes > 1)
        error_set(error, ERROR_USAGE,
                  "only one of --prepare, --finish, --undo and --catalog is done at once");
    else if ((prepares || finishes) && catalogs_folder == NULL)
        error_set(error, ERROR_USAGE, "--catalogs is missing: %s needs the catalogs of the sources",
                  prepares ? "--prepare" : "--finish");
    else if (undoes && run == NULL)
        error_set(error, ERROR_USAGE, "--undo needs the --run that is to be undone");
    else if (!prepares && !undoes && !describes && (run == NULL || generation < 0))
        error_set(error, ERROR_USAGE, "--run and --generation are missing: --prepare prints them");
    else if (run != NULL && !is_uuid(run))
        error_set(error, ERROR_USAGE, "--run is \"%s\"; a run is named by a UUID", run);
    else if ((allow_rows || begins || rehearsal || restarts != NULL || retries != NULL || tries) &&
             !prepares)
        error_set(error, ERROR_USAGE,
                  "--allow-rows, --begin, --rehearsal, --restart, --retry and --trial go with "
                  "--prepare");
    else if (tries && run != NULL)
        error_set(error, ERROR_USAGE, "--trial is of no --run: nothing of it stays");
    else if ((again || changed_too) && !undoes)
        error_set(error, ERROR_USAGE, "--again and --changed-too go with --undo");
    else if ((restarts != NULL || retries != NULL) && (run == NULL || begins))
        error_set(error, ERROR_USAGE, "--%s needs the --run that it is of, which is not new",
                  restarts != NULL ? "restart" : "retry");
    else if (jobs >= 0 && !finishes)
        error_set(error, ERROR_USAGE, "--jobs goes with --finish");
    else if (jobs == 0)
        error_set(error, ERROR_USAGE, "--jobs is 0; there is at least one connection");
    else if ((any_run || corrected) && (prepares || finishes || undoes || describes))
        error_set(error, ERROR_USAGE, "--%s is for the loading of a stream",
                  any_run ? "any-run" : "corrected");
    else if (!prepares && !finishes && !undoes && !describes && isatty(STDIN_FILENO))
        error_set(error, ERROR_USAGE, "standard input is a terminal; it must be a row stream");
    else
        ok = true;
    return ok ? true : error_hint(error, "graduate-load --help shows how it is called");
}

/* A schema, and the catalogs that its strings point into. */
struct resolved {
    struct schema schema;
    struct catalog *catalogs;
    size_t count;
};

static bool resolve(struct resolved *resolved, const struct project *project, struct error *error)
{
    *resolved = (struct resolved){
        .catalogs = calloc(project->source_count + 1, sizeof *resolved->catalogs),
    };
    if (resolved->catalogs == NULL)
        return error_memory(error);
    for (size_t i = 0; i < project->source_count; i++) {
        struct catalog *catalog = &resolved->catalogs[resolved->count];
        bool found;
        catalog_init(catalog);
        if (!catalog_read(catalogs_folder, project->sources[i].name, catalog, &found, error))
            return false;
        resolved->count += found; /* schema_resolve says so if one that is not there is needed */
    }
    return schema_resolve(&resolved->schema, project, resolved->catalogs, resolved->count, error);
}

static void resolved_release(struct resolved *resolved)
{
    schema_release(&resolved->schema);
    for (size_t i = 0; i < resolved->count; i++)
        catalog_release(&resolved->catalogs[i]);
    free(resolved->catalogs);
}

static void put_name(struct buffer *line, const char *before, const char *name)
{
    buffer_puts(line, before);
    json_put_string(line, name, strlen(name));
}

static void put_prepared(struct buffer *line, const struct prepared *prepared)
{
    buffer_printf(line, "{\"run\":\"%s\",\"generation\":%" PRId64 ",\"resumed\":%s,\"order\":[",
                  prepared->run, prepared->generation, prepared->resumed ? "true" : "false");
    const struct loading_order *order = &prepared->order;
    for (size_t i = 0; i < order->entities.count; i++)
        put_name(line, i > 0 ? "," : "", order->entities.items[i]);
    buffer_puts(line, "],\"afters\":[");
    for (size_t i = 0; i < order->after_count; i++) {
        put_name(line, i > 0 ? ",[" : "[", order->afters[i].entity);
        put_name(line, ",", order->afters[i].first);
        buffer_puts(line, "]");
    }
    buffer_puts(line, "]}\n");
}

static bool print_prepared(const struct prepared *prepared, struct error *error)
{
    struct buffer line;
    buffer_init(&line);
    if (tries)
        buffer_printf(&line, "{\"bytes\":%" PRId64 "}\n", prepared->bytes);
    else
        put_prepared(&line, prepared);
    bool ok = buffer_ok(&line, error) &&
              file_write_all(STDOUT_FILENO, "standard output", line.data, line.length, error);
    buffer_release(&line);
    return ok;
}

/* The names between the commas, each of an entity. */
static bool read_entities(const struct project *project, const char *names, struct arena *arena,
                          struct words *words, struct error *error)
{
    char *list = names != NULL ? arena_text(arena, names) : NULL, *rest = list;
    words->items = arena_alloc(arena, project->mapping_count + 1, sizeof *words->items);
    if (words->items == NULL || (list == NULL && names != NULL))
        return error_memory(error);
    for (char *name; list != NULL && (name = strsep(&rest, ",")) != NULL;) {
        const struct mapping *mapping;
        bool twice = false;
        if (!project_find_mapping(project, name, &mapping, error))
            return false;
        for (size_t i = 0; i < words->count; i++)
            twice = twice || words->items[i] == mapping->name;
        if (!twice)
            words->items[words->count++] = mapping->name;
    }
    return true;
}

static bool prepare(struct postgres *target, const struct project *project,
                    const struct resolved *resolved, struct arena *arena, struct error *error)
{
    struct preparation preparation = {
        .schema = &resolved->schema,
        .catalogs = resolved->catalogs,
        .catalog_count = resolved->count,
        .run = run,
        .begin = begins,
        .allow_rows = allow_rows,
        .rehearsal = rehearsal,
        .trial = tries,
    };
    struct prepared prepared = {0};
    bool ok = read_entities(project, restarts, arena, &preparation.restarts, error) &&
              read_entities(project, retries, arena, &preparation.retries, error) &&
              load_prepare(target, &preparation, &prepared, error) &&
              print_prepared(&prepared, error);
    loading_order_release(&prepared.order);
    return ok;
}

/* As many as were asked for, or as there are cores that this process may use. */
static size_t connections(void)
{
    cpu_set_t set;
    int64_t count = jobs;
    if (jobs < 0)
        count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return count < CREW_MOST ? (size_t)count : CREW_MOST;
}

static bool print_catalog(struct postgres *target, const struct project *project,
                          struct error *error)
{
    struct buffer text;
    buffer_init(&text);
    bool ok = inventory_describe(target, project, &text, error) &&
              file_write_all(STDOUT_FILENO, "standard output", text.data, text.length, error);
    buffer_release(&text);
    return ok;
}

static bool work(struct postgres *target, const struct project *project, struct error *error)
{
    const struct fence fence = {run, generation};
    const struct undoing undoing = {run, project->name, again, changed_too};
    if (undoes)
        return load_undo(target, &undoing, error);
    if (describes)
        return print_catalog(target, project, error);
    const struct stream_loading loading = {project, &fence, any_run, corrected};
    if (!prepares && !finishes)
        return load_stream(target, &loading, STDIN_FILENO, "standard input", error);
    struct resolved resolved;
    struct arena arena;
    arena_init(&arena);
    bool ok = resolve(&resolved, project, error);
    if (ok && finishes)
        ok = load_finish(target, &resolved.schema, &fence, connections(), error);
    else if (ok)
        ok = prepare(target, project, &resolved, &arena, error);
    arena_release(&arena);
    resolved_release(&resolved);
    return ok;
}

/* What is asked of the target, or taken back there, hangs on no mapping. */
static bool read_project(struct project *project, struct error *error)
{
    return undoes || describes ? project_load_draft(project, project_name, NULL, error)
                               : project_load_beside(project, project_name, catalogs_folder, error);
}

int main(int argc, char **argv)
{
    struct error error = {0};
    struct project project;
    struct postgres target;
    int positionals;
    signal(SIGPIPE, SIG_IGN); /* a reader that has gone is an error like any other */
    switch (options_parse(&command, argc, argv, &positionals, &error)) {
    case OPTIONS_HELPED:
        return 0;
    case OPTIONS_WRONG:
        return message_error(&error);
    case OPTIONS_RUN:
        break;
    }
    if (!check_options(positionals, argv, &error) || !read_project(&project, &error))
        return message_error(&error);
    bool ok = load_connect(&target, &project, &error);
    if (ok) {
        /* An index is made in silence, and many rows are deleted so. */
        target.stall = finishes || restarts != NULL || retries != NULL ? 0 : stall;
        ok = work(&target, &project, &error);
        postgres_close(&target);
    }
    project_release(&project);
    return ok ? 0 : message_error(&error);
}
