/* Dates out of numbers and texts, and days of moments in a zone. */
#include "datetime.h"
#include "deed.h"
#include "number.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DAY = 86400 };
static const int64_t DAYS_TO_2000 = 10957;

/* ---- epoch ------------------------------------------------------------------------------------
 */

bool deed_epoch(const struct function_context *context, const struct function_call *call,
                struct value *value, struct error *error)
{
    char text[BSON_DECIMAL128_STRING + 8];
    int64_t milliseconds;
    bool seconds = call->word == EPOCH_SECONDS;
    if (value->type == BSON_TYPE_TIMESTAMP) {
        if (!seconds)
            return deed_refuse(context, value, "a Timestamp counts seconds: {\"epoch\": \"s\"}",
                               NULL, error);
        if (value->timestamp.ordinal != 0) {
            value_brief(value, text, sizeof text);
            losses_add(context->losses, context->path, "epoch", text, "its seconds");
        }
        milliseconds = (int64_t)value->timestamp.seconds * 1000;
    } else {
        value_brief(value, text, sizeof text);
        /* times a thousand, digit by digit */
        size_t exponent = strcspn(text, "eE");
        long power = text[exponent] != '\0' ? strtol(text + exponent + 1, NULL, 10) : 0;
        snprintf(text + exponent, sizeof text - exponent, "E%ld", power + (seconds ? 3 : 0));
        if (!number_parse_int64(text, &milliseconds))
            return deed_refuse(context, value, "it is no whole number of milliseconds", NULL,
                               error);
    }
    *value = (struct value){.type = BSON_TYPE_DATE_TIME, .integer = milliseconds};
    return true;
}

/* ---- the clock of a zone ----------------------------------------------------------------------
 */

/* The moments at which the zone's clock shows this, both in seconds since 1970: none, one or two.
 * *skipped: the change that passed it over, where there is none. */
static int moments_of(const struct zone *zone, int64_t clock, int64_t moments[2], size_t *skipped)
{
    int count = 0;
    *skipped = 0;
    for (size_t i = zone_at(zone, clock - DAY); i < zone->count; i++) {
        int64_t from = zone->changes[i].from, moment = clock - zone->changes[i].offset;
        if (from > clock + DAY)
            break;
        bool begun = moment >= from;
        bool over = i + 1 < zone->count && moment >= zone->changes[i + 1].from;
        if (begun && !over && count < 2)
            moments[count++] = moment;
        if (begun)
            *skipped = i + 1;
    }
    return count;
}

static bool wrong_moment(const struct function_context *context, const struct value *value,
                         const struct zone *zone, bool twice, struct error *error)
{
    char why[160];
    snprintf(why, sizeof why, "this time %s in %s, where the clocks were changed",
             twice ? "was twice" : "never was", zone->name);
    return deed_refuse(context, value, why,
                       twice
                           ? "correct the record in the source; or say which is meant: "
                             "\"overlap\": \"first\" or \"second\" beside the zone; then run again"
                           : "correct the record in the source; or say what is taken for it: "
                             "\"gap\": \"before\" or \"after\" beside the zone; then run again",
                       error);
}

/* What the wall clock shows, as a moment. */
static bool resolve(const struct function_context *context, const struct function_call *call,
                    const struct value *value, int64_t clock, int64_t *moment, struct error *error)
{
    int64_t moments[2];
    size_t skipped;
    const struct zone *zone = call->zone;
    int count = moments_of(zone, clock, moments, &skipped);
    if (count == 1 || (count == 2 && call->overlap != TIME_REFUSED)) {
        *moment = moments[count == 2 && call->overlap == TIME_LATER];
        return true;
    }
    if (count == 2 || call->gap == TIME_REFUSED || skipped == 0 || skipped >= zone->count)
        return wrong_moment(context, value, zone, count == 2, error);
    /* By the clock that came, it lies before the change; by the one that went, after it. */
    *moment = clock - zone->changes[skipped - (call->gap == TIME_LATER)].offset;
    return true;
}

/* ---- time -------------------------------------------------------------------------------------
 */

struct reading {
    const char *at, *end;
    int64_t found[TIME_PARTS];
    bool afternoon, west;
};

static bool take_digits(struct reading *r, const struct time_part *part, int64_t *out)
{
    int digits = 0;
    *out = 0;
    while (digits < part->digits && r->at < r->end && *r->at >= '0' && *r->at <= '9') {
        *out = *out * 10 + (*r->at++ - '0');
        digits++;
    }
    return digits == part->digits || (part->fewer && digits > 0);
}

