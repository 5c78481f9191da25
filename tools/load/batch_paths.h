/* batch_paths.h: the account of values in a batch's row of the ledger, changed after the fact. */
#ifndef LOAD_BATCH_PATHS_H
#define LOAD_BATCH_PATHS_H

/* A statement that sets it to what it is and `plus`, less `minus`, both as JSON of the same form;
 * its parameters are the run, entity, partition and batch, plus and minus. `more` are further
 * settings,
 * ", rejected = rejected + 1", or "". */
#define BATCH_PATHS_ADD(more)                                                                      \
    "UPDATE graduate.batches b SET paths = coalesce("                                              \
    " (SELECT jsonb_object_agg(path, fates) FROM"                                                  \
    "  (SELECT path, jsonb_object_agg(fate, n) AS fates FROM"                                      \
    "   (SELECT path, fate, sum(n) AS n FROM"                                                      \
    "    (SELECT p.key AS path, f.key AS fate, d.sign * f.value::bigint AS n"                      \
    "      FROM (VALUES (b.paths, 1), ($5::jsonb, 1), ($6::jsonb, -1)) d (paths, sign),"           \
    "      jsonb_each(d.paths) p, jsonb_each_text(p.value) f) each"                                \
    "    GROUP BY path, fate HAVING sum(n) <> 0) sums GROUP BY path) paths), '{}')" more           \
    " WHERE run = $1 AND entity = $2 AND partition = $3 AND batch = $4"

#endif
