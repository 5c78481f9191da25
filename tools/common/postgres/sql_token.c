#include "graduate/sql_token.h"

#include <ctype.h>
#include <string.h>

static bool begins_name(char c)
{
    return isalpha((unsigned char)c) || c == '_' || (c & 0x80) != 0;
}

static bool goes_on(char c)
{
    return begins_name(c) || isdigit((unsigned char)c) || c == '$';
}

/* How long what stands in quotes is; a quote in it is doubled. In E'' a backslash hides one. */
static size_t quoted_length(const char *at, bool escapes)
{
    char quote = at[0];
    size_t i = 1;
    while (at[i] != '\0') {
        if (escapes && at[i] == '\\' && at[i + 1] != '\0')
            i += 2;
        else if (at[i] == quote && at[i + 1] == quote)
            i += 2;
        else if (at[i++] == quote)
            break;
    }
    return i;
}

static void take_name(struct sql_token *token)
{
    bool quoted = token->at[0] == '"';
    size_t end = quoted ? token->length - 1 : token->length, used = 0;
    for (size_t i = quoted; i < end && used + 1 < SQL_NAME_SIZE; i++) {
        token->name[used++] = token->at[i];
        i += quoted && token->at[i] == '"';
    }
    token->name[used] = '\0';
}

bool sql_token_next(const char **sql, struct sql_token *token)
{
    const char *at = *sql;
    size_t length = 0;
    *token = (struct sql_token){.kind = SQL_OTHER, .at = at};
    if (at[0] == '\0')
        return false;
    bool escapes = (at[0] == 'E' || at[0] == 'B' || at[0] == 'X') && at[1] == '\'';
    if (at[0] == '\'' || escapes) {
        token->kind = SQL_TEXT;
        length = quoted_length(at + escapes, at[0] == 'E') + escapes;
    } else if (at[0] == '"') {
        token->kind = SQL_NAME;
        length = quoted_length(at, false);
    } else if (begins_name(at[0])) {
        token->kind = SQL_NAME;
        while (goes_on(at[length]))
            length++;
    } else if (isdigit((unsigned char)at[0])) { /* 1e10 is no name */
        while (goes_on(at[length]))
            length++;
    } else {
        length = 1;
    }
    token->length = length;
    if (token->kind == SQL_NAME)
        take_name(token);
    *sql = at + length;
    return true;
}

bool sql_token_is_column(const struct sql_token *before, const struct sql_token *token,
                         const char *after)
{
    bool inside = before != NULL && before->kind == SQL_OTHER &&
                  (before->at[0] == '.' || before->at[0] == ':');
    return token->kind == SQL_NAME && !inside && after[0] != '.' && after[0] != '(';
}
