/* identities.h: the ids of an entity, written down for those who look it up (id_index.h): of every
 * record which UUID it has, whether it stays, and by which values it is known besides. */
#ifndef TRANSFORM_IDENTITIES_H
#define TRANSFORM_IDENTITIES_H

#include "graduate/id_index.h"
#include "json_fields.h"
#include "plan.h"
#include "tuple.h"

struct identity_set {
    const char *set; /* lookup.h */
    const struct mapping_value *value;
    const struct mapping *user; /* an entity that looks by it */
    int64_t values;
};

struct identities {
    const struct mapping *entity;
    struct plan *plan;
    size_t home; /* the output that has its rows; SIZE_MAX: none of its own */
    size_t home_column;
    struct identity_set sets[ID_INDEX_SETS];
    size_t set_count;
    int64_t records;
    struct arena arena, made; /* made: by functions, of the record at hand */
    struct buffer field;      /* of a tuple */
    struct json_fields json;  /* of the record at hand */
    struct rows rows;         /* of records that may be set aside; nobody gets them */
    struct id_writer writer;
};

/* Of one compiled plan, which has its lookups. ERROR_USAGE: nothing says what an id of it is. */
bool identities_open(struct identities *identities, const struct project *project,
                     const struct mapping *entity, struct plan *plan, const char *path,
                     struct error *error);
/* One record of the stream. ERROR_DATA with entity, key and path where a run would stop there. */
bool identities_put_document(struct identities *identities, const uint8_t *bson, size_t length,
                             struct error *error);
bool identities_put_tuple(struct identities *identities, const uint8_t **at, const uint8_t *end,
                          struct error *error);
/* The file is there. ERROR_DATA: a value stands twice by which records are looked up, or no record
 * has the field. */
bool identities_finish(struct identities *identities, struct error *error);
void identities_close(struct identities *identities);

#endif
