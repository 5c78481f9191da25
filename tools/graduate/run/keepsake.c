#include "keepsake.h"
#include "census.h"

#include "graduate/message.h"

#include "graduate/file.h"
#include "graduate/json.h"
#include "graduate/schema.h"
#include "graduate/stream.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { VERSION = 1 };

static bool keep_project(const struct migration *migration, struct error *error)
{
    const cJSON *file;
    cJSON_ArrayForEach(file, migration->project.files)
    {
        char name[NAME_MAX + 16], path[PATH_MAX];
        snprintf(name, sizeof name, "project/%s", file->string);
        if (!folder_file(&migration->folder, name, path, error) ||
            !json_write_file(path, file, error))
            return false;
    }
    return true;
}

static bool keep_schema(const struct migration *migration, struct error *error)
{
    struct schema schema;
    struct buffer text;
    char path[PATH_MAX];
    if (!schema_resolve(&schema, &migration->project, migration->catalogs.items,
                        migration->catalogs.count, error))
        return false;
    buffer_init(&text);
    for (size_t i = 0; i < schema.statement_count; i++)
        if (schema.statements[i].phase != SCHEMA_FIGURES)
            buffer_printf(&text, "%s;\n", schema.statements[i].sql);
    bool ok = buffer_ok(&text, error) &&
              folder_file(&migration->folder, "schema.sql", path, error) &&
              file_replace(path, text.data, text.length, error);
    buffer_release(&text);
    schema_release(&schema);
    return ok;
}

/* ---- fields -------------------------------------------------------------------------------- */

static bool take_batch(struct census *census, const struct stream_reader *reader,
                       const struct frame *frame, int64_t *records, struct error *error)
{
    const uint8_t *at = frame->payload, *end = at + frame->payload_length;
    while (at < end) {
        bson_t record;
        size_t left = (size_t)(end - at), length = left >= 4 ? get_le32(at) : 0;
        if (length < 5 || length > left || !bson_init_static(&record, at, length))
            return stream_error(reader, frame->number, frame->offset, error,
                                "the record %zu bytes before the batch's end is no BSON", left);
        census_take(census, &record);
        (*records)++;
        at += length;
    }
    return true;
}

static bool take_checkpoint(struct census *census, const char *path, int64_t *records,
                            struct error *error)
{
    struct stream_reader reader;
    struct frame frame;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set_errno(error, ERROR_TARGET, "cannot open %s", path);
    stream_reader_init(&reader, fd, path);
    bool ok = true, more = true;
    while (ok && (ok = stream_read(&reader, &frame, &more, error)) && more)
        if (frame.type == FRAME_BATCH)
            ok = take_batch(census, &reader, &frame, records, error);
    stream_reader_release(&reader);
    close(fd);
    return ok;
}

/* Takes `fields`, which may be NULL for want of memory. */
static bool write_fields(const struct migration *migration, const struct mapping *mapping,
                         const char *from, int64_t records, cJSON *fields, struct error *error)
{
    char name[NAME_MAX + 16], path[PATH_MAX], source[512];
    snprintf(name, sizeof name, "fields/%s.json", mapping->name);
    snprintf(source, sizeof source, "%s.%s", mapping->source->name, mapping->from);
    cJSON *json = cJSON_CreateObject();
    bool ok = cJSON_AddNumberToObject(json, "version", VERSION) != NULL &&
              cJSON_AddStringToObject(json, "entity", mapping->name) != NULL &&
              cJSON_AddStringToObject(json, "source", source) != NULL &&
              cJSON_AddStringToObject(json, "from", from) != NULL &&
              cJSON_AddNumberToObject(json, "records", (double)records) != NULL && fields != NULL;
    if (ok)
        ok = cJSON_AddItemToObject(json, "fields", fields);
    else
        cJSON_Delete(fields);
    ok = ok ? folder_file(&migration->folder, name, path, error) &&
                  json_write_file(path, json, error)
            : error_memory(error);
    cJSON_Delete(json);
    return ok;
}

static bool keep_census(const struct migration *migration, const struct mapping *mapping,
                        struct error *error)
{
    char name[NAME_MAX + 16], path[PATH_MAX];
    struct census census;
    int64_t records = 0;
    snprintf(name, sizeof name, "checkpoints/%s.gck", mapping->name);
    if (!file_join(path, sizeof path, migration->folder.path, name, error))
        return false;
    if (!file_exists(path))
        return true;
    census_init(&census);
    bool ok = take_checkpoint(&census, path, &records, error);
    if (ok)
        ok =
            write_fields(migration, mapping, "checkpoint", records, census_to_json(&census), error);
    else if (error->code == ERROR_SOURCE) {
        /* The rows are in the target all the same; only a later comparison knows less. */
        message_warning("the fields of %s are not kept: %s", mapping->name, error->message);
        ok = true;
    }
    census_release(&census);
    return ok;
}

static bool keep_columns(const struct migration *migration, const struct mapping *mapping,
                         struct error *error)
{
    const struct catalog_entity *entity = catalogs_find(&migration->catalogs, mapping);
    cJSON *fields = cJSON_CreateObject();
    bool ok = fields != NULL;
    for (size_t i = 0; ok && entity != NULL && i < entity->column_count; i++) {
        cJSON *type = cJSON_AddObjectToObject(fields, entity->columns[i].name);
        ok = cJSON_AddNullToObject(type, entity->columns[i].type) != NULL;
    }
    if (!ok) {
        cJSON_Delete(fields);
        fields = NULL;
    }
    return write_fields(migration, mapping, "catalog", -1, fields, error);
}

bool keepsake_write(const struct migration *migration, struct error *error)
{
    const struct project *project = &migration->project;
    bool ok = keep_project(migration, error) && keep_schema(migration, error);
    for (size_t i = 0; ok && i < project->mapping_count; i++)
        ok = (project->mappings[i]->source->kind == SOURCE_POSTGRES ? keep_columns : keep_census)(
            migration, project->mappings[i], error);
    return ok;
}
