/* The verdict of a report: the state of the whole, in one headline and a few sentences. */
#include "arrival.h"
#include "figures.h"
#include "member.h"
#include "papers.h"
#include "verifier.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *headline;
} states[] = {
    [UNFINISHED] = {"unfinished", "Not finished"},
    [UNBALANCED] = {"unbalanced", "The account does not balance"},
    [DIFFERS] = {"differs", "Not everything arrived as it should"},
    [UNCHECKED] = {"unchecked", "Not everything could be checked"},
    [UNVERIFIED] = {"unverified", "Not verified yet"},
    [PARTLY] = {"partly", "What was checked arrived"},
    [HOLDS] = {"holds", "Everything arrived"},
};

bool papers_is_contradicted(const cJSON *count)
{
    return member_count(count, "counted") != member_count(count, "read") &&
           !cJSON_IsTrue(member(count, "changing"));
}

static bool is_contradicted(const struct papers *papers)
{
    const cJSON *count;
    cJSON_ArrayForEach(count, member(papers->account, "counts"))
    {
        if (papers_is_contradicted(count))
            return true;
    }
    return false;
}

enum state papers_state(const struct papers *papers)
{
    static const enum state outcomes[] = {
        [VERIFIER_HOLDS] = HOLDS,
        [VERIFIER_PARTLY] = PARTLY,
        [VERIFIER_UNCHECKED] = UNCHECKED,
        [VERIFIER_DIFFERS] = DIFFERS,
    };
    if (papers->account == NULL)
        return UNFINISHED;
    if (member_count(papers->account, "balance") != 0 || is_contradicted(papers))
        return UNBALANCED;
    return papers->verdict != NULL ? outcomes[verifier_outcome(papers->verdict)] : UNVERIFIED;
}

/* "content and references": the levels of that verdict. */
static void put_levels(struct buffer *out, const cJSON *verdict, const char *word)
{
    const cJSON *level;
    size_t count = 0, at = 0;
    cJSON_ArrayForEach(level, member(verdict, "levels"))
    {
        count += strcmp(member_text(level, "verdict"), word) == 0;
    }
    cJSON_ArrayForEach(level, member(verdict, "levels"))
    {
        if (strcmp(member_text(level, "verdict"), word) != 0)
            continue;
        buffer_printf(out, "%s%s",
                      at == 0           ? ""
                      : at + 1 == count ? " and "
                                        : ", ",
                      member_text(level, "level"));
        at++;
    }
}

static bool has_level(const cJSON *verdict, const char *word)
{
    return member_find(member(verdict, "levels"), "verdict", word) != NULL;
}

static void put_moved(struct buffer *out, const struct papers *papers)
{
    const cJSON *entities = member(papers->account, "entities");
    const cJSON *tables = member(papers->account, "tables");
    char records[FIGURE_SIZE], rows[FIGURE_SIZE];
    buffer_printf(out, "%s records of %d entities were read, and became %s rows of %d tables. ",
                  figure_count(member_sum(entities, "read"), records), cJSON_GetArraySize(entities),
                  figure_count(member_sum(tables, "loaded"), rows), cJSON_GetArraySize(tables));
}

static void put_unfinished(struct buffer *out, const struct papers *papers)
{
    if (papers->busy)
        buffer_puts(out, "The migration is at work. ");
    else
        buffer_puts(out, "The migration was stopped before its end; graduate run goes on from "
                         "where it was. ");
    buffer_puts(out, "Nothing can be said yet of what arrived.");
}

static void put_unbalanced(struct buffer *out, const struct papers *papers)
{
    char figure[FIGURE_SIZE];
    int64_t balance = member_count(papers->account, "balance");
    put_moved(out, papers);
    if (balance != 0)
        buffer_printf(out, "But %s of them are unaccounted for.", figure_count(balance, figure));
    else
        buffer_puts(out, "But that is not what the sources themselves counted.");
}

static void put_skipped(struct buffer *out, const struct papers *papers)
{
    if (!has_level(papers->verdict, "skipped"))
        return;
    buffer_puts(out, " Not asked for: ");
    put_levels(out, papers->verdict, "skipped");
    buffer_putc(out, '.');
}

