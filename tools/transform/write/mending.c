#include "mending.h"
#include "text_check.h"

#include <string.h>

bool mending_mends(struct mending *mending, enum misfit kind)
{
    if (mapping_remedy(mending != NULL ? mending->remedies : NULL, kind) == REMEDY_MEND)
        return true;
    if (mending != NULL) {
        mending->refused = true;
        mending->kind = kind;
    }
    return false;
}

void mending_note(struct mending *mending, enum misfit kind, struct losses *losses,
                  const char *path, const char *before, const char *after)
{
    bool form = kind == MISFIT_NEGATIVE_ZERO || kind == MISFIT_BEYOND_DOUBLE || kind == MISFIT_JSON;
    losses_add(losses, path, misfit_names[kind], before, after);
    if (mending != NULL && !form)
        mending->lost = true;
}

/* ---- texts ----------------------------------------------------------------------------------- */

static void put_without_nul(const uint8_t *text, size_t length, struct buffer *out)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] != 0)
            buffer_putc(out, (char)text[i]);
}

static void put_replaced(const uint8_t *text, size_t length, struct buffer *out)
{
    for (size_t i = 0; i < length;) {
        size_t bytes = text_character(text + i, length - i);
        if (bytes > 0)
            buffer_put(out, text + i, bytes);
        else
            buffer_puts(out, "\xEF\xBF\xBD");
        i += bytes > 0 ? bytes : 1;
    }
}

/* So many characters, in bytes; the whole length where there are no more. */
static size_t bytes_of(const uint8_t *text, size_t length, int32_t characters)
{
    size_t at = 0;
    for (; at < length; at++)
        if ((text[at] & 0xC0) != 0x80 && characters-- == 0)
            break;
    return at;
}

static void note_text(struct mending *mending, enum misfit kind, struct losses *losses,
                      const char *path, struct buffer *was, struct buffer *is)
{
    char before[120], after[120];
    const struct value from = value_from_text(buffer_text(was), was->length);
    const struct value to = value_from_text(buffer_text(is), is->length);
    value_brief(&from, before, sizeof before);
    value_brief(&to, after, sizeof after);
    mending_note(mending, kind, losses, path, before, after);
}

/* One step: the text as it is after it takes the place of what it was. */
static void exchange(struct mending *mending, enum misfit kind, struct losses *losses,
                     const char *path, struct buffer *text, struct buffer *made)
{
    const struct buffer before = *text;
    if (!text->failed && !made->failed)
        note_text(mending, kind, losses, path, text, made);
    *text = *made;
    *made = before;
    buffer_clear(made);
}

bool mending_text(struct mending *mending, struct losses *losses, const char *path,
                  const struct value *value, int32_t most, struct buffer *out)
{
    struct buffer text, made;
    bool ok = true;
    buffer_init(&text);
    buffer_init(&made);
    buffer_put(&text, value->bytes, value->length);
    if (!text.failed && text.length > 0 && memchr(text.data, 0, text.length) != NULL) {
        ok = mending_mends(mending, MISFIT_NUL);
        put_without_nul(text.data, text.length, &made);
        exchange(mending, MISFIT_NUL, losses, path, &text, &made);
    }
    struct error ignored;
    if (ok && !text.failed && !text_check(text.data, text.length, &ignored)) {
        ok = mending_mends(mending, MISFIT_UTF8);
        put_replaced(text.data, text.length, &made);
        exchange(mending, MISFIT_UTF8, losses, path, &text, &made);
    }
    size_t fits = most > 0 && !text.failed ? bytes_of(text.data, text.length, most) : text.length;
    if (ok && fits < text.length) {
        ok = mending_mends(mending, MISFIT_TOO_LONG);
        buffer_put(&made, text.data, fits);
        exchange(mending, MISFIT_TOO_LONG, losses, path, &text, &made);
    }
    if (ok && text.length > 0)
        buffer_put(out, text.data, text.length);
    out->failed = out->failed || text.failed || made.failed;
    buffer_release(&text);
    buffer_release(&made);
    return ok;
}
