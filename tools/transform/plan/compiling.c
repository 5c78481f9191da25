#include "compiling.h"

#include <string.h>

/* `word`: of the column, with its slash; "" is the column itself. */
bool compiling_wrong(struct compiling *c, const char *column, const char *word, const char *what)
{
    const struct schema_output *output = c->output->output;
    return error_set(c->error, ERROR_USAGE, "%s: /to/%s/columns/%s%s: %s", output->entity->file,
                     output->table->label, column, word, what);
}

struct node *compiling_child(struct compiling *c, struct node *parent, const char *name,
                             size_t length)
{
    for (size_t i = 0; i < parent->child_count; i++)
        if (strlen(parent->children[i].name) == length &&
            strncmp(parent->children[i].name, name, length) == 0)
            return &parent->children[i];
    struct node *grown =
        arena_alloc(&c->plan->arena, parent->child_count + 1, sizeof *parent->children);
    char *copy = arena_printf(&c->plan->arena, "%.*s", (int)length, name);
    if (grown == NULL || copy == NULL)
        return NULL;
    if (parent->child_count > 0)
        memcpy(grown, parent->children, parent->child_count * sizeof *grown);
    parent->children = grown;
    struct node *node = &grown[parent->child_count++];
    *node = (struct node){.name = copy, .slot = NO_SLOT};
    return node;
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
