/* appwrite_uri.h: the URI and the key of a live Appwrite, checked before anything is sent. */
#ifndef EXTRACT_APPWRITE_URI_H
#define EXTRACT_APPWRITE_URI_H

#include "reader.h"

/* https://HOST[:PORT]/PATH?project=ID; parts that are not there are NULL. */
struct appwrite_uri {
    char *scheme, *host, *port, *path, *query, *user, *fragment;
    char project[64];
    bool loopback; /* the host is this machine */
};

/* ERROR_USAGE for what cannot be one. The caller releases it in any case. */
bool appwrite_uri_parse(struct appwrite_uri *uri, const struct endpoint *endpoint,
                        struct error *error);
void appwrite_uri_release(struct appwrite_uri *uri);
/* ERROR_USAGE for a key that is missing or cannot be one. */
bool appwrite_key_check(const struct endpoint *endpoint, struct error *error);

#endif