static void put_unchecked(struct buffer *out, const struct papers *papers)
{
    if (!has_level(papers->verdict, "unchecked"))
        return;
    buffer_puts(out, " Could not be checked: ");
    put_levels(out, papers->verdict, "unchecked");
    buffer_putc(out, '.');
}

static struct arrival arrival_of_papers(const struct papers *papers)
{
    return arrival_of(member(papers->account, "entities"), member(papers->account, "paths"),
                      member(papers->account, "objects"), member(papers->account, "tables"),
                      papers->project);
}

static const char *headline_of(const struct papers *papers, enum state state)
{
    const struct arrival arrival = arrival_of_papers(papers);
    return state == HOLDS && !arrival_is_whole(&arrival) ? "What you asked for arrived"
                                                         : states[state].headline;
}

static void put_text(struct buffer *out, const struct papers *papers, enum state state)
{
    char figure[FIGURE_SIZE];
    int64_t findings = verifier_findings(papers->verdict);
    switch (state) {
    case UNFINISHED:
        put_unfinished(out, papers);
        return;
    case UNBALANCED:
        put_unbalanced(out, papers);
        return;
    case DIFFERS:
        buffer_printf(out,
                      "The verification found %s difference%s: ", figure_count(findings, figure),
                      findings == 1 ? "" : "s");
        put_levels(out, papers->verdict, "differs");
        buffer_putc(out, '.');
        break;
    case UNCHECKED:
        buffer_puts(out, "The account is closed, and what was checked shows no difference.");
        break;
    case UNVERIFIED:
        put_moved(out, papers);
        buffer_puts(out, "The account is closed. But that is what the migration says of itself: "
                         "graduate verify checks it independently, and has not run since.");
        return;
    case PARTLY:
        put_moved(out, papers);
        buffer_puts(out, "The account is closed, and of the verification holds: ");
        put_levels(out, papers->verdict, "holds");
        buffer_putc(out, '.');
        break;
    case HOLDS:
        put_moved(out, papers);
        buffer_puts(out, "The account is closed, and the verification, which shares nothing with "
                         "the programs that moved them, found no difference at any level.");
        break;
    }
    put_unchecked(out, papers);
    put_skipped(out, papers);
}

/* ---- the points --------------------------------------------------------------------------------
 */

enum { MOST_FINDINGS = 10 }; /* of a level, one by one */

/* Takes what the buffer has, and empties it. */
static bool add_point(cJSON *points, struct buffer *text, const char *anchor)
{
    cJSON *json = cJSON_CreateObject();
    bool ok = cJSON_AddItemToArray(points, json) && !text->failed &&
              cJSON_AddStringToObject(json, "text", buffer_text(text)) != NULL &&
              cJSON_AddStringToObject(json, "anchor", anchor) != NULL;
    buffer_clear(text);
    return ok;
}

static bool add_open(cJSON *points, const cJSON *report, struct buffer *text)
{
    const cJSON *account = member(report, "account"), *count;
    int64_t balance = member_count(account, "balance");
    char figure[FIGURE_SIZE], figures[2][FIGURE_SIZE];
    bool ok = true;
    if (balance != 0) {
        buffer_printf(text, "%s unaccounted for", figure_count(balance, figure));
        ok = add_point(points, text,
                       cJSON_GetArraySize(member(report, "open_paths")) > 0 ? "open-paths"
                                                                            : "entities");
    }
    cJSON_ArrayForEach(count, member(account, "counts"))
    {
        if (!papers_is_contradicted(count))
            continue;
        buffer_printf(text, "%s: the source counted %s, and %s were read",
                      member_text(count, "entity"),
                      figure_count(member_count(count, "counted"), figures[0]),
                      figure_count(member_count(count, "read"), figures[1]));
        ok = ok && add_point(points, text, "counts");
    }
    return ok;
}

