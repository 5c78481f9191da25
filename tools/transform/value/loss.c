#include "loss.h"
#include "copy_text.h"

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

struct loss_mark losses_mark(const struct losses *losses)
{
    return (struct loss_mark){losses->tuples.length, losses->count};
}

void losses_return(struct losses *losses, const struct loss_mark *mark)
{
    if (losses->tuples.failed)
        return;
    losses->tuples.length = mark->length;
    losses->count = mark->count;
}

const char *losses_key(const struct losses *losses)
{
    bool ask = losses->key[0] == '\0' && losses->find_key != NULL;
    return ask ? losses->find_key(losses->context) : losses->key;
}

void losses_add(struct losses *losses, const char *path, const char *rule, const char *before,
                const char *after)
{
    const char *const fields[] = {losses->entity, losses_key(losses), path, rule, before, after};
    copy_texts(&losses->tuples, fields, sizeof fields / sizeof fields[0]);
    losses->count++;
}
