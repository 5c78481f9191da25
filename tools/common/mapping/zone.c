#include "graduate/zone.h"
#include "graduate/buffer.h"
#include "graduate/file.h"
#include "zone_rule.h"

#include <stdlib.h>
#include <string.h>

enum { HEADER = 44, TYPE_SIZE = 6, FIRST_YEAR = 1970, LAST_YEAR = 9999, LARGEST_FILE = 1 << 20 };
#define FOLDER "/usr/share/zoneinfo"

/* A part of a zone file: its numbers, and where its tables begin. */
struct block {
    size_t times, types, letters, leaps, standards, universals;
    const uint8_t *data;
    size_t size;
};

static bool damaged(const char *name, struct error *error)
{
    error_set(error, ERROR_TARGET, "the zone file of %s is damaged", name);
    return error_hint(error, "install the package tzdata anew, and run again");
}

/* `width`: bytes of a time. */
static bool read_block(const uint8_t *bytes, size_t length, size_t width, struct block *block)
{
    if (length < HEADER || memcmp(bytes, "TZif", 4) != 0 || bytes[4] < '2')
        return false;
    *block = (struct block){
        .universals = get_be32(bytes + 20),
        .standards = get_be32(bytes + 24),
        .leaps = get_be32(bytes + 28),
        .times = get_be32(bytes + 32),
        .types = get_be32(bytes + 36),
        .letters = get_be32(bytes + 40),
        .data = bytes + HEADER,
    };
    size_t most = length - HEADER;
    if (block->universals > most || block->standards > most || block->leaps > most ||
        block->times > most || block->types > most || block->letters > most)
        return false;
    block->size = block->times * (width + 1) + block->types * TYPE_SIZE + block->letters +
                  block->leaps * (width + 4) + block->standards + block->universals;
    return block->size <= most && block->types > 0;
}

/* One more, in order; one that changes nothing, or is overtaken, leaves none behind. */
static void add(struct zone *zone, int64_t from, int32_t offset)
{
    if (zone->count > 0 && zone->changes[zone->count - 1].from == from)
        zone->count--;
    if (zone->count == 0 || zone->changes[zone->count - 1].offset != offset)
        zone->changes[zone->count++] = (struct zone_change){from, offset};
}

static bool add_table(struct zone *zone, const struct block *block)
{
    const uint8_t *indexes = block->data + block->times * 8, *types = indexes + block->times;
    add(zone, INT64_MIN, (int32_t)get_be32(types));
    for (size_t i = 0; i < block->times; i++) {
        int64_t from = (int64_t)get_be64(block->data + i * 8);
        bool later = zone->changes[zone->count - 1].from < from || zone->count == 1;
        if (indexes[i] >= block->types || !later)
            return false;
        add(zone, from, (int32_t)get_be32(types + indexes[i] * TYPE_SIZE));
    }
    return true;
}

static void add_rule(struct zone *zone, const struct zone_rule *rule, int64_t after)
{
    for (int year = FIRST_YEAR; year <= LAST_YEAR; year++) {
        int64_t begin, end;
        zone_rule_changes(rule, year, &begin, &end);
        bool north = begin < end;
        struct zone_change two[2] = {
            {north ? begin : end, north ? rule->daylight : rule->standard},
            {north ? end : begin, north ? rule->standard : rule->daylight}};
        for (int i = 0; i < 2; i++)
            if (two[i].from > after)
                add(zone, two[i].from, two[i].offset);
    }
}

bool zone_read(struct arena *arena, const char *name, const uint8_t *bytes, size_t length,
               const struct zone **out, struct error *error)
{
    struct block old, block;
    struct zone_rule rule;
    if (!read_block(bytes, length, 4, &old) ||
        !read_block(bytes + HEADER + old.size, length - HEADER - old.size, 8, &block))
        return damaged(name, error);
    if (block.leaps > 0) {
        error_set(error, ERROR_USAGE, "the time zone %s counts leap seconds", name);
        return error_hint(error, "name it without \"right/\"");
    }
    const char *footer = (const char *)block.data + block.size;
    size_t rest = length - (size_t)((const uint8_t *)footer - bytes);
    const char *end = rest > 1 && *footer == '\n' ? memchr(footer + 1, '\n', rest - 1) : NULL;
    if (end == NULL)
        return damaged(name, error);
    bool ruled = end > footer + 1;
    if (ruled && !zone_rule_parse(footer + 1, (size_t)(end - footer - 1), &rule))
        return damaged(name, error);
    struct zone *zone = arena_alloc(arena, 1, sizeof *zone);
    size_t most = block.times + 1 + (ruled ? 2 * (LAST_YEAR - FIRST_YEAR + 1) : 0);
    struct zone_change *changes = arena_alloc(arena, most, sizeof *changes);
    if (zone == NULL || changes == NULL)
        return error_memory(error);
    *zone = (struct zone){.name = name, .changes = changes};
    if (!add_table(zone, &block))
        return damaged(name, error);
    int64_t last =
        block.times > 0 ? (int64_t)get_be64(block.data + (block.times - 1) * 8) : INT64_MIN;
    if (ruled && rule.has_daylight)
        add_rule(zone, &rule, last);
    else if (ruled && block.times == 0)
        add(zone, INT64_MIN, rule.standard);
    *out = zone;
    return true;
}

/* Names of files below the folder, and no others. */
static bool is_name(const char *name)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-_/";
    return name[0] != '\0' && name[0] != '/' && strspn(name, letters) == strlen(name) &&
           strlen(name) < 100;
}

bool zone_load(struct arena *arena, const char *name, const struct zone **zone, struct error *error)
{
    const char *folder = getenv("TZDIR");
    char path[PATH_MAX];
    struct buffer bytes;
    if (folder == NULL || folder[0] == '\0')
        folder = FOLDER;
    bool known = is_name(name);
    if (known && !file_join(path, sizeof path, folder, name, error))
        return false;
    if (!known || !file_exists(path)) {
        error_set(error, ERROR_USAGE, "there is no time zone \"%s\" in %s", name, folder);
        return error_hint(error,
                          "zones have names as \"Europe/Berlin\" and \"UTC\"; they come with "
                          "the package tzdata");
    }
    buffer_init(&bytes);
    bool ok = file_read(path, LARGEST_FILE, ERROR_TARGET, &bytes, error) &&
              buffer_ok(&bytes, error) &&
              zone_read(arena, name, bytes.data, bytes.length, zone, error);
    buffer_release(&bytes);
    return ok;
}

size_t zone_at(const struct zone *zone, int64_t seconds)
{
    size_t low = 0, high = zone->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (zone->changes[middle].from <= seconds)
            low = middle;
        else
            high = middle;
    }
    return low;
}
