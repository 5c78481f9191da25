#include "document_file.h"
#include "soundness.h"

#include <inttypes.h>

enum { SAMPLE = 1 << 20, SHORTEST_BSON = 5, SHORTEST_JSON = 2 };

bool document_file_open(struct document_file *file, const struct document_place *place,
                        struct error *error)
{
    const char *database = place->form == DOCUMENTS_ARCHIVE ? place->database : NULL;
    *file = (struct document_file){.form = place->form};
    if (!record_window_open(&file->window, place->path, database, place->collection, error))
        return false;
    file->window.lines = place->form == DOCUMENTS_JSON;
    if (place->form != DOCUMENTS_JSON || json_records_begin(&file->json, &file->window, error))
        return true;
    record_window_close(&file->window);
    return false;
}

void document_file_close(struct document_file *file)
{
    if (file->form == DOCUMENTS_JSON)
        json_records_release(&file->json);
    record_window_close(&file->window);
}

static bool next_bson(struct record_window *window, const uint8_t **document, size_t *length,
                      struct error *error)
{
    size_t held, at;
    if (!record_window_fill(window, 4, document, &held, error))
        return false;
    *length = 0;
    if (held == 0)
        return true;
    if (held < 4)
        return record_window_damaged(window, 0, error, "only %zu bytes of it are left in the file",
                                     held);
    uint32_t claimed = get_le32(*document);
    if (claimed < SHORTEST_BSON || claimed > LARGEST_DOCUMENT)
        return record_window_damaged(window, 0, error,
                                     "its length says %" PRId32 ", which no document has",
                                     (int32_t)claimed);
    if (!record_window_fill(window, claimed, document, &held, error))
        return false;
    if (held < claimed)
        return record_window_damaged(
            window, 0, error, "it should have %" PRIu32 " bytes, but the file ends after %zu",
            claimed, held);
    const char *problem = soundness_problem(*document, claimed, &at);
    if (problem != NULL)
        return record_window_damaged(window, 0, error, "%s (at its byte %zu)", problem, at);
    *length = claimed;
    record_window_take(window, claimed);
    window->record++;
    return true;
}

bool document_file_next(struct document_file *file, const uint8_t **document, size_t *length,
                        struct error *error)
{
    return file->form == DOCUMENTS_JSON
               ? json_records_next(&file->json, &file->window, document, length, error)
               : next_bson(&file->window, document, length, error);
}

bool document_file_pass(struct document_file *file, int64_t bytes, int64_t documents,
                        int64_t *passed, struct error *error)
{
    if (!record_window_pass(&file->window, bytes, passed, error))
        return false;
    file->window.record += documents;
    return true;
}

bool document_file_fits(const struct document_file *file, int64_t bytes, int64_t documents)
{
    int64_t shortest = file->form == DOCUMENTS_JSON ? SHORTEST_JSON : SHORTEST_BSON;
    return documents >= 0 && bytes >= 0 && bytes / shortest >= documents &&
           (documents > 0 || bytes == 0);
}

int64_t document_file_estimate(struct document_file *file, bool *exact)
{
    const struct record_window *window = &file->window;
    struct error ignored;
    const uint8_t *document;
    size_t length = 1;
    *exact = false;
    if (file->form == DOCUMENTS_ARCHIVE)
        return -1;
    while (length > 0 && window->offset < SAMPLE)
        if (!document_file_next(file, &document, &length, &ignored))
            return -1;
    *exact = length == 0;
    if (*exact)
        return window->record;
    int64_t used = packed_file_used(&window->file);
    double loaded = (double)window->offset + (double)(window->bytes.length - window->start);
    double whole = loaded * (double)window->file.size / (double)(used > 0 ? used : 1);
    return (int64_t)(whole * (double)window->record / (double)window->offset);
}
