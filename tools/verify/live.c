#include "live.h"

#include "extractor.h"
#include "graduate/file.h"
#include "graduate/json.h"

enum { PIECE = 64 << 10 };

static bool read_output(int fd, struct buffer *text, struct error *error)
{
    size_t got = PIECE;
    while (got == PIECE) {
        uint8_t *to = buffer_reserve(text, PIECE);
        if (to == NULL)
            return buffer_ok(text, error);
        if (!file_read_full(fd, "graduate-extract", to, PIECE, &got, error))
            return false;
        text->length += got;
    }
    return true;
}

bool live_catalog(const struct verification *verification, const struct source *source,
                  struct catalog *catalog, struct error *error)
{
    const char *const arguments[] = {
        "--project", verification->project->folder, "--source", source->name, "--catalog", NULL};
    struct extractor extractor;
    struct buffer text;
    cJSON *json = NULL;
    if (!extractor_start(&extractor, arguments, error))
        return false;
    buffer_init(&text);
    bool ok = read_output(extractor.output, &text, error) && extractor_end(&extractor, error) &&
              json_parse(buffer_text(&text), text.length, "graduate-extract", &json, error) &&
              catalog_from_json(json, "graduate-extract", catalog, error);
    cJSON_Delete(json);
    buffer_release(&text);
    extractor_stop(&extractor);
    return ok;
}
