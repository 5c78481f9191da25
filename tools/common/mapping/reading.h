/* reading.h: reading the files of a mapping. Every function takes a JSON value and its place, and
 * fails with an error that names the place. A member that is not there leaves *out as it is. */
#ifndef COMMON_READING_H
#define COMMON_READING_H

#include "graduate/arena.h"
#include "graduate/json.h"
#include "graduate/project.h"

struct reading {
    struct project *project;
    struct arena *arena;
    struct mapping *mapping;
    struct error *error;
    struct errors *found; /* of the columns at hand, */
    const char *each;     /* whose table has this "each", or NULL */
    const char *untyped;  /* the first of them whose type the target says, which was not asked, */
    size_t untyped_count; /* and how many there are */
};

/* Has what was just read gone wrong in a way after which the next can be read all the same? Then
 * its error is one of `errors`, and the answer true. */
bool reading_goes_on(const struct reading *r, bool ok, struct errors *errors);
/* Each returns false with an error. */
bool reading_memory(struct reading *r);
bool reading_wrong_word(struct reading *r, const struct json_place *place, const char *word,
                        const char *const *allowed, size_t count);

/* Members: a text, a text that is one of a list, true or false, an array of texts of which none is
 * empty or stands twice; and such an array itself. */
bool reading_text(struct reading *r, const cJSON *object, const struct json_place *place,
                  const char *key, const char **out);
bool reading_choice(struct reading *r, const cJSON *object, const struct json_place *place,
                    const char *key, const char *const *allowed, size_t count, const char **out);
bool reading_bool(struct reading *r, const cJSON *object, const struct json_place *place,
                  const char *key, bool *out);
bool reading_member_words(struct reading *r, const cJSON *object, const struct json_place *place,
                          const char *key, struct words *out);
bool reading_words(struct reading *r, const cJSON *array, const struct json_place *place,
                   struct words *out);
/* Whether PostgreSQL takes the name as it is. */
bool reading_name(struct reading *r, const struct json_place *place, const char *name);
/* A path into a document, if it is one (NULL: none), in its canonical form (path.h). Where it may
 * stand, "." names the document itself, "^." looks out of it, "*" is every member, and a number a
 * place in an array. */
enum path_forms {
    PATH_PLAIN = 0,
    PATH_ITSELF = 1,
    PATH_OUT = 2,
    PATH_MEMBERS = 4,
    PATH_PLACES = 8
};
bool reading_path(struct reading *r, const struct json_place *place, unsigned forms,
                  const char **path);
/* The same for one that may lead to a place in an array, "tags.0.name": *path is what leads to the
 * array then, and *inside the rest of it, "0.name"; or NULL. */
bool reading_path_inside(struct reading *r, const struct json_place *place, unsigned forms,
                         const char **path, const char **inside);
/* The same for one that leads through names only, to an object whose fields are meant; also of a
 * row, where its first name is a column. */
bool reading_path_of_object(struct reading *r, const struct json_place *place, const char **path);
/* Is the path that of a level: does some table open it with "each", or go through it? */
bool reading_is_level(const struct reading *r, const char *path);

/* "misfit" of "every", a mapping or a table; and of a column. */
bool mapping_read_misfits(struct reading *r, const cJSON *object, const struct json_place *place,
                          struct remedies *out);
bool mapping_read_column_misfits(struct reading *r, const cJSON *object,
                                 const struct json_place *place, struct mapping_column *column);
/* What the inner does not say the outer does; a column takes of it what can be done there. */
void mapping_inherit_misfits(const struct remedies *outer, struct remedies *inner);
/* Behind it, of a table: does it set a record aside of which the target refuses a row? */
void mapping_settle_refused(const struct reading *r, const struct mapping_table *table);
void mapping_settle_misfits(const struct reading *r, const struct remedies *outer,
                            struct mapping_column *column);
/* The parts of a table: its "when" (also a value's), its columns, and what stands beside them. */
bool mapping_read_conditions(struct reading *r, const cJSON *object, const struct json_place *place,
                             struct conditions *out);
/* A condition's question about another entity, by a reading of that one: its path and its own
 * conditions. */
bool mapping_link_fact(struct reading *r, const struct json_place *place,
                       struct condition *condition);
bool mapping_read_columns(struct reading *r, const cJSON *object, const struct json_place *place,
                          struct mapping_table *table);
bool mapping_read_keys(struct reading *r, const cJSON *object, const struct json_place *place,
                       struct mapping_table *table);
bool mapping_read_shape(struct reading *r, const cJSON *object, const struct json_place *place,
                        struct mapping_table *table);
/* Who may do what with a table; and what of that project.json says once. */
bool mapping_read_policies(struct reading *r, const cJSON *object, const struct json_place *place,
                           struct mapping_table *table);
bool mapping_read_grants(struct reading *r, const cJSON *object, const struct json_place *place,
                         struct mapping_grant **list, size_t *count);
bool mapping_read_table_grants(struct reading *r, const cJSON *object,
                               const struct json_place *place, struct mapping_table *table);
bool project_read_policies(struct reading *r, const cJSON *json, const struct json_place *top);
/* Of a value: "sql". */
bool mapping_read_sql(struct reading *r, const cJSON *object, const struct json_place *place,
                      struct mapping_value *value);
/* Of what "rest" is the rest: true of the record or element, a path of the object there. */
bool mapping_read_rest(struct reading *r, const cJSON *origin, const struct json_place *place,
                       struct mapping_value *value);
/* Of a value: "by" and "dangling"; of a mapping: "identity". */
bool mapping_read_reference(struct reading *r, const cJSON *object, const struct json_place *place,
                            struct mapping_value *value);
bool mapping_read_identity(struct reading *r, const cJSON *json, const struct json_place *top);
/* When a column's ids are linked: which of them must exist though nothing is said of it. */
void mapping_settle_reference(const struct mapping *mapping, const struct mapping_table *table,
                              struct mapping_column *column);
/* What is not taken: fields by name, records and elements by a rule. */
bool mapping_read_drops(struct reading *r, const cJSON *json, const struct json_place *top);
bool mapping_read_rules(struct reading *r, const cJSON *json, const struct json_place *top);
/* Which texts are JSON; behind what is dropped. */
bool mapping_read_json(struct reading *r, const cJSON *json, const struct json_place *top);
/* "the key of this table" and the like is the target's, which was not asked. */
bool reading_unasked(struct reading *r, const struct json_place *place, const char *what);
/* Are these columns of the table, as far as the mapping can tell? */
bool mapping_check_columns(struct reading *r, const struct json_place *place,
                           const struct mapping_table *table, const struct words *words,
                           bool of_index);

#endif
