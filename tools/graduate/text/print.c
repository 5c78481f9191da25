#include "print.h"

#include "graduate/file.h"

#include <unistd.h>

bool print_text(const struct buffer *text, struct error *error)
{
    if (!buffer_ok(text, error))
        return false;
    if (file_write_all(STDOUT_FILENO, "standard output", text->data, text->length, error))
        return true;
    error->code = ERROR_TARGET; /* a reader that went away is no neighbour of ours */
    return false;
}
