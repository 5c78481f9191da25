/* verdict.h: what graduate-verify found, as the file verify.json in the run folder.
 *
 * The program writes it, `graduate verify`, `report`, `compare` and `seal` read it; its JSON Schema is
 * mappings/verdict.schema.json. Members:
 *   version     1
 *   graduate    version of the program
 *   project, run, fingerprint   run is "" when no run folder was given
 *   generation, run_finished   what run.json had of them when the verification began; 0 and "" without
 *               one. They say which end of the run the verdict is of: one whose run went on since is
 *               not of that run's end, whatever the clocks showed
 *   source      "checkpoints" (of the run), or "afresh" (export or live source, read by graduate-extract)
 *   started, finished   RFC 3339, UTC
 *   target      host:port/database, no user, no password
 *   levels      array in the order counts, content, references, supabase, access; each:
 *     level     its name
 *     verdict   "holds", "differs", "unchecked" (asked for, could not be checked), "skipped" (not asked)
 *     reason    text, why unchecked or skipped, and what was seen that is no difference: ids that
 *               dangle where the mapping says "foreign_key": false are meant to, so they are counted
 *               here and are no findings; else ""
 *     seconds   number
 *     checks    how many things were looked at (tables, references, rules)
 *     findings  exact number of differences
 *   entities    array: entity, source ("core.books"), read (recounted records), loaded, filtered, rejected,
 *               retried, balance
 *   tables      array: table, before, expected (rows that the extract makes), present, missing, extra,
 *               different, duplicated, misplaced (same rows, other order within a parent), each exact
 *   ends        array, by the level of counts: what a source holds and what a table does, side by side:
 *               entity, source, array ("" for the records, else the path whose elements are counted),
 *               counted (null: not known), table, before, present, follows (whether every record or
 *               element should be one row of it, and nothing else any)
 *   paths       array: entity, path, seen, written, rest, dropped, defaulted, lost, rejected, balance;
 *               as counted anew by the level of content, else as the ledger has them
 *   findings    array, at most --limit of each level, in a stable order; each:
 *     level, kind   kind as in the table of verdict.c: "missing", "extra", "different", "duplicated",
 *                   "misplaced", "no table", "no column", "type", "null allowed", "no default",
 *                   "no check", "count", "orphan", "no reference", "no key", "no index", "sequence",
 *                   "no policy", "extra policy", "row security", "grant", "auth", "values" (what
 *                   became of the values of a path), "object" (beside tables: a view, a trigger,
 *                   ...), and what no mapping and no source says: "extra
 *                   check", "extra default", "extra key", "extra index", "extra reference",
 *                   "trigger", "rule", "shape" (unlogged, inherited, another collation, numbered
 *                   otherwise), "owner", "exposed" (accounts that the Data API shows); "access" (somebody may more
 *                   or less than in the old Appwrite)
 *     table     "public.books"
 *     key       the row's key as text, "" if the finding is not about a row
 *     columns   array of {name, expected, found}: canonical values as text, cut to 200 characters
 *     text      one sentence for people
 * Exit code: 0 every level asked for holds; 1 something differs; 5 something could not be checked (and
 * nothing differs). A difference weighs more than a level that could not be checked. */
#ifndef GRADUATE_VERDICT_H
#define GRADUATE_VERDICT_H

#include "graduate/error.h"

#include <cjson/cJSON.h>
#include <stdint.h>

enum verdict_level { LEVEL_COUNTS, LEVEL_CONTENT, LEVEL_REFERENCES, LEVEL_SUPABASE,
                     LEVEL_ACCESS, LEVEL_COUNT };
enum verdict { VERDICT_HOLDS, VERDICT_DIFFERS, VERDICT_UNCHECKED, VERDICT_SKIPPED };

extern const char *const verdict_level_names[LEVEL_COUNT];
extern const char *const verdict_names[4];

/* The document under construction: verdict->json has all members from the start. */
struct verdict_file {
    cJSON *json;
    int64_t limit; /* findings kept per level */
    int64_t kept[LEVEL_COUNT];
};

/* Which run is verified, and which end of it. */
struct verdict_run {
    char run[37]; /* its id; empty: there is no run */
    int64_t generation;
    char finished[32]; /* empty: it is not */
};

bool verdict_init(struct verdict_file *file, const char *project, const struct verdict_run *run,
                  int64_t limit, struct error *error);
void verdict_release(struct verdict_file *file);
/* Count a finding of a level, and keep it while the limit allows. `columns` (array) becomes owned and
 * may be NULL; so may the texts. */
bool verdict_find(struct verdict_file *file, enum verdict_level level, const char *kind,
                  const char *table, const char *key, cJSON *columns, struct error *error,
                  const char *format, ...) __attribute__((format(printf, 8, 9)));
/* Count further findings of a level that nobody names: there are more than the limit keeps. */
bool verdict_count(struct verdict_file *file, enum verdict_level level, int64_t findings,
                   struct error *error);
/* The entry of a table in `tables`, made with all numbers zero when it is not there yet. Owned by the
 * file; NULL without memory. */
cJSON *verdict_table(struct verdict_file *file, const char *table);
/* Set a text or number of an object that has the member. */
bool verdict_put_text(cJSON *object, const char *member, const char *text, struct error *error);
bool verdict_put_number(cJSON *object, const char *member, double number, struct error *error);
/* Close a level: its verdict is "differs" when it has findings, unless `reason` says that it could not
 * be checked (then "unchecked", or "differs" all the same if something was found before). */
bool verdict_close(struct verdict_file *file, enum verdict_level level, int64_t checks,
                   double seconds, const char *reason, struct error *error);
/* Say more in the reason of a level that is closed, whatever its verdict; "" says nothing. */
bool verdict_remark(struct verdict_file *file, enum verdict_level level, const char *text,
                    struct error *error);
int verdict_exit_code(const struct verdict_file *file);

#endif
