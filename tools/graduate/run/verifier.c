#include "verifier.h"
#include "arrival.h"
#include "cause.h"
#include "figures.h"
#include "member.h"
#include "print.h"
#include "printable.h"
#include "sheet.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

static bool is_verdict(int exit_code)
{
    return exit_code == 0 || exit_code == 1 || exit_code == 5;
}

/* Unlike the other programs it may end with 1 or 5 and have done all its work; one that has not
 * says an error. */
static bool came_to_a_verdict(const struct process *process)
{
    return process->ended && WIFEXITED(process->status) &&
           is_verdict(WEXITSTATUS(process->status)) && process->said.code == ERROR_NONE;
}

/* It says what it is at, table by table: people see the one at hand. */
static bool on_remark(void *context, const struct remark *remark)
{
    struct journal *journal = context;
    char text[256], records[FIGURE_SIZE];
    if ((remark->kind != REMARK_INFO && remark->kind != REMARK_PROGRESS) || journal->json)
        return false;
    if (remark->kind == REMARK_PROGRESS)
        snprintf(text, sizeof text, "verifying %s: %s records read again", remark->entity,
                 figure_count(remark->records, records));
    else
        snprintf(text, sizeof text, "verifying: %.200s", remark->text);
    journal_follow(journal, text);
    if (journal_is_due(journal))
        journal_show(journal, text);
    return true;
}

/* Run it to its end; *exit_code: its verdict. */
static bool judge(struct supervisor *supervisor, const struct arguments *arguments, int *exit_code,
                  struct error *error)
{
    struct process process;
    struct supervised waited = {.members = {&process}, .count = 1};
    process_init(&process);
    process.on_remark = on_remark;
    process.context = supervisor->journal;
    /* What it prints for people is captured and left: verify.json has the same and more, unless it
     * could not be written. */
    bool ok =
        supervisor_start(supervisor, &process, arguments, PROCESS_NOTHING, PROCESS_CAPTURE, error);
    if (ok) {
        supervisor_wait(supervisor, &waited);
        journal_follow(supervisor->journal, NULL);
        journal_clear(supervisor->journal);
        ok = supervisor_ok(supervisor, error);
        if (ok && came_to_a_verdict(&process))
            *exit_code = WEXITSTATUS(process.status);
        else
            ok = ok && cause_none(waited.members, 1, error);
        if (!ok && process.captured.length > 0) {
            struct error unused;
            print_text(&process.captured, &unused);
        }
        supervisor_forget(supervisor, &process);
    }
    process_release(&process);
    return ok;
}

/* A file that is replaced is another file. */
static struct stat look_at(const char *path)
{
    struct stat found;
    return stat(path, &found) == 0 ? found : (struct stat){0};
}

static bool is_new(const struct stat *before, const struct stat *now)
{
    return now->st_nlink > 0 &&
           (now->st_ino != before->st_ino || now->st_mtim.tv_sec != before->st_mtim.tv_sec ||
            now->st_mtim.tv_nsec != before->st_mtim.tv_nsec);
}

bool verifier_run(struct supervisor *supervisor, const struct project *project,
                  const struct folder *folder, const struct verifier_options *options,
                  int *exit_code, struct error *error)
{
    struct arguments arguments;
    char path[PATH_MAX];
    if (options->json != NULL)
        snprintf(path, sizeof path, "%s", options->json);
    else if (!folder_file(folder, "verify.json", path, error))
        return false;
    arguments_init(&arguments, "graduate-verify");
    arguments_add(&arguments, "--project", project->folder, "--run-dir", folder->path, NULL);
    if (options->level != NULL)
        arguments_add(&arguments, "--level", options->level, NULL);
    if (options->afresh)
        arguments_add(&arguments, "--source", NULL);
    if (options->checkpoints)
        arguments_add(&arguments, "--checkpoints", NULL);
    if (options->json != NULL)
        arguments_add(&arguments, "--json", options->json, NULL);
    struct stat before = look_at(path);
    if (!judge(supervisor, &arguments, exit_code, error))
        return false;
    struct stat now = look_at(path);
    if (is_new(&before, &now)) /* the verdict of another day must not stand for this one */
        return true;
    error_set(error, ERROR_BUG, "graduate-verify ended with exit code %d and left no verdict",
              *exit_code);
    return error_hint(error, "what it printed besides stands above");
}

/* By what the verdict says that it is of: clocks are set back, and files are copied. */
static bool is_of_run(const cJSON *verdict, const struct folder *folder)
{
    return strcmp(member_text(verdict, "run"), folder->run) == 0 &&
           member_count(verdict, "generation") == folder->generation &&
           strcmp(member_text(verdict, "run_finished"), folder->finished) == 0;
}

