/* Room graduate/verb: the verbs of the command line: one file each, named as the verb, and
 * nothing that two of them need. It uses common/access, common/base, common/mapping, common/schema,
 * common/stream, common/target, graduate/compare, graduate/process, graduate/report,
 * graduate/run, graduate/seal, graduate/text and graduate/trial. */

/* verb.h: what a verb of graduate is: a row in main.c's table and a file of its own. */
#ifndef GRADUATE_DRIVER_VERB_H
#define GRADUATE_DRIVER_VERB_H

#include "folder.h"
#include "supervisor.h"

#include "graduate/options.h"
#include "graduate/project.h"

/* A command line, read. */
struct verb_call {
    const char *file;   /* the first positional argument, or NULL */
    char *const *files; /* all of them */
    size_t file_count;
    enum message_format format;
};

/* How many positional arguments a verb takes. */
enum verb_files { VERB_NO_FILE, VERB_ONE_FILE, VERB_FILES };

struct verb {
    const struct command *command; /* its name is "graduate VERB" */
    enum verb_files takes;
    /* False with an error, which main prints; else *exit_code, 0 when it is left alone. */
    bool (*run)(const struct verb_call *call, int *exit_code, struct error *error);
};

extern const struct verb verb_plan;
extern const struct verb verb_check;
extern const struct verb verb_schema;
extern const struct verb verb_run;
extern const struct verb verb_status;
extern const struct verb verb_undo;
extern const struct verb verb_retry;
extern const struct verb verb_rehearse;
extern const struct verb verb_stream;
extern const struct verb verb_compare;
extern const struct verb verb_seal;
extern const struct verb verb_verify;
extern const struct verb verb_report;
extern const struct verb verb_functions;

const char *verb_name(const struct verb *verb);
/* The verb of that name, or NULL with an ERROR_USAGE that names the nearest and lists all. */
const struct verb *verb_find(const struct verb *const *verbs, size_t count, const char *name,
                             struct error *error);

/* For the verbs: an option that must be there. */
bool verb_needs(const char *value, const char *option, struct error *error);
/* For those that run programs but no migration: load the project (a draft, where `act` says what is
 * wrong of it), let `act` do the work, give all back. A signal that stopped it is an exit code, not
 * an error. What mappings take from the target stands in the folder of the run; without one (NULL)
 * the target is asked. */
bool verb_with_project(const struct verb_call *call, const char *project_name,
                       const struct folder *run,
                       bool (*act)(const struct project *project, struct supervisor *supervisor,
                                   struct error *error),
                       int *exit_code, struct error *error);
bool verb_with_draft(const struct verb_call *call, const char *project_name,
                     const struct folder *run,
                     bool (*act)(const struct project *project, struct supervisor *supervisor,
                                 struct error *error),
                     int *exit_code, struct error *error);
#endif
