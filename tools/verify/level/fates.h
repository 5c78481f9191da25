/* fates.h: what became of records and of their values (fate.h), as the ledger has it and as it is
 * counted anew. */
#ifndef VERIFY_FATES_H
#define VERIFY_FATES_H

#include "expect.h"
#include "verification.h"

#include "graduate/buffer.h"

struct fate_row {
    char *entity, *path;
    bool named; /* counted anew: by the mapping */
    int64_t values[FATE_COUNT];
};
/* How many records of an entity became no row by a rule. */
struct fate_entity {
    char *entity;
    int64_t filtered, rejected;
};
struct fates {
    struct fate_row *rows; /* by entity, each in one piece */
    size_t count, room;
    struct fate_entity *entities;
    size_t entity_count, entity_room;
};
void fates_release(struct fates *fates);
/* An entity, and all of its paths that the mapping names or that saw a value. */
bool fates_take(struct fates *fates, const char *entity, int64_t filtered, int64_t rejected,
                const struct expected_path *paths, size_t count, struct error *error);
/* What the ledger's batches say of a run, summed up; *ledger is false when it knows nothing of the
 * run. */
bool fates_read_ledger(struct fates *fates, struct postgres *target, const char *run, bool *ledger,
                       struct error *error);
/* Make them the `paths` of the verdict, in the order of entity and path. */
bool fates_tell(struct fates *fates, struct verdict_file *verdict, struct error *error);

/* What is unaccounted for. */
int64_t fate_row_balance(const struct fate_row *row);
/* "seen 3, written 2, defaulted 1": what is not zero. */
void fate_row_describe(const struct fate_row *row, char *out, size_t size);
/* Tell where the two do not agree, as findings of the level of content. Where an entity has more
 * paths than stand alone, which do depends on where a run was interrupted: then the paths that the
 * mapping names are compared one by one, and of all others the sum. */
bool fates_compare(struct fates *ledger, struct fates *recount, struct verdict_file *verdict,
                   struct error *error);

/* Those of one entity as bytes, for a piece of state that an interrupted verification leaves; and
 * back. */
void fates_pack(const struct fates *fates, struct buffer *out);
bool fates_unpack(struct fates *fates, const char *entity, const uint8_t *bytes, size_t length,
                  struct error *error);

#endif
