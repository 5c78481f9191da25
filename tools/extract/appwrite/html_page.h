/* html_page.h: what a page for people says, where JSON was asked for. Appwrite answers with one to
 * a host or a path that it does not serve, and so do the proxies in front of it. */
#ifndef EXTRACT_HTML_PAGE_H
#define EXTRACT_HTML_PAGE_H

#include <stddef.h>

/* The page's heading (or else its title) and, in brackets, the type of the error, as one line of
 * printable ASCII; "" where there is no heading. */
void html_page_gist(const char *bytes, size_t length, char *out, size_t size);

#endif
