/* Dates and days, by the calendar and by a zone's clock. */
#include "calendar.h"
#include "expect_deed.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define MILLISECONDS_TO_2000 INT64_C(946684800000)
enum { DAY_SECONDS = 86400, SECONDS_TO_2000 = 946684800 };

static struct item item_of_date(int64_t milliseconds)
{
    struct item item = {.value = {.value_type = BSON_TYPE_DATE_TIME}};
    item.value.value.v_datetime = milliseconds;
    return item;
}

/* The whole number of milliseconds that a decimal text is, of so many thousandths. */
static bool read_milliseconds(const char *number, bool seconds, int64_t *milliseconds)
{
    struct item decimal = {.value = {.value_type = BSON_TYPE_DECIMAL128}};
    char text[ITEM_NUMBER + 8];
    size_t mantissa = strcspn(number, "eE");
    int power = seconds ? 3 : 0, said = 0;
    if (number[mantissa] != '\0' && sscanf(number + mantissa + 1, "%d", &said) != 1)
        return false;
    snprintf(text, sizeof text, "%.*sE%d", (int)mantissa, number, said + power);
    return bson_decimal128_from_string(text, &decimal.value.value.v_decimal128) &&
           item_whole(&decimal, milliseconds);
}

EXPECT_DEED(expect_epoch)
{
    char number[ITEM_NUMBER];
    int64_t milliseconds;
    bool seconds = call->word == EPOCH_SECONDS;
    (void)around;
    if (item->value.value_type == BSON_TYPE_TIMESTAMP) {
        milliseconds = (int64_t)item->value.value.v_timestamp.timestamp * 1000;
        if (!seconds)
            return item_misfit(item, NULL, "it counts seconds", error);
    } else if (!item_number(item, number) || !read_milliseconds(number, seconds, &milliseconds)) {
        return item_misfit(item, NULL, "it is no whole number of milliseconds", error);
    }
    *item = item_of_date(milliseconds);
    return true;
}

/* ---- a zone's clock, in seconds since 1970 ----------------------------------------------------
 */

/* A change of the clock that passed over a time, or through which it came twice; or neither. */
struct clock {
    int64_t moments[2]; /* the earlier one first; both the same where there is one */
    int count;
    const struct zone_change
        *change; /* where there is none: what follows it, and what was before */
};

static struct clock look_at(const struct zone *zone, int64_t shown)
{
    struct clock clock = {.count = 0};
    size_t from = zone_at(zone, shown - 2 * DAY_SECONDS),
           to = zone_at(zone, shown + 2 * DAY_SECONDS);
    for (size_t i = from; i <= to; i++) {
        const struct zone_change *change = &zone->changes[i];
        int64_t moment = shown - change->offset;
        if (zone_at(zone, moment) == i)
            clock.moments[clock.count > 0] = moment, clock.count++;
        if (i > from && shown >= change->from + change[-1].offset &&
            shown < change->from + change->offset)
            clock.change = change;
    }
    if (clock.count == 1)
        clock.moments[1] = clock.moments[0];
    return clock;
}

static bool settle(const struct function_call *call, const struct item *item, int64_t shown,
                   int64_t *moment, struct error *error)
{
    const struct clock clock = look_at(call->zone, shown);
    if (clock.count > 1 && call->overlap == TIME_REFUSED)
        return item_misfit(item, NULL, "its zone's clock showed it twice", error);
    if (clock.count > 0) {
        *moment = clock.moments[call->overlap == TIME_LATER];
        return true;
    }
    if (clock.change == NULL || call->gap == TIME_REFUSED)
        return item_misfit(item, NULL, "its zone's clock never showed it", error);
    *moment = shown - (call->gap == TIME_LATER ? clock.change[-1].offset : clock.change->offset);
    return true;
}

/* ---- time -------------------------------------------------------------------------------------
 */

/* What each part may be. */
static const struct {
    int low, high;
} limits[TIME_PARTS] = {
    [TIME_YEAR] = {1, 9999},    [TIME_MONTH] = {1, 12},        [TIME_DAY] = {1, 31},
    [TIME_HOUR24] = {0, 23},    [TIME_HOUR12] = {1, 12},       [TIME_MINUTE] = {0, 59},
    [TIME_SECOND] = {0, 59},    [TIME_MILLISECOND] = {0, 999}, [TIME_MICROSECOND] = {0, 999999},
    [TIME_ZONE_HOUR] = {0, 15}, [TIME_ZONE_MINUTE] = {0, 59},
};

