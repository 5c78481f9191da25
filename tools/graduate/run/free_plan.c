#include "free_plan.h"
#include "figures.h"

static const int64_t LIMIT = 500000000;

void free_plan_warn(const struct project *project, const struct catalogs *catalogs, int64_t there,
                    struct buffer *out)
{
    int64_t sum = 0;
    char data[FIGURE_SIZE], now[FIGURE_SIZE];
    for (size_t i = 0; i < project->mapping_count; i++) {
        const struct catalog_entity *entity = catalogs_find(catalogs, project->mappings[i]);
        sum += entity != NULL && entity->bytes > 0 ? entity->bytes : 0; /* -1: nobody knows */
    }
    if (sum > LIMIT - there)
        buffer_printf(out,
                      "  the records take %s in the sources, and the target's database %s now: the "
                      "500 MB of Supabase's free plan are not enough\n",
                      figure_bytes(sum, data), figure_bytes(there, now));
}