bool verifier_read(const struct folder *folder, cJSON **verdict, struct error *error)
{
    char path[PATH_MAX];
    *verdict = NULL;
    if (!folder_file(folder, "verify.json", path, error) || !member_read_file(path, verdict, error))
        return false;
    if (*verdict != NULL && !is_of_run(*verdict, folder)) {
        cJSON_Delete(*verdict);
        *verdict = NULL;
    }
    return true;
}

enum verifier_outcome verifier_outcome(const cJSON *verdict)
{
    static const struct {
        const char *verdict;
        enum verifier_outcome outcome;
    } rows[] = {
        {"holds", VERIFIER_HOLDS},
        {"skipped", VERIFIER_PARTLY},
        {"unchecked", VERIFIER_UNCHECKED},
        {"differs", VERIFIER_DIFFERS},
    };
    enum verifier_outcome worst = VERIFIER_HOLDS;
    const cJSON *levels = member(verdict, "levels"), *level;
    if (cJSON_GetArraySize(levels) == 0)
        return VERIFIER_UNCHECKED;
    cJSON_ArrayForEach(level, levels)
    {
        enum verifier_outcome outcome = VERIFIER_UNCHECKED; /* a word that is not known */
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
            if (strcmp(member_text(level, "verdict"), rows[i].verdict) == 0)
                outcome = rows[i].outcome;
        if (outcome > worst)
            worst = outcome;
    }
    return worst;
}

int64_t verifier_findings(const cJSON *verdict)
{
    return member_sum(member(verdict, "levels"), "findings");
}

/* ---- for people ------------------------------------------------------------------------------ */

static const char *const outcome_texts[] = {
    [VERIFIER_HOLDS] = "everything arrived: all levels were checked, and hold",
    [VERIFIER_PARTLY] = "what was checked holds; the levels that were skipped say nothing",
    [VERIFIER_UNCHECKED] =
        "NOT EVERYTHING WAS CHECKED: nothing that was differs, but see the reasons above",
    [VERIFIER_DIFFERS] = "THE TARGET DIFFERS from what the sources and the mapping say",
};

static void print_levels(const cJSON *verdict, struct buffer *out)
{
    struct sheet sheet;
    const cJSON *level;
    sheet_init(&sheet, "<<>>><");
    sheet_row(&sheet, "level", "verdict", "checks", "findings", "time", "");
    cJSON_ArrayForEach(level, member(verdict, "levels"))
    {
        char checks[FIGURE_SIZE], findings[FIGURE_SIZE], time[FIGURE_SIZE], reason[512];
        const char *text = member_text(level, "reason");
        printable_copy(reason, sizeof reason, text, strlen(text));
        sheet_row(&sheet, member_text(level, "level"), member_text(level, "verdict"),
                  figure_count(member_count(level, "checks"), checks),
                  figure_count(member_count(level, "findings"), findings),
                  figure_duration(member_number(level, "seconds"), time), reason);
    }
    sheet_print(&sheet, "  ", out);
    sheet_release(&sheet);
}

static void print_tables(const cJSON *verdict, struct buffer *out)
{
    static const char *const columns[] = {"before", "expected",  "present",    "missing",
                                          "extra",  "different", "duplicated", "misplaced"};
    enum { COUNT = sizeof columns / sizeof columns[0] };
    struct sheet sheet;
    const cJSON *tables = member(verdict, "tables"), *table;
    if (cJSON_GetArraySize(tables) == 0)
        return;
    buffer_putc(out, '\n');
    sheet_init(&sheet, "<>>>>>>>>");
    sheet_row(&sheet, "table", columns[0], columns[1], columns[2], columns[3], columns[4],
              columns[5], columns[6], columns[7]);
    cJSON_ArrayForEach(table, tables)
    {
        char figures[COUNT][FIGURE_SIZE];
        for (size_t i = 0; i < COUNT; i++)
            figure_count(member_count(table, columns[i]), figures[i]);
        sheet_row(&sheet, member_text(table, "table"), figures[0], figures[1], figures[2],
                  figures[3], figures[4], figures[5], figures[6], figures[7]);
    }
    sheet_print(&sheet, "  ", out);
    sheet_release(&sheet);
}

static const char *count_or_unknown(const cJSON *object, const char *name, char *figure)
{
    return cJSON_IsNumber(member(object, name)) ? figure_count(member_count(object, name), figure)
                                                : "?";
}

/* "=" and "!" are for the eye: what differs is a finding, too. */
static const char *end_mark(const cJSON *end)
{
    if (!cJSON_IsTrue(member(end, "follows")))
        return "not one row for each";
    if (!cJSON_IsNumber(member(end, "counted")) || !cJSON_IsNumber(member(end, "present")))
        return "not known";
    return member_count(end, "counted") ==
                   member_count(end, "present") - member_count(end, "before")
               ? "="
               : "!";
}

