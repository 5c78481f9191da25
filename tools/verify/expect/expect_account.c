#include "expect_account.h"

#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <unistr.h>

static bool is_small_letters(const uint8_t *text, size_t length)
{
    ucs4_t letter;
    for (size_t size; length > 0; text += size, length -= size) {
        int taken = u8_mbtoucr(&letter, text, length);
        size = taken > 0 ? (size_t)taken : 1;
        if (taken > 0 &&
            (uc_is_property(letter, UC_PROPERTY_WHITE_SPACE) || uc_tolower(letter) != letter))
            return false;
    }
    return true;
}

bool expect_is_address(const char *text, size_t length)
{
    const char *at = length > 0 && length <= 255 ? memchr(text, '@', length) : NULL;
    return at != NULL && at > text && at + 1 < text + length &&
           memchr(at + 1, '@', (size_t)(text + length - at - 1)) == NULL &&
           is_small_letters((const uint8_t *)text, length);
}

bool expect_is_phone(const char *text, size_t length)
{
    static const char digits[] = "0123456789";
    bool ok = length >= 2 && length <= 15 && text[0] != '0';
    for (size_t i = 0; ok && i < length; i++)
        ok = memchr(digits, text[i], 10) != NULL;
    return ok;
}
