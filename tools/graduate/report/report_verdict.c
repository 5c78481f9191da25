/* The verdict of a report: the state of the whole, in one headline and a few sentences. */
#include "arrival.h"
#include "figures.h"
#include "member.h"
#include "papers.h"
#include "verifier.h"

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
    if (member_count(papers->account, "balance") != 0)
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
    put_moved(out, papers);
    buffer_printf(out,
                  "But %s of them are unaccounted for: look for the lines of the account whose "
                  "balance is not 0.",
                  figure_count(member_count(papers->account, "balance"), figure));
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
                      member(papers->account, "objects"), papers->project);
}

/* What the mapping asked to leave behind, in numbers. */
static void put_left_behind(struct buffer *out, const struct papers *papers)
{
    const struct arrival arrival = arrival_of_papers(papers);
    if (arrival_is_whole(&arrival))
        return;
    buffer_puts(out, " ");
    arrival_put(&arrival, out);
    buffer_putc(out, '.');
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
        buffer_puts(out, ". They stand at the end of this page.");
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
        put_left_behind(out, papers);
        break;
    }
    put_unchecked(out, papers);
    put_skipped(out, papers);
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
              cJSON_AddStringToObject(json, "text", buffer_text(&text)) != NULL && !text.failed;
    buffer_release(&text);
    return ok ? true : error_memory(error);
}
