#include "loss.h"

#include <string.h>

void losses_init(struct losses *losses, const char *entity)
{
    *losses = (struct losses){.entity = entity, .key = ""};
    buffer_init(&losses->tuples);
}

void losses_release(struct losses *losses)
{
    buffer_release(&losses->tuples);
}

void losses_clear(struct losses *losses)
{
    buffer_clear(&losses->tuples);
    losses->count = 0;
}

void losses_add(struct losses *losses, const char *path, const char *rule, const char *before,
                const char *after)
{
    const char *fields[] = {losses->entity, losses->key, path, rule, before, after};
    buffer_put_be16(&losses->tuples, sizeof fields / sizeof fields[0]);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        size_t length = strlen(fields[i]);
        buffer_put_be32(&losses->tuples, (uint32_t)length);
        buffer_put(&losses->tuples, fields[i], length);
    }
    losses->count++;
}
