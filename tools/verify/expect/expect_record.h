/* expect_record.h: the records of a document source, for those who ask after their identity. */
#ifndef VERIFY_EXPECT_RECORD_H
#define VERIFY_EXPECT_RECORD_H

#include "expect_row.h"

/* Has the record a row in the table, or in any when `label` is NULL? Nothing is counted. */
bool record_stays(struct expectation *e, const struct item *record, const char *label, bool *stays,
                  struct error *error);
/* A column's value in a form of rows, before it becomes an id or a type. */
bool record_value(struct expectation *e, const struct form *form, const struct item *record,
                  const struct mapping_value *value, struct item *item, struct error *error);
/* Every record of a batch; one that fails is named in the error. */
typedef bool (*record_visit)(struct expectation *e, const struct item *record, void *context,
                             struct error *error);
bool records_each(struct expectation *e, const uint8_t *payload, size_t length, record_visit visit,
                  void *context, struct error *error);

#endif