/* How many characters of the text the part is; 0 for none. *value: what they mean. */
static size_t match(const char *text, size_t length, const struct time_part *part, int *value)
{
    static const char *const months[] = {"january",   "february", "march",    "april",
                                         "may",       "june",     "july",     "august",
                                         "september", "october",  "november", "december"};
    size_t sign = part->kind == TIME_ZONE_HOUR, digits = 0, wanted = (size_t)part->digits;
    *value = 0;
    if (part->kind == TIME_HALF) {
        *value = length > 1 && strncasecmp(text, "pm", 2) == 0;
        return *value != 0 || (length > 1 && strncasecmp(text, "am", 2) == 0) ? 2 : 0;
    }
    if (part->kind == TIME_MONTH_SHORT || part->kind == TIME_MONTH_LONG) {
        for (*value = 1; *value <= 12; ++*value) {
            const char *name = months[*value - 1];
            size_t size = part->kind == TIME_MONTH_SHORT ? 3 : strlen(name);
            if (size <= length && strncasecmp(text, name, size) == 0)
                return size;
        }
        return 0;
    }
    if (sign && (length == 0 || (text[0] != '+' && text[0] != '-')))
        return 0;
    while (digits < wanted && sign + digits < length && text[sign + digits] >= '0' &&
           text[sign + digits] <= '9')
        *value = *value * 10 + (text[sign + digits++] - '0');
    bool enough = digits == wanted || (part->fewer && digits > 0);
    if (!enough || *value < limits[part->kind].low || *value > limits[part->kind].high)
        return 0;
    if (sign && text[0] == '-')
        *value = -*value;
    return sign + digits;
}

/* What the text says, in microseconds since 2000 by its own clock; in UTC where it has a zone. */
static bool read_text(const struct time_format *format, const char *text, size_t length,
                      int64_t *microseconds)
{
    int said[TIME_PARTS] = {[TIME_MONTH] = 1, [TIME_DAY] = 1};
    bool west = false, twelve = false;
    for (size_t i = 0; i < format->count; i++) {
        const struct time_part *part = &format->parts[i];
        size_t size;
        if (part->kind == TIME_LITERAL) {
            size = part->length;
            if (size > length || memcmp(text, part->literal, size) != 0)
                return false;
        } else {
            int value;
            size = match(text, length, part, &value);
            if (size == 0)
                return false;
            west = west || (part->kind == TIME_ZONE_HOUR && text[0] == '-');
            twelve = twelve || part->kind == TIME_HOUR12;
            bool name = part->kind == TIME_MONTH_SHORT || part->kind == TIME_MONTH_LONG;
            said[name ? TIME_MONTH : part->kind] = value;
        }
        text += size;
        length -= size;
    }
    const struct date date = {said[TIME_YEAR], said[TIME_MONTH], said[TIME_DAY]};
    int64_t days = calendar_days(date);
    const struct date again = calendar_date(days);
    if (length != 0 || again.month != date.month || again.day != date.day)
        return false; /* as the 30th of February */
    int hour = twelve ? said[TIME_HOUR12] % 12 + 12 * said[TIME_HALF] : said[TIME_HOUR24];
    int offset = said[TIME_ZONE_HOUR] * 60 + (west ? -1 : 1) * said[TIME_ZONE_MINUTE];
    int64_t minutes = hour * INT64_C(60) + said[TIME_MINUTE] - offset;
    int64_t seconds = minutes * 60 + said[TIME_SECOND];
    *microseconds = days * CALENDAR_DAY + seconds * 1000000 +
                    said[TIME_MILLISECOND] * INT64_C(1000) + said[TIME_MICROSECOND];
    return true;
}

static int64_t floor_of(int64_t a, int64_t b)
{
    int64_t quotient = a / b;
    return quotient * b > a ? quotient - 1 : quotient;
}

