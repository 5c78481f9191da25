#include "graduate/pattern.h"

#include <locale.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

struct pattern {
    regex_t regex;
    locale_t locale; /* letters are those of UTF-8, ranges go by their numbers */
};

/* The upper bound of "{2}", "{2,}" or "{2,5}"; 0: it is none. */
static unsigned long bound_of(const char *interval)
{
    char *end;
    unsigned long bound = strtoul(interval + 1, &end, 10);
    if (*end == ',' && end[1] != '}')
        bound = strtoul(end + 1, &end, 10);
    return bound;
}

/* Nested repetitions multiply, and the library writes them all out; these may stand side by side.
 */
static bool check_size(const char *expression, struct error *error)
{
    unsigned long product = 1;
    if (strlen(expression) > PATTERN_LONGEST)
        return error_set(error, ERROR_USAGE, "an expression has at most %d bytes", PATTERN_LONGEST);
    for (const char *at = expression; *at != '\0'; at++) {
        if (*at == '\\' && at[1] >= '1' && at[1] <= '9')
            return error_set(error, ERROR_USAGE, "there are no back references here, as \"\\%c\"",
                             at[1]);
        if (*at == '\\' && at[1] != '\0') {
            at++;
            continue;
        }
        unsigned long bound = *at == '{' ? bound_of(at) : 1;
        if (bound > PATTERN_MOST || (product *= bound > 0 ? bound : 1) > PATTERN_MOST)
            return error_set(error, ERROR_USAGE, "the repetitions multiply to more than %d",
                             PATTERN_MOST);
    }
    return true;
}

static bool compile(struct pattern *pattern, const char *expression, struct error *error)
{
    locale_t before = uselocale(pattern->locale);
    int code = regcomp(&pattern->regex, expression, REG_EXTENDED | REG_NOSUB);
    uselocale(before);
    if (code == 0)
        return true;
    char why[120];
    regerror(code, &pattern->regex, why, sizeof why);
    return code == REG_ESPACE
               ? error_memory(error)
               : error_set(error, ERROR_USAGE, "this is no extended regular expression: %s", why);
}

bool pattern_new(struct pattern **made, const char *expression, struct error *error)
{
    *made = NULL;
    if (!check_size(expression, error))
        return false;
    struct pattern *pattern = calloc(1, sizeof *pattern);
    if (pattern == NULL)
        return error_memory(error);
    pattern->locale = newlocale(LC_CTYPE_MASK | LC_COLLATE_MASK, "C.UTF-8", (locale_t)0);
    if (pattern->locale == (locale_t)0) {
        free(pattern);
        return error_set(error, ERROR_USAGE, "this machine has no locale C.UTF-8");
    }
    if (!compile(pattern, expression, error)) {
        freelocale(pattern->locale);
        free(pattern);
        return false;
    }
    *made = pattern;
    return true;
}

void pattern_free(struct pattern *pattern)
{
    if (pattern == NULL)
        return;
    regfree(&pattern->regex);
    freelocale(pattern->locale);
    free(pattern);
}

bool pattern_search(const struct pattern *pattern, const char *text, size_t length, bool *found,
                    struct error *error)
{
    regmatch_t bounds = {.rm_so = 0, .rm_eo = (regoff_t)length};
    locale_t before = uselocale(pattern->locale);
    int code = regexec(&pattern->regex, text, 1, &bounds, REG_STARTEND);
    uselocale(before);
    *found = code == 0;
    return code == 0 || code == REG_NOMATCH || error_memory(error);
}
