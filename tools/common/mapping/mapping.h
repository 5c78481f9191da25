/* mapping.h: one mapping file as a struct mapping; project_folder.c calls it for each. */
#ifndef COMMON_MAPPING_H
#define COMMON_MAPPING_H

#include "graduate/arena.h"
#include "graduate/json.h"
#include "graduate/project.h"

/* Parse the file's JSON. `mapping->name` and `file` are set; id_of stays a name until mapping_link,
 * which runs when all mappings of the project are parsed. Both check all that they can. */
bool mapping_parse(struct project *project, struct arena *arena, const cJSON *json,
                   struct mapping *mapping, struct error *error);
bool mapping_link(struct project *project, struct arena *arena, const cJSON *json,
                  struct mapping *mapping, struct error *error);
/* Of a table: the tables that its foreign keys refer to. `place` is the table's. */
bool mapping_link_keys(const struct project *project, const struct json_place *place,
                       struct mapping_table *table, struct error *error);
/* When all are linked and in their order: a word that would do nothing where it stands, or that
 * cannot be meant, is an error with the reason. The same for a source of project.json. */
bool mapping_check_effect(const struct project *project, const cJSON *json, struct mapping *mapping,
                          struct error *error);
bool mapping_check_source(const struct source *source, const cJSON *json,
                          const struct json_place *place, struct error *error);
/* A kind of misfit that nothing there can be; of project.json's "every" when all are read. */
bool mapping_check_column_misfits(const struct mapping_table *table,
                                  const struct mapping_column *column, const cJSON *object,
                                  const struct json_place *place, struct error *error);
bool mapping_check_table_misfits(const struct mapping_table *table, const cJSON *object,
                                 const struct json_place *place, struct error *error);
bool mapping_check_misfits(const struct mapping *mapping, const cJSON *object,
                           const struct json_place *place, struct error *error);
bool project_check_misfits(const struct project *project, const cJSON *every,
                           const struct json_place *place, struct error *error);
/* Fill in what the project's policies are taken for; every one of them must be taken by a table. */
bool mapping_settle_policies(struct arena *arena, struct mapping *mapping, struct error *error);
bool project_check_policies(const struct project *project, const struct json_place *top,
                            struct error *error);
/* No entity may wait for itself to know which of its records stay. */
bool project_check_circles(const struct project *project, struct error *error);
/* Say of every identity what is taken for one. */
void mapping_settle_ids(struct project *project);
/* No target table or column may have a name that PostgreSQL or the ledger own; all that have are
 * told at once. */
bool project_check_names(const struct project *project, struct error *error);

/* Tables and their JSON meet again, in the order in which they were read. */
typedef bool (*mapping_visit)(void *context, struct mapping_table *table, const cJSON *object,
                              const struct json_place *place, struct error *error);
bool mapping_each_table(const cJSON *json, struct mapping *mapping, mapping_visit visit,
                        void *context, struct error *error);

#endif
