#include "graduate/time_format.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Longer ones first: "MM" would be found in no other, but "Mon" in "Month" is. */
static const struct {
    const char *pattern;
    enum time_part_kind kind;
    int digits;
} patterns[] = {
    {"YYYY", TIME_YEAR, 4}, {"Month", TIME_MONTH_LONG, 0}, {"Mon", TIME_MONTH_SHORT, 0},
    {"MM", TIME_MONTH, 2},  {"MI", TIME_MINUTE, 2},        {"MS", TIME_MILLISECOND, 3},
    {"DD", TIME_DAY, 2},    {"HH24", TIME_HOUR24, 2},      {"HH12", TIME_HOUR12, 2},
    {"SS", TIME_SECOND, 2}, {"US", TIME_MICROSECOND, 6},   {"AM", TIME_HALF, 0},
    {"PM", TIME_HALF, 0},   {"TZH", TIME_ZONE_HOUR, 2},    {"TZM", TIME_ZONE_MINUTE, 2},
};
enum { PATTERNS = sizeof patterns / sizeof patterns[0] };

static bool wrong(struct error *error, const char *what, const char *at)
{
    error_set(error, ERROR_USAGE, "%s at \"%s\"", what, at);
    return error_hint(error,
                      "patterns are YYYY, MM, Mon, Month, DD, HH24, HH12 with AM, MI, SS, MS, "
                      "US, TZH and TZM, with FM before those that may have fewer digits; "
                      "other letters stand in double quotes, as in YYYY-MM-DD\"T\"HH24:MI");
}

/* A pattern, "quoted text", or one character that is no letter. */
static bool take(const char **at, struct time_part *part, struct error *error)
{
    const char *start = *at;
    if (*start == '"') {
        const char *end = strchr(start + 1, '"');
        if (end == NULL)
            return wrong(error, "a quoted text has no end", start);
        *part = (struct time_part){.literal = start + 1, .length = (size_t)(end - start - 1)};
        *at = end + 1;
        return true;
    }
    bool fewer = strncasecmp(start, "FM", 2) == 0;
    const char *name = start + (fewer ? 2 : 0);
    for (size_t i = 0; i < PATTERNS; i++) {
        size_t length = strlen(patterns[i].pattern);
        if (strncasecmp(name, patterns[i].pattern, length) != 0)
            continue;
        *part = (struct time_part){
            .kind = patterns[i].kind, .digits = patterns[i].digits, .fewer = fewer};
        *at = name + length;
        return true;
    }
    if (isalnum((unsigned char)*start))
        return wrong(error, "this is no pattern", start);
    *part = (struct time_part){.literal = start, .length = 1};
    *at = start + 1;
    return true;
}

static bool check(const struct time_format *format, const bool has[TIME_PARTS], struct error *error)
{
    bool month = has[TIME_MONTH] || has[TIME_MONTH_SHORT] || has[TIME_MONTH_LONG];
    bool hour = has[TIME_HOUR24] || has[TIME_HOUR12];
    const char *what = !has[TIME_YEAR]                         ? "the year (YYYY) is missing"
                       : has[TIME_DAY] && !month               ? "there is a day, and no month"
                       : has[TIME_MINUTE] && !hour             ? "there are minutes, and no hours"
                       : has[TIME_SECOND] && !has[TIME_MINUTE] ? "there are seconds, and no minutes"
                       : (has[TIME_MILLISECOND] || has[TIME_MICROSECOND]) && !has[TIME_SECOND]
                           ? "there are parts of a second, and no seconds"
                       : has[TIME_HOUR12] != has[TIME_HALF]            ? "HH12 and AM go together"
                       : has[TIME_ZONE_MINUTE] && !has[TIME_ZONE_HOUR] ? "TZM goes with TZH"
                       : has[TIME_ZONE_HOUR] && !hour ? "there is a zone, and no time of day"
                                                      : NULL;
    return what == NULL || wrong(error, what, format->text);
}

/* Patterns of one class stand once: a second hour would have the last word. */
static enum time_part_kind class_of(enum time_part_kind kind)
{
    return kind == TIME_MONTH_SHORT || kind == TIME_MONTH_LONG ? TIME_MONTH
           : kind == TIME_HOUR12                               ? TIME_HOUR24
           : kind == TIME_MICROSECOND                          ? TIME_MILLISECOND
                                                               : kind;
}

bool time_format_parse(struct arena *arena, const char *text, const struct time_format **out,
                       struct error *error)
{
    struct time_format *format = arena_alloc(arena, 1, sizeof *format);
    struct time_part *parts = arena_alloc(arena, strlen(text), sizeof *parts);
    bool has[TIME_PARTS] = {false}, classes[TIME_PARTS] = {false};
    if (format == NULL || parts == NULL)
        return error_memory(error);
    *format = (struct time_format){.text = text, .parts = parts};
    for (const char *at = text; *at != '\0';) {
        const char *start = at;
        struct time_part *part = &parts[format->count++];
        if (!take(&at, part, error))
            return false;
        enum time_part_kind class = class_of(part->kind);
        if (part->kind != TIME_LITERAL && classes[class])
            return wrong(error, "this is said twice", start);
        has[part->kind] = classes[class] = true;
    }
    format->timed = classes[TIME_HOUR24];
    format->fine = has[TIME_MICROSECOND];
    format->zoned = has[TIME_ZONE_HOUR];
    *out = format;
    return check(format, has, error);
}
