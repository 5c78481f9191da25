/* spot.h: where an object of the mapping files stands, and words that do nothing there. */
#ifndef GRADUATE_MAPPING_SPOT_H
#define GRADUATE_MAPPING_SPOT_H

#include "graduate/project.h"

/* Where an object of the files stands; what is beside the point is NULL. */
struct spot {
    const struct source *source;
    const struct mapping *mapping;
    const struct mapping_table *table;
    const struct mapping_table *first; /* the form that makes the table; NULL: this one */
    const struct mapping_column *column;
    const struct mapping_value *value;
    const struct mapping_index *index;
    const struct mapping_policy *policy;
    struct errors *errors; /* of all tables */
};

struct barren {
    const char *word;
    bool (*place)(const struct spot *spot); /* where it does nothing */
    const char *why;
};

/* Is none of these words said where it does nothing? A row without a word is about the object
 * itself, and told when no word of it is. ERROR_USAGE with all of them. */
bool barren_check(const struct barren *rows, size_t count, const struct spot *spot,
                  const cJSON *object, const struct json_place *place, struct error *error);
/* The same for the words of references: of a value, and of the column whose ids are kept. */
bool spot_check_reference(const struct spot *spot, const cJSON *object,
                          const struct json_place *place, struct error *error);
bool spot_check_kept(const struct spot *spot, const cJSON *object, const struct json_place *place,
                     struct error *error);

#endif
