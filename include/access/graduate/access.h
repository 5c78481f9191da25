/* Room common/access: what becomes of an Appwrite's permissions in the target. It uses
 * common/base, common/catalog and common/mapping. */

/* access.h: policies, grants and indexes made of what an Appwrite says of who may what.
 *
 * Where project.json says "access" of a source, every table that is made of one of its collections,
 * and says neither "policies" nor "grants" itself, gets them from here:
 *
 *   a table of the documents   the asker may what the collection's permissions let him, and, where
 *                              documents have their own, those in the column of "$permissions"
 *   a table below it ("each")  to see a row is to see the document above it; to change one is to
 *                              update that
 *   a collection switched off  lets nobody in
 *
 * What the asker may is the array that the function (ddl_asker.c) makes for an action: each role of
 * his as a permission, 'read("user:...")'. A policy compares it with the collection's permissions,
 * once a statement, and with the column, by an index. Collection permissions that can be nobody's
 * for a role of the API (anon, authenticated) stand in no policy for it, so that what is left can
 * be found by the index alone. */
#ifndef GRADUATE_ACCESS_H
#define GRADUATE_ACCESS_H

#include "graduate/buffer.h"
#include "graduate/catalog.h"
#include "graduate/project.h"

/* Once for a project: fill in its tables. ERROR_USAGE where the source does not say who may what,
 * or no column holds what its documents say. */
bool access_settle(const struct project *project, const struct catalog *catalogs, size_t count,
                   struct error *error);
/* What of it cannot be said in the target, a line each, "  app.posts: ...\n". */
void access_put_unsaid(const struct project *project, const struct catalog *catalogs, size_t count,
                       struct buffer *out);

#endif