static bool add_findings_of(cJSON *points, const cJSON *verification, const cJSON *level,
                            struct buffer *text)
{
    const char *name = member_text(level, "level");
    int64_t all = member_count(level, "findings"), at = 0;
    char figure[FIGURE_SIZE], anchor[64];
    const cJSON *finding;
    buffer_printf(text, "%s: %s difference%s", name, figure_count(all, figure),
                  all == 1 ? "" : "s");
    snprintf(anchor, sizeof anchor, "findings-%s", name);
    bool ok = add_point(points, text, anchor);
    cJSON_ArrayForEach(finding, member(verification, "findings"))
    {
        if (strcmp(member_text(finding, "level"), name) != 0 || at == MOST_FINDINGS)
            continue;
        buffer_printf(text, "%s: %s %s %s", name, member_text(finding, "kind"),
                      member_text(finding, "table"), member_text(finding, "key"));
        snprintf(anchor, sizeof anchor, "%s-%" PRId64, name, ++at);
        ok = ok && add_point(points, text, anchor);
    }
    return ok;
}

static bool add_findings(cJSON *points, const cJSON *report, struct buffer *text)
{
    const cJSON *verification = member(report, "verification"), *level;
    bool ok = true;
    cJSON_ArrayForEach(level, member(verification, "levels"))
    {
        if (member_count(level, "findings") > 0)
            ok = ok && add_findings_of(points, verification, level, text);
    }
    return ok;
}

static bool add_left_behind(cJSON *points, const struct papers *papers, struct buffer *text)
{
    static const char *const anchors[ARRIVAL_PARTS] = {
        [ARRIVAL_FILTERED] = "filtered", [ARRIVAL_REJECTED] = "rejected",
        [ARRIVAL_ELEMENTS] = "elements", [ARRIVAL_DROPPED] = "dropped",
        [ARRIVAL_STAYED] = "tables",     [ARRIVAL_KEPT_OUT] = "kept-out",
        [ARRIVAL_LOST] = "lost",         [ARRIVAL_COLLECTIONS] = "left-out",
        [ARRIVAL_OBJECTS] = "not-kept",  [ARRIVAL_COMPARED] = "compared",
        [ARRIVAL_EMPTIED] = "emptied",   [ARRIVAL_IN_PART] = "changes",
        [ARRIVAL_COMPUTED] = "changes",
    };
    const struct arrival arrival = arrival_of_papers(papers);
    bool ok = true;
    for (enum arrival_part part = 0; ok && part < ARRIVAL_PARTS; part++)
        if (arrival_put_part(&arrival, part, text))
            ok = add_point(points, text, anchors[part]);
    if (ok && arrival_put_retried(&arrival, text))
        ok = add_point(points, text, "entities");
    return ok;
}

static bool add_warnings(cJSON *points, const cJSON *report, struct buffer *text)
{
    int count = cJSON_GetArraySize(member(report, "warnings"));
    if (count == 0)
        return true;
    buffer_printf(text, "%d warning%s of the run", count, count == 1 ? "" : "s");
    return add_point(points, text, "warnings");
}

/* What is wrong, what did not come, what was warned of. */
static bool add_points(cJSON *verdict, const cJSON *report, const struct papers *papers)
{
    cJSON *points = cJSON_AddArrayToObject(verdict, "points");
    struct buffer text;
    buffer_init(&text);
    bool ok = points != NULL && add_open(points, report, &text) &&
              add_findings(points, report, &text) &&
              (papers->account == NULL || add_left_behind(points, papers, &text)) &&
              add_warnings(points, report, &text);
    buffer_release(&text);
    return ok;
}

bool report_add_verdict(cJSON *report, const struct papers *papers, struct error *error)
{
    struct buffer text;
    enum state state = papers_state(papers);
    cJSON *json = cJSON_AddObjectToObject(report, "verdict");
    buffer_init(&text);
    put_text(&text, papers, state);
    bool ok = json != NULL && cJSON_AddStringToObject(json, "state", states[state].name) != NULL &&
              cJSON_AddStringToObject(json, "headline", headline_of(papers, state)) != NULL &&
              cJSON_AddStringToObject(json, "text", buffer_text(&text)) != NULL && !text.failed &&
              add_points(json, report, papers);
    buffer_release(&text);
    return ok ? true : error_memory(error);
}
