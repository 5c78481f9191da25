/* expect_document.h: what the mapping makes of a record: values, and a row of them. */
#ifndef VERIFY_EXPECT_DOCUMENT_H
#define VERIFY_EXPECT_DOCUMENT_H

#include "expect_row.h"

/* What a row is made of. */
struct making {
    struct expectation *e;
    const struct form *form;
    const struct item *record;
    bool silent; /* nothing is counted: only a question */
    struct error *error;
};

/* A value, the field that it comes from, and what became of it on the way. */
struct result {
    struct item item;
    const char *field; /* of the scope, or NULL */
    enum fate fate;    /* by the value's own conditions, functions and default */
    enum fate choice;  /* of the one that "first" took, by its own; else FATE_WRITTEN */
    bool gone;         /* its row is to be left out */
};

/* What conditions see of the document that the scope has at hand. */
struct expect_view making_view(const struct item *record, const struct scope *scope);
bool making_holds(const struct item *record, const struct scope *scope,
                  const struct conditions *conditions, bool *held, struct error *error);
/* Something happened to all fields that the value names. */
void making_settle(struct scope *scope, const struct mapping_value *value, enum fate fate);
/* The value after its conditions, functions and default; an id that is looked up, as what it is
 * there. */
bool making_find_out(const struct making *m, const struct mapping_value *value, bool not_null,
                     struct result *result);
/* The same, settled; and the field that it comes from. */
bool making_evaluate(const struct making *m, const struct mapping_value *value, bool not_null,
                     struct item *item, const char **field);
/* An item that stands in for one that does not fit, by the same look-up. */
bool making_look_up(const struct making *m, const struct mapping_value *value, struct item *item);
/* A value that is made of its members, as JSON. */
bool making_put_made(const struct making *m, const struct mapping_value *value, bool safe,
                     const char *path, struct buffer *out);
/* What of a field was written as JSON holds ids that no reference finds. */
void making_note_hex_ids(const struct making *m, const char *field, const struct item *item);
/* The row of the form at hand. */
bool making_put_row(const struct making *m, struct row *row);

/* Add to one of the numbers of a field. */
static inline void making_count(const struct making *m, const char *field, enum fate number,
                                int64_t more)
{
    if (field != NULL && !m->silent)
        scope_number(m->form->scope, &m->e->counts, field, number, more);
}

#endif
