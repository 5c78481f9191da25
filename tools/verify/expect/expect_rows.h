/* expect_rows.h: the rows of a record; and for those who ask after its identity, whether it stays. */
#ifndef VERIFY_EXPECT_ROWS_H
#define VERIFY_EXPECT_ROWS_H

#include "expect_row.h"

/* All rows of one record. The first table decides of it: where none of its forms holds, there is no
 * row at all. */
bool expect_record(struct expectation *e, const struct item *record, bool *filtered,
                   const struct delivery *delivery);
/* Has the record a row in the table, or in any when `label` is NULL; or is it set aside? Nothing is
 * counted. */
bool record_stays(struct expectation *e, const struct item *record, const char *label, bool *stays,
                  bool *aside, struct error *error);
/* A column's value in a form of rows, before it becomes an id or a type. */
bool record_value(struct expectation *e, const struct form *form, const struct item *record,
                  size_t column, struct item *item, struct error *error);

#endif
