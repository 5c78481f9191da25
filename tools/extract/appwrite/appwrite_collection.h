/* appwrite_collection.h: how a collection is called, as an entity and on the wire; and its
 * documents, which look alike from every version of the server, and in an export.
 *
 * An entity that is no list of the project is a collection: by its id where project.json names the
 * database, else as "database.collection". A collection that is called like a list of the project
 * has the longer name in either case. */
#ifndef EXTRACT_APPWRITE_COLLECTION_H
#define EXTRACT_APPWRITE_COLLECTION_H

#include "graduate/buffer.h"
#include "graduate/error.h"

#include <bson/bson.h>

/* The entity's name of a collection; `whole`: project.json names no database. */
void appwrite_collection_name(const char *database, const char *collection, bool whole,
                              struct buffer *name);

struct appwrite_collection {
    char *database, *collection; /* their ids */
    char *path;                  /* of the collection in the API */
    char *documents;             /* the path of its documents */
    bson_t model;                /* the collection as the server shows it */
};

/* The collection behind an entity's name; `database` is the one that project.json names, or NULL.
 * False without such a name, or without memory. The caller releases it in any case. */
bool appwrite_collection_init(struct appwrite_collection *collection, const char *database,
                              const char *name);
void appwrite_collection_release(struct appwrite_collection *collection);

/* Is what this attribute describes really in the documents? A description by other tools does not
 * say. */
bool appwrite_collection_holds(const bson_t *attribute);
/* The names of its many-to-many relationships as keys of a document that the caller owns; NULL: it
 * has none. Documents do not hold these. */
bson_t *appwrite_collection_relations(const struct appwrite_collection *collection);
/* Add what servers leave out. A related record in full where its id should stand is an error. */
bool appwrite_collection_complete(const struct appwrite_collection *collection, bson_t *document,
                                  struct error *error);

#endif
