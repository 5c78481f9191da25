#include "id_order.h"

#include <ctype.h>
#include <stddef.h>

/* utf8mb4_bin, PostgreSQL, MongoDB */
static int by_bytes(char c)
{
    return (unsigned char)c;
}

/* utf8mb4_general_ci: letters count as capitals, so that _ comes behind them */
static int by_capitals(char c)
{
    return toupper((unsigned char)c);
}

/* utf8mb4_unicode_ci, uca1400_ai_ci: punctuation, then digits, then letters */
static int by_unicode(char c)
{
    static const char punctuation[] = "_-.";
    for (int i = 0; punctuation[i] != '\0'; i++)
        if (punctuation[i] == c)
            return i + 1;
    return toupper((unsigned char)c) + (int)sizeof punctuation;
}

static int (*const weights[])(char) = {by_bytes, by_capitals, by_unicode};
enum { ORDERS = sizeof weights / sizeof weights[0] };

static bool is_behind(int (*weight)(char), const char *last, const char *id)
{
    while (*last != '\0' && *id != '\0' && weight(*last) == weight(*id)) {
        last++;
        id++;
    }
    if (*last == '\0' || *id == '\0')
        return *id != '\0';
    return weight(*id) > weight(*last);
}

static unsigned orders_behind(const struct id_order *order, const char *last, const char *id)
{
    unsigned behind = 0;
    for (size_t i = 0; i < ORDERS; i++)
        if ((order->possible & 1U << i) != 0 && is_behind(weights[i], last, id))
            behind |= 1U << i;
    return behind;
}

void id_order_init(struct id_order *order)
{
    order->possible = (1U << ORDERS) - 1;
}

bool id_order_rises(struct id_order *order, const char *last, const char *id)
{
    unsigned behind = orders_behind(order, last, id);
    if (behind != 0)
        order->possible = behind;
    return behind != 0;
}

bool id_order_maybe_behind(const struct id_order *order, const char *last, const char *id)
{
    return orders_behind(order, last, id) != 0;
}

bool id_order_surely_behind(const struct id_order *order, const char *last, const char *id)
{
    return orders_behind(order, last, id) == order->possible;
}