/* Both ends side by side; the tables of an array stand below those of its records. */
static void print_ends(const cJSON *verdict, struct buffer *out)
{
    struct sheet sheet;
    const cJSON *ends = member(verdict, "ends"), *end;
    if (cJSON_GetArraySize(ends) == 0)
        return;
    buffer_putc(out, '\n');
    sheet_init(&sheet, "<><>><");
    sheet_row(&sheet, "source", "holds", "table", "before", "holds", "");
    cJSON_ArrayForEach(end, ends)
    {
        char figures[3][FIGURE_SIZE], source[512];
        const char *array = member_text(end, "array");
        snprintf(source, sizeof source, "%s%s", array[0] != '\0' ? "  each of " : "",
                 array[0] != '\0' ? array : member_text(end, "source"));
        sheet_row(&sheet, source, count_or_unknown(end, "counted", figures[0]),
                  member_text(end, "table"), count_or_unknown(end, "before", figures[1]),
                  count_or_unknown(end, "present", figures[2]), end_mark(end));
    }
    sheet_print(&sheet, "  ", out);
    sheet_release(&sheet);
}

static void put_printable(struct buffer *out, const char *before, const char *text)
{
    char printable[1024];
    printable_copy(printable, sizeof printable, text, strlen(text));
    buffer_printf(out, "%s%s", before, printable);
}

static void print_finding(const cJSON *finding, struct buffer *out)
{
    const cJSON *column;
    put_printable(out, "  ", member_text(finding, "level"));
    put_printable(out, ", ", member_text(finding, "kind"));
    put_printable(out, ": ", member_text(finding, "text"));
    buffer_putc(out, '\n');
    cJSON_ArrayForEach(column, member(finding, "columns"))
    {
        put_printable(out, "    ", member_text(column, "name"));
        put_printable(out, ": expected ", member_text(column, "expected"));
        put_printable(out, ", found ", member_text(column, "found"));
        buffer_putc(out, '\n');
    }
}

static void print_findings(const cJSON *verdict, struct buffer *out)
{
    const cJSON *findings = member(verdict, "findings"), *finding;
    int64_t kept = cJSON_GetArraySize(findings), all = verifier_findings(verdict);
    char figures[2][FIGURE_SIZE];
    if (all == 0)
        return;
    buffer_printf(out, "\nfindings, %s of %s:\n", figure_count(kept, figures[0]),
                  figure_count(all, figures[1]));
    cJSON_ArrayForEach(finding, findings)
    {
        print_finding(finding, out);
    }
}

/* The last line. "Everything arrived" is said where nothing was left behind, not even as asked. */
static void print_outcome(const cJSON *verdict, const cJSON *account, const struct project *project,
                          struct buffer *out)
{
    enum verifier_outcome outcome = verifier_outcome(verdict);
    const struct arrival arrival =
        arrival_of(member(verdict, "entities"), member(verdict, "paths"),
                   member(account, "objects"), member(account, "tables"), project);
    if (outcome == VERIFIER_HOLDS && member(account, "objects") == NULL) {
        buffer_puts(out, "\nevery record arrived as asked: all levels were checked, and hold; what "
                         "the sources had beside records stands in account.json, which is not "
                         "there\n");
        return;
    }
    if (outcome != VERIFIER_HOLDS || arrival_is_whole(&arrival)) {
        buffer_printf(out, "\n%s", outcome_texts[outcome]);
        if (outcome == VERIFIER_HOLDS && arrival.retried != 0) {
            buffer_puts(out, "; ");
            arrival_put_retried(&arrival, out);
        }
        buffer_putc(out, '\n');
        return;
    }
    buffer_puts(out, "\nwhat you asked for arrived: all levels were checked, and hold; ");
    arrival_put(&arrival, out);
    buffer_putc(out, '\n');
}

bool verifier_print(const cJSON *verdict, const struct folder *folder,
                    const struct project *project, struct buffer *out, struct error *error)
{
    char path[PATH_MAX];
    cJSON *account = NULL;
    if (!folder_file(folder, "account.json", path, error) ||
        !member_read_file(path, &account, error))
        return false;
    bool afresh = strcmp(member_text(verdict, "source"), "afresh") == 0;
    buffer_printf(out, "verification of %s, run %s, against %s\n\n",
                  member_text(verdict, "project"), member_text(verdict, "run"),
                  afresh ? "the sources, read afresh" : "the records that the run kept");
    print_levels(verdict, out);
    if (strcmp(member_text(member_find(member(verdict, "levels"), "level", "content"), "verdict"),
               "skipped") == 0)
        print_ends(verdict, out);
    else
        print_tables(verdict, out);
    print_findings(verdict, out);
    print_outcome(verdict, account, project, out);
    cJSON_Delete(account);
    return true;
}
