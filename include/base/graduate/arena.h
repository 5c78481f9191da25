/* arena.h: memory that is given back all at once; for models that are built and then only read. */
#ifndef GRADUATE_ARENA_H
#define GRADUATE_ARENA_H

#include <stddef.h>

struct arena_block;
struct arena {
    struct arena_block *blocks;
};

void arena_init(struct arena *arena);
void arena_release(struct arena *arena);
/* Zeroed memory for `count` items of `size`, or NULL. Lives until arena_release. */
void *arena_alloc(struct arena *arena, size_t count, size_t size);
/* A copy of the text, or of what the format makes; NULL without memory. */
char *arena_text(struct arena *arena, const char *text);
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
