/* expect_json.h: BSON as the canonical JSON of what jsonb must hold; the rules are in the head of
 * tools/transform/write/json_writer.h, made anew. */
#ifndef VERIFY_EXPECT_JSON_H
#define VERIFY_EXPECT_JSON_H

#include "canonical_json.h"
#include "expect.h"
#include "expect_item.h"

/* ERROR_DATA at the path when jsonb cannot hold it. item->safe holds for all inside of it. */
bool expect_json_put(struct buffer *out, const struct item *item, const char *path,
                     struct error *error);
/* A key; its member must have been begun. */
bool expect_json_key(struct buffer *out, const char *key, const char *path, struct error *error);
/* End an object; ERROR_DATA at the path if a key stood in it twice. */
bool expect_json_close(struct canonical_object *object, const char *path, struct error *error);

/* Can PostgreSQL hold it: UTF-8 without NUL? */
bool expect_text_valid(const char *text, size_t length);

/* The canonical JSON with the keys of an object replaced by the UUIDs that they are the ids for by
 * keys_id_of, in place. ERROR_DATA for what is neither an object nor null, for a key that is
 * nobody's id, or that of no record that stays (lookup NULL: nobody is asked), and for two that are
 * one. */
bool expect_json_identify(struct buffer *out, size_t start, const struct identity *rule,
                          const struct mapping_value *value, const struct expect_lookup *lookup,
                          const char *path, struct error *error);

#endif
