/* lookup.h: the ids of other entities (id_index.h), for values that are found out by a look at
 * them; and how a value is known there. */
#ifndef TRANSFORM_LOOKUP_H
#define TRANSFORM_LOOKUP_H

#include "graduate/arena.h"
#include "graduate/id_index.h"
#include "graduate/project.h"
#include "json_keys.h"
#include "value.h"

/* Of a value of the index that has no id of its own: it says of the record that its identity, which
 * is another entity's, is not there. */
enum { ID_ASTRAY = 4, ID_SET_ASIDE = 8 };

struct lookup {
    const struct mapping *to;
    bool facts; /* what conditions ask about its records, not their ids */
    struct id_index index;
};
struct lookups {
    struct lookup *items;
    size_t count;
    bool corrected; /* it is corrected records that look up: who is set aside may come in, too */
};

/* Open FOLDER/ENTITY.ids of every entity that the mapping looks up (`leans`: only of those that say
 * which of its own records stay), and FOLDER/ENTITY.facts of every one that its conditions ask. */
bool lookups_open(struct lookups *lookups, const struct project *project,
                  const struct mapping *mapping, bool leans, const char *folder,
                  struct error *error);
void lookups_close(struct lookups *lookups);
struct lookup *lookups_find(const struct lookups *lookups, const struct mapping *to);
struct lookup *lookups_find_facts(const struct lookups *lookups, const struct mapping *to);
/* Does the record stay for a value that does so with what dangles? One that is set aside does where
 * that would stop the run: graduate retry brings it in. */
bool lookups_stays(const struct lookups *lookups, enum dangling dangling,
                   const struct id_entry *entry);

/* Which set of values: ids (no name), or what one field holds after some functions. Two mapping
 * values that look by the same field and functions have the same name. NULL: no memory. */
const char *lookup_set(struct arena *arena, const struct mapping_value *value);
void lookup_hash_id(const uint8_t uuid[16], uint8_t hash[16]);
/* False: nothing can be looked up by a value of this kind. */
bool lookup_hash_value(const char *set, const struct value *value, uint8_t hash[16]);

/* The keys of objects are ids of `to`, and each must name a record that stays. Without lookups (a
 * look at a part of the records) each does. */
struct key_lookup {
    const struct lookups *const *lookups;
    const struct mapping *to;
    struct json_keys_asking asking;
};
/* *asking stays NULL where the value has no keys that must be somebody's. */
bool lookup_asking(struct arena *arena, const struct lookups *const *lookups,
                   const struct mapping_value *value, const struct json_keys_asking **asking,
                   struct error *error);

/* How a value is known among those of a fact (project.h): texts and ids by their text, numbers by
 * their digits. *kind is that of all values that can be the same. False: none is, as a NaN or an
 * array. */
enum fact_kind {
    FACT_TEXT,
    FACT_NUMBER,
    FACT_BOOLEAN,
    FACT_DATE,
    FACT_CLOCK, /* a time without a zone */
    FACT_OTHER,
    FACT_KINDS
};
bool lookup_hash_fact(const struct mapping_fact *fact, const struct value *value,
                      enum fact_kind *kind, uint8_t hash[16]);
/* Of what tells that there are values of the kind. */
void lookup_hash_kind(const struct mapping_fact *fact, enum fact_kind kind, uint8_t hash[16]);

#endif
