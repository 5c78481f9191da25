/* journal.h: everything that the driver says while programs run: to people (or to a program that
 * reads JSON lines) on standard error, and every word of it, with all that the programs said, to
 * log.jsonl in the run folder.
 *
 * On a terminal the line of the entity at work is rewritten in place, and gives way to every other
 * line. Elsewhere it comes as a plain line every five seconds at most.
 *
 * A log that cannot be written stops a run: a run that cannot be told of afterwards is not one to
 * believe. The failure is kept here, and the supervisor looks at it. */
#ifndef GRADUATE_DRIVER_JOURNAL_H
#define GRADUATE_DRIVER_JOURNAL_H

#include "remark.h"

#include "graduate/message.h"

struct journal {
    int log; /* -1: none */
    const char *name;
    bool json, terminal;
    bool standing;      /* a line of progress stands on the terminal */
    double shown_at;    /* when progress was shown last */
    char followed[256]; /* what takes a while, and since when; empty: nothing */
    double followed_since;
    struct error failure;
};

void journal_init(struct journal *journal, enum message_format format);
/* From here on everything also goes to the file at `path`, at its end; `path` must outlive it. */
bool journal_open(struct journal *journal, const char *path, struct error *error);
void journal_release(struct journal *journal);

void journal_info(struct journal *journal, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same of an entity and the seconds it took, which the log keeps as members of their own. */
void journal_time(struct journal *journal, const char *entity, double seconds, const char *format,
                  ...) __attribute__((format(printf, 4, 5)));
void journal_warning(struct journal *journal, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* To the log alone: main prints errors, once. */
void journal_error(struct journal *journal, const struct error *error);
/* A program's line: the raw text to the log; with `aloud`, infos and warnings are said again. Noise
 * is always told: nobody else speaks of it. */
void journal_remark(struct journal *journal, const char *program, const struct remark *remark,
                    const char *line, size_t length, bool aloud);
/* Is it time for another line of progress? Then it is shown now. */
bool journal_is_due(struct journal *journal);
void journal_show(struct journal *journal, const char *text);
/* How many bytes of a line of progress are shown. */
size_t journal_room(const struct journal *journal);
/* Something that may take a while and cannot say how far it is: journal_tick shows it, and for how
 * long it goes on; NULL: it is over. */
void journal_follow(struct journal *journal, const char *text);
void journal_tick(struct journal *journal);
/* Take the standing line of progress away. */
void journal_clear(struct journal *journal);

#endif
