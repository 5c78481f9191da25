/* given_type.h: columns of a Postgres that the source gives in another type than their own. */
#ifndef EXTRACT_GIVEN_TYPE_H
#define EXTRACT_GIVEN_TYPE_H

#include "graduate/catalog.h"
#include "graduate/project.h"

/* What PostgreSQL itself turns into another type without a loss, and nobody here has to: every type
 * has a text, an oid is a bigint, money a numeric, a cidr an inet, an hstore or a composite is
 * jsonb. Where all tables that take a column want such a type, the catalog's column becomes one of
 * it
 * (`own_type` says which it was): the source casts it as it is read, so that records hold the
 * result and everybody behind reads the same. */
bool given_type_settle(const struct project *project, const struct source *source,
                       struct catalog *catalog, struct error *error);

#endif