static bool write_text(struct expect_surroundings *around, const struct time_format *format,
                       int64_t microseconds, bool zoned, struct item *item, struct error *error)
{
    int64_t days = floor_of(microseconds, CALENDAR_DAY), rest = microseconds - days * CALENDAR_DAY;
    const struct date date = calendar_date(days);
    int64_t seconds = rest / 1000000, fraction = rest % 1000000;
    char text[96];
    int length =
        snprintf(text, sizeof text, "%04" PRId64 "-%02d-%02d", date.year, date.month, date.day);
    if (date.year < 0 || date.year > 9999)
        return item_misfit(item, NULL, "its year has no four digits", error);
    if (format->timed)
        length += snprintf(text + length, sizeof text - (size_t)length, "T%02d:%02d:%02d",
                           (int)(seconds / 3600), (int)(seconds / 60 % 60), (int)(seconds % 60));
    if (format->fine || fraction != 0)
        length += snprintf(text + length, sizeof text - (size_t)length, ".%06d", (int)fraction);
    if (zoned)
        length += snprintf(text + length, sizeof text - (size_t)length, "Z");
    return expect_make_text(around, text, (size_t)length, item, error);
}

EXPECT_DEED(expect_time)
{
    const char *text;
    size_t length;
    int64_t microseconds, seconds = 0;
    bool zoned = call->zone != NULL || call->format->zoned;
    if (!item_text(item, &text, &length) || !read_text(call->format, text, length, &microseconds))
        return item_misfit(item, NULL, "it has not the form of such a time", error);
    if (call->zone != NULL) {
        int64_t shown = floor_of(microseconds, 1000000);
        if (!settle(call, item, shown + SECONDS_TO_2000, &seconds, error))
            return false;
        microseconds += (seconds - SECONDS_TO_2000 - shown) * 1000000;
    }
    if (!zoned || call->format->fine)
        return write_text(around, call->format, microseconds, zoned, item, error);
    *item = item_of_date(floor_of(microseconds, 1000) + MILLISECONDS_TO_2000);
    return true;
}

/* ---- days -------------------------------------------------------------------------------------
 */

EXPECT_DEED(expect_day)
{
    static const struct time_format bare = {0};
    struct instant instant = {.timed = true, .zoned = true};
    char iso[32];
    if (item->value.value_type == BSON_TYPE_DATE_TIME)
        instant.seconds = floor_of(item->value.value.v_datetime, 1000) - SECONDS_TO_2000;
    else if (!item_instant(item, &instant) || calendar_is_endless(&instant))
        return item_misfit(item, NULL, "it is of no day", error);
    bool utc = call->zone->count == 1 && call->zone->changes[0].offset == 0;
    if (!instant.zoned && !utc)
        return item_misfit(item, NULL, "it has no zone", error);
    int64_t moment = instant.seconds + SECONDS_TO_2000;
    moment += call->zone->changes[zone_at(call->zone, moment)].offset;
    if (!calendar_iso(moment * 1000, iso))
        return item_misfit(item, NULL, "its year has no four digits", error);
    int64_t day = floor_of(moment - SECONDS_TO_2000, DAY_SECONDS);
    return write_text(around, &bare, day * CALENDAR_DAY, false, item, error);
}

EXPECT_DEED(expect_midnight)
{
    struct moment day = {.timed = true};
    struct instant instant;
    const char *text;
    size_t length;
    int64_t shown;
    (void)around;
    if (item_instant(item, &instant)) {
        if (calendar_is_endless(&instant) || instant.micros != 0 ||
            instant.seconds % DAY_SECONDS != 0)
            return item_misfit(item, NULL, "it is no day", error);
        shown = instant.seconds + SECONDS_TO_2000;
    } else {
        bool date = item->value.value_type == BSON_TYPE_DATE_TIME;
        bool known = date ? calendar_from_unix(item->value.value.v_datetime, &day.microseconds)
                          : item_text(item, &text, &length) && calendar_parse(text, length, &day);
        if (!known || (!date && day.timed) || day.microseconds % CALENDAR_DAY != 0)
            return item_misfit(item, NULL, "it is no day", error);
        shown = day.microseconds / 1000000 + SECONDS_TO_2000;
    }
    const struct clock clock = look_at(call->zone, shown);
    *item = item_of_date(1000 * (clock.count > 0        ? clock.moments[0]
                                 : clock.change != NULL ? clock.change->from
                                                        : shown));
    return true;
}