static bool take_month_name(struct reading *r, bool full, int64_t *month)
{
    static const char *const names[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
    for (int i = 0; i < 12; i++) {
        size_t length = full ? strlen(names[i]) : 3;
        if ((size_t)(r->end - r->at) >= length && strncasecmp(r->at, names[i], length) == 0) {
            r->at += length;
            *month = i + 1;
            return true;
        }
    }
    return false;
}

static bool take_half(struct reading *r)
{
    if (r->end - r->at < 2 || (r->at[1] | 32) != 'm' ||
        ((r->at[0] | 32) != 'a' && (r->at[0] | 32) != 'p'))
        return false;
    r->afternoon = (r->at[0] | 32) == 'p';
    r->at += 2;
    return true;
}

static bool take_part(struct reading *r, const struct time_part *part)
{
    int64_t *found = &r->found[part->kind];
    switch (part->kind) {
    case TIME_LITERAL:
        if ((size_t)(r->end - r->at) < part->length ||
            memcmp(r->at, part->literal, part->length) != 0)
            return false;
        r->at += part->length;
        return true;
    case TIME_MONTH_SHORT:
    case TIME_MONTH_LONG:
        return take_month_name(r, part->kind == TIME_MONTH_LONG, &r->found[TIME_MONTH]);
    case TIME_HALF:
        return take_half(r);
    case TIME_ZONE_HOUR:
        if (r->at == r->end || (*r->at != '+' && *r->at != '-'))
            return false;
        r->west = *r->at++ == '-';
        return take_digits(r, part, found);
    case TIME_YEAR:
    case TIME_MONTH:
    case TIME_DAY:
    case TIME_HOUR24:
    case TIME_HOUR12:
    case TIME_MINUTE:
    case TIME_SECOND:
    case TIME_MILLISECOND:
    case TIME_MICROSECOND:
    case TIME_ZONE_MINUTE:
        return take_digits(r, part, found);
    }
    return false;
}

/* Seconds since 1970 by the text's own clock, and microseconds behind them. */
static bool read_time(const struct time_format *format, struct reading *r, int64_t *clock,
                      int64_t *fraction)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t *found = r->found;
    found[TIME_MONTH] = found[TIME_DAY] = 1;
    found[TIME_HOUR12] = -1;
    for (size_t i = 0; i < format->count; i++)
        if (!take_part(r, &format->parts[i]))
            return false;
    int64_t year = found[TIME_YEAR], month = found[TIME_MONTH], hour = found[TIME_HOUR24];
    if (found[TIME_HOUR12] >= 0) {
        if (found[TIME_HOUR12] < 1 || found[TIME_HOUR12] > 12)
            return false;
        hour = found[TIME_HOUR12] % 12 + (r->afternoon ? 12 : 0);
    }
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (r->at != r->end || year < 1 || month < 1 || month > 12 || found[TIME_DAY] < 1 ||
        found[TIME_DAY] > lengths[month - 1] + (month == 2 && leap) || hour > 23 ||
        found[TIME_MINUTE] > 59 || found[TIME_SECOND] > 59 || found[TIME_ZONE_HOUR] > 15 ||
        found[TIME_ZONE_MINUTE] > 59)
        return false;
    int64_t days = datetime_days(year, (int)month, (int)found[TIME_DAY]) + DAYS_TO_2000;
    int64_t east = (found[TIME_ZONE_HOUR] * 60 + found[TIME_ZONE_MINUTE]) * 60;
    *clock = days * DAY + hour * 3600 + found[TIME_MINUTE] * 60 + found[TIME_SECOND] -
             (r->west ? -east : east);
    *fraction = found[TIME_MILLISECOND] * 1000 + found[TIME_MICROSECOND];
    return true;
}

/* BSON's dates have milliseconds: what is finer, and what has no zone, is an ISO text. */
static bool make_text(const struct function_context *context, const struct time_format *format,
                      int64_t clock, int64_t fraction, bool zoned, struct value *value,
                      struct error *error)
{
    char text[48];
    if (!datetime_format(clock * 1000, text, sizeof text)) /* YYYY-MM-DDTHH:MI:SS.000Z */
        return deed_refuse(context, value, "in UTC its year is beyond 9999", NULL, error);
    size_t length = format->timed ? 19 : 10;
    if (fraction != 0 || format->fine)
        length += (size_t)snprintf(text + length, sizeof text - length, ".%06" PRId64, fraction);
    if (zoned)
        text[length++] = 'Z';
    return deed_make_text(context, text, length, value, error);
}

