#include "verification.h"

#include <string.h>

const struct catalog_entity *verification_catalog(const struct verification *verification,
                                                  const struct mapping *entity)
{
    for (size_t i = 0; i < verification->catalog_count; i++)
        if (strcmp(verification->catalogs[i].source, entity->source->name) == 0)
            return catalog_find(&verification->catalogs[i], entity->from);
    return NULL;
}
