/* export_form.h: what lies at a path that was given for a dump of one database, and how that is to
 * be given or brought into the right form. */
#ifndef EXTRACT_EXPORT_FORM_H
#define EXTRACT_EXPORT_FORM_H

#include "graduate/error.h"

#include <stdbool.h>

/* ERROR_SOURCE: the path holds no collection of a dump; with the nearest right form. */
bool export_form_refuse(const char *path, struct error *error);
/* For a URI that is none: is it a path? Then the hint of the error says what to write. */
bool export_form_of_uri(const char *uri, struct error *error);
/* Warn of what lies in the folder of a dump and looks like data, but is not read. */
void export_form_warn(const char *folder, const char *source);

#endif
