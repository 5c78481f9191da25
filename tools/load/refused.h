/* refused.h: which record it is that the target refuses a row of, and the batch without it.
 *
 * A refusal ends the batch's transaction. Mostly the server says which row it was ("COPY books,
 * line 3", or a key in its detail); then the batch is written again without that row's record.
 * Where it does not (a trigger behind the rows, a constraint that is put off), the next transaction
 * begins with a search: half after half of the records is tried behind a savepoint, which is then
 * gone again, so that what is written has the transaction's number as all rows of a run. So one
 * refused row costs a transaction more, and at most one statement for each halving. */
#ifndef LOAD_REFUSED_H
#define LOAD_REFUSED_H

#include "section.h"

/* What a transaction ended at. */
struct refused {
    size_t section; /* work->count: none, or late and not known; SIZE_MAX: something else failed */
    bool late;      /* all sections were there */
    bool searches;  /* the record is not known */
    bool in_vain;   /* it was searched for, and none is refused alone */
};

/* All sections, and what was put off. */
bool refused_load(struct postgres *target, const struct fence *fence, struct work *work,
                  struct refused *refused, struct error *error);
/* That failed with the error: is it a row whose record is set aside by the mapping? Then it is
 * taken out, or `searches` is set, and the error is none any more. False: the error stands; also
 * where the project lets no more be set aside. */
bool refused_take_out(struct work *work, struct refused *refused, struct error *error);
/* In the next transaction, before refused_load, where it searches. False with the error that it
 * searched for where no record is refused alone. */
bool refused_search(struct postgres *target, const struct fence *fence, struct work *work,
                    struct refused *refused, struct error *error);
/* Are more set aside than the project lets a run? */
bool refused_more(const struct work *work, int64_t rejects, const char *cause, const char *key,
                  const char *path, struct error *error);

#endif
