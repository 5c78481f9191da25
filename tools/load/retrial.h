/* retrial.h: a corrected record in place of one that was set aside, as one transaction.
 *
 * It comes as a batch of one record, whose position says of which row of graduate.rejects it is:
 * {"reject": int64, "record": its text, "digest": that of its bytes (record.h)}. Either it is
 * loaded, and the ledger has it as a batch of the partition LEDGER_RETRIES; or it does not fit
 * again, and the reject stays, with the new cause. A reject that is loaded already is not open any
 * more, so that nothing is loaded twice. */
#ifndef LOAD_RETRIAL_H
#define LOAD_RETRIAL_H

#include "fence.h"

#include "graduate/stream.h"

struct retrial {
    char reject[24];             /* its number in the ledger */
    const char *record, *digest; /* views into the position */
    char *paths; /* what the ledger counts the reject's values as; once it is claimed */
};
bool retrial_parse(struct retrial *retrial, const bson_t *position, struct error *error);
void retrial_release(struct retrial *retrial);

/* In the batch's transaction: first hold the reject, ERROR_REFUSED where it is not open; at last
 * say that it was loaded, by this batch, and take what was counted of it out of its paths. */
bool retrial_claim(struct postgres *target, const struct fence *fence, struct retrial *retrial,
                   struct error *error);
bool retrial_settle(struct postgres *target, const struct fence *fence,
                    const struct retrial *retrial, const struct stream_batch *batch,
                    struct error *error);

/* In a transaction of its own: it does not fit, and why. */
bool retrial_refuse(struct postgres *target, const struct fence *fence,
                    const struct retrial *retrial, const char *path, const char *message,
                    struct error *error);
/* The same where graduate-transform set it aside: the cause stands in the row for graduate.rejects
 * that it made. */
bool retrial_refuse_again(struct postgres *target, const struct fence *fence,
                          const struct retrial *retrial, const struct stream_outputs *outputs,
                          const uint8_t *payload, size_t length, struct error *error);

#endif
