#include "id_layout.h"

#include "graduate/buffer.h"

#include <string.h>

static const char magic[] = "GRFI0001";

static void put_number(uint8_t *out, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        out[i] = (uint8_t)(value >> (8 * i));
}

void id_head_write(uint8_t head[ID_HEAD], uint64_t count, uint32_t bits)
{
    memset(head, 0, ID_HEAD);
    memcpy(head, magic, 8);
    put_number(head + 8, count, 8);
    put_number(head + 16, bits, 4);
}

bool id_head_read(const uint8_t head[ID_HEAD], uint64_t *count, uint32_t *bits)
{
    *count = get_le64(head + 8);
    *bits = get_le32(head + 16);
    return memcmp(head, magic, 8) == 0 && *bits <= 32 && *count < UINT64_MAX / ID_ENTRY_SIZE;
}

uint64_t id_bucket(const uint8_t hash[16], uint32_t bits)
{
    uint64_t first = 0;
    for (size_t i = 0; i < 8; i++)
        first = first << 8 | hash[i];
    return bits > 0 ? first >> (64 - bits) : 0;
}
