#include "html_page.h"
#include "excerpt.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool begins(const char *from, const char *end, const char *what)
{
    size_t length = strlen(what);
    return (size_t)(end - from) >= length && strncasecmp(from, what, length) == 0;
}

static const char *find(const char *from, const char *end, const char *what)
{
    for (; from < end; from++)
        if (begins(from, end, what))
            return from;
    return NULL;
}

/* The text between <NAME ...> and </NAME>, without the tags inside it. */
static bool element(const char *page, const char *end, const char *name, char *out, size_t size)
{
    char open[16], close[16], text[512];
    size_t n = 0;
    snprintf(open, sizeof open, "<%s", name);
    snprintf(close, sizeof close, "</%s", name);
    const char *from = find(page, end, open), *to = from != NULL ? find(from, end, close) : NULL;
    bool tag = true;
    for (; to != NULL && from < to && n < sizeof text; from++) {
        if (*from == '<' || *from == '>')
            tag = *from == '<';
        else if (!tag)
            text[n++] = *from;
    }
    excerpt(text, n, out, size);
    return out[0] != '\0';
}

/* Does a type of Appwrite's errors begin here, such as general_access_forbidden? Its length. */
static size_t type_length(const char *from, const char *end)
{
    static const char *const subjects[] = {"general_", "user_", "project_", "router_", "rule_"};
    size_t n = 0;
    for (size_t i = 0; i < sizeof subjects / sizeof subjects[0]; i++)
        if (begins(from, end, subjects[i]))
            while (from + n < end && (islower((unsigned char)from[n]) || from[n] == '_'))
                n++;
    return n;
}

void html_page_gist(const char *bytes, size_t length, char *out, size_t size)
{
    const char *end = bytes + length;
    char heading[128];
    out[0] = '\0';
    if (!element(bytes, end, "h1", heading, sizeof heading) &&
        !element(bytes, end, "title", heading, sizeof heading))
        return;
    size_t type = 0;
    const char *at = bytes;
    while (at < end && ((type = type_length(at, end)) == 0 || (at > bytes && at[-1] == '_')))
        at++;
    if (type > 0)
        snprintf(out, size, "\"%s\" (%.*s)", heading, (int)type, at);
    else
        snprintf(out, size, "\"%s\"", heading);
}
