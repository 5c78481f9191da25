/* catalogs.h: what all sources of a project say they hold, and the strict rule about it. */
#ifndef GRADUATE_DRIVER_CATALOGS_H
#define GRADUATE_DRIVER_CATALOGS_H

#include "folder.h"
#include "supervisor.h"

#include "graduate/catalog.h"
#include "graduate/project.h"

struct catalogs {
    struct catalog *items; /* in the order of the project's sources */
    size_t count;
};

/* Ask the sources (graduate-extract --catalog); with `kept_only`, those alone that have a table
 * whose shape is kept. With a folder, each is written to catalog/SOURCE.json in it. */
bool catalogs_ask(struct catalogs *catalogs, const struct project *project, bool kept_only,
                  const struct folder *folder, struct supervisor *supervisor, struct error *error);
/* Ask all of them, and have the fields that the first records of collections have added to the
 * columns (graduate-extract --catalog --first). */
bool catalogs_look(struct catalogs *catalogs, const struct project *project, int64_t first,
                   struct supervisor *supervisor, struct error *error);
/* Where a source has no estimate of an entity (an Appwrite with more than 5000 of something, JSON
 * lines), let it count (graduate-extract --count): the number takes the estimate's place. Not with
 * `cheap`, where a server would have to be read through for it. Where it cannot, that is said, and
 * the number stays unknown; false only when the driver is interrupted. */
bool catalogs_count(struct catalogs *catalogs, const struct project *project, bool cheap,
                    struct supervisor *supervisor, struct error *error);
/* Those that a run has in its folder; *all is false when it has not all of them. */
bool catalogs_read(struct catalogs *catalogs, const struct project *project,
                   const struct folder *folder, bool *all, struct error *error);
/* Ask anew for what some entities' sources say of them, and of them alone: they are to be read
 * again. It takes the place of what the folder and `catalogs` have. */
bool catalogs_renew(struct catalogs *catalogs, const struct project *project,
                    const struct folder *folder, const struct words *entities,
                    struct supervisor *supervisor, struct error *error);
void catalogs_release(struct catalogs *catalogs);

/* The catalog of a source; NULL if it is not among them. */
const struct catalog *catalogs_of(const struct catalogs *catalogs, const struct source *source);
/* What the catalogs say of an entity's collection or table; NULL if nothing. */
const struct catalog_entity *catalogs_find(const struct catalogs *catalogs,
                                           const struct mapping *mapping);

/* The target must be none of the sources, as far as their URIs tell (ERROR_REFUSED; what is not set
 * yet tells nothing). Then the strict rule: every collection and table of a source is mapped, or
 * left out by name, and every mapping's `from` is there. ERROR_USAGE that names all that are not,
 * and what to do. */
bool catalogs_check(const struct catalogs *catalogs, const struct project *project,
                    struct error *error);
/* What only the transformer can say: can every mapping be carried out, or that of `entity` alone
 * where it is given, under the catalogs in the folder (SOURCE.json each)? ERROR_USAGE with all that
 * cannot. */
bool catalogs_check_mappings(const char *folder, const struct project *project, const char *entity,
                             struct supervisor *supervisor, struct error *error);

#endif