bool deed_time(const struct function_context *context, const struct function_call *call,
               struct value *value, struct error *error)
{
    const struct time_format *format = call->format;
    const char *text = (const char *)value->bytes;
    struct reading r = {.at = text, .end = text + value->length};
    int64_t clock, fraction;
    bool zoned = format->zoned || call->zone != NULL;
    if (!read_time(format, &r, &clock, &fraction)) {
        char why[160];
        snprintf(why, sizeof why, "it is no time of the form %.100s", format->text);
        return deed_refuse(context, value, why, NULL, error);
    }
    if (call->zone != NULL && !resolve(context, call, value, clock, &clock, error))
        return false;
    if (!zoned || format->fine)
        return make_text(context, format, clock, fraction, zoned, value, error);
    *value = (struct value){.type = BSON_TYPE_DATE_TIME, .integer = clock * 1000 + fraction / 1000};
    return true;
}

/* ---- days -------------------------------------------------------------------------------------
 */

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* The seconds since 1970 and the microseconds behind them; false: it is endless. */
static bool moment_of(const struct value *value, int64_t *seconds, int64_t *microseconds,
                      struct moment *moment)
{
    if (value->type == BSON_TYPE_DATE_TIME) {
        *moment = (struct moment){.zoned = true, .timed = true};
        *seconds = floor_divide(value->integer, 1000);
        *microseconds = (value->integer - *seconds * 1000) * 1000;
        return true;
    }
    if (!value_moment(value, moment) || datetime_is_endless(moment))
        return false;
    *seconds = (moment->day + DAYS_TO_2000) * DAY + moment->clock / 1000000;
    *microseconds = moment->clock % 1000000;
    return true;
}

static bool is_utc(const struct zone *zone)
{
    return zone->count == 1 && zone->changes[0].offset == 0;
}

bool deed_day(const struct function_context *context, const struct function_call *call,
              struct value *value, struct error *error)
{
    static const char beyond[] = "it has no day here: its year is beyond 9999 or before 0";
    char text[40], before[80];
    struct moment moment;
    int64_t seconds, microseconds;
    if (!moment_of(value, &seconds, &microseconds, &moment))
        return deed_refuse(context, value, beyond, NULL, error);
    if (!moment.zoned && !is_utc(call->zone))
        return deed_refuse(context, value, "it has no zone, so that it is no day of another one",
                           "say {\"day\": \"UTC\"} in the mapping, which takes the day that stands "
                           "there; then run again",
                           error);
    int64_t clock = seconds + call->zone->changes[zone_at(call->zone, seconds)].offset;
    int64_t day = floor_divide(clock, DAY);
    if (!datetime_format(clock * 1000, text, sizeof text))
        return deed_refuse(context, value, beyond, NULL, error);
    if (clock != day * DAY || microseconds != 0) {
        value_brief(value, before, sizeof before);
        losses_add(context->losses, context->path, "day", before, "its date, without the time");
    }
    return deed_make_text(context, text, 10, value, error);
}

/* The day that it says, in seconds since 1970; false: it says more than a day, or none. */
static bool read_day(const struct value *value, int64_t *clock)
{
    struct moment moment;
    int64_t microseconds;
    bool zoned, date_only;
    if (value->type == BSON_TYPE_DATE_TIME || value_moment(value, &moment))
        return moment_of(value, clock, &microseconds, &moment) && microseconds == 0 &&
               *clock % DAY == 0;
    bool known = datetime_parse((const char *)value->bytes, value->length, &microseconds, &zoned,
                                &date_only);
    *clock = microseconds / 1000000 + DAYS_TO_2000 * DAY;
    return known && date_only;
}

bool deed_midnight(const struct function_context *context, const struct function_call *call,
                   struct value *value, struct error *error)
{
    int64_t clock, unused, moments[2];
    size_t skipped;
    bool day = read_day(value, &clock);
    if (!day || (value->type == BSON_TYPE_DATE_TIME &&
                 !datetime_from_milliseconds(value->integer, &unused)))
        return deed_refuse(context, value, "it is no day: YYYY-MM-DD, or a date at midnight UTC",
                           NULL, error);
    int count = moments_of(call->zone, clock, moments, &skipped);
    /* Where midnight was left out, the day begins with the change. */
    int64_t moment = count > 0                     ? moments[0]
                     : skipped < call->zone->count ? call->zone->changes[skipped].from
                                                   : clock;
    *value = (struct value){.type = BSON_TYPE_DATE_TIME, .integer = moment * 1000};
    return true;
}
