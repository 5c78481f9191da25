/* fact_index.h: what the records of an entity have that the conditions of others ask about
 * (project.h), written down for them (id_index.h): of every fact the values, and their kinds. */
#ifndef TRANSFORM_FACT_INDEX_H
#define TRANSFORM_FACT_INDEX_H

#include "graduate/id_index.h"
#include "json_fields.h"
#include "plan_facts.h"
#include "tuple.h"

struct fact_index {
    const struct mapping *entity;
    struct plan plan;
    struct json_fields json; /* of the record at hand */
    struct fact_plan *facts;
    size_t count;
    unsigned *kinds; /* per fact: a bit for each that was met */
    int64_t *values; /* per fact: how often its path led somewhere */
    int64_t *met;    /* per slot of the record */
    int64_t records;
    struct id_writer writer;
};

bool fact_index_open(struct fact_index *index, const struct project *project,
                     const struct mapping *entity, const struct catalog_entity *described,
                     const char *path, struct error *error);
/* One record of the stream. ERROR_DATA with entity, key and path. */
bool fact_index_put_document(struct fact_index *index, const uint8_t *bson, size_t length,
                             struct error *error);
bool fact_index_put_tuple(struct fact_index *index, const uint8_t **at, const uint8_t *end,
                          struct error *error);
/* The file is there. ERROR_DATA: a path that is asked about was in no record. */
bool fact_index_finish(struct fact_index *index, struct error *error);
void fact_index_close(struct fact_index *index);

#endif
