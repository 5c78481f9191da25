/* appwrite_attribute.h: what Appwrite says of the fields of a collection's documents, as columns of
 * the catalog: of a server and of an export's schema.json alike.
 *
 * A column's type is the attribute's format, where it has one ("enum", "email"), else its type
 * ("string", "integer", "relationship"), with "[]" behind it for an array. */
#ifndef EXTRACT_APPWRITE_ATTRIBUTE_H
#define EXTRACT_APPWRITE_ATTRIBUTE_H

#include "graduate/catalog.h"

#include <bson/bson.h>

/* The type of relationships, whose documents may hold them or not. */
extern const char appwrite_relationship[];

/* Add it to the columns of its collection. */
bool appwrite_attribute_add(struct catalog_entity *entity, const bson_t *attribute,
                            struct error *error);
/* Does another collection have a relationship with documents of `collection`, of which nothing is
 * said there? They may then hold a field that is no attribute. The text is valid as long as
 * `attribute`; NULL: none. */
const char *appwrite_attribute_opens(const bson_t *attribute);

/* Describe the entities of an export by the first of these files that is in its folder:
 * {"databases": [{"$id", "collections": [{"$id", "$permissions", "attributes": [...]}]}]}, as the
 * server shows them; or with the collections beside the databases, each with its "databaseId", as
 * Appwrite's command line writes them. Tables and their columns are the same by another name.
 * `database` is the one that project.json names, or NULL. */
enum { APPWRITE_SCHEMAS = 3 };
extern const char *const appwrite_schemas[APPWRITE_SCHEMAS];
bool appwrite_schema_read(const char *folder, const char *database, struct catalog *catalog,
                          struct error *error);

#endif
