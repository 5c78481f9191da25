#include "compiling.h"

bool compiling_goes_on(struct compiling *c, bool ok)
{
    return ok || errors_add(&c->errors, c->error);
}

/* `word`: of the column, with its slash; "" is the column itself. */
bool compiling_wrong(struct compiling *c, const char *column, const char *word, const char *what)
{
    const struct schema_output *output = c->output->output;
    return error_set(c->error, ERROR_USAGE, "%s: /to/%s/columns/%s%s: %s", output->entity->file,
                     output->table->label, column, word, what);
}

bool compiling_check_constant(struct compiling *c, const struct schema_column *column,
                              const struct encoding *encoding, const struct value *value)
{
    struct buffer bytes;
    struct error why = {0};
    buffer_init(&bytes);
    bool ok = encode_field(encoding, value, &bytes, &why);
    buffer_release(&bytes);
    return ok || compiling_wrong(c, column->name, "", why.message);
}
