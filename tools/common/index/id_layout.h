/* id_layout.h: the parts of the file of id_index.h that its writer and its reader share. */
#ifndef COMMON_ID_LAYOUT_H
#define COMMON_ID_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

enum { ID_HEAD = 24, ID_ENTRY_SIZE = 72 };

void id_head_write(uint8_t head[ID_HEAD], uint64_t count, uint32_t bits);
/* False: it is no such file. */
bool id_head_read(const uint8_t head[ID_HEAD], uint64_t *count, uint32_t *bits);
/* The first bits of a hash, as a number. */
uint64_t id_bucket(const uint8_t hash[16], uint32_t bits);

#endif
