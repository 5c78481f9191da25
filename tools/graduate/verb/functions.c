#include "print.h"
#include "sheet.h"
#include "verb.h"

#include "graduate/function.h"

#include <stdio.h>
#include <string.h>

static bool as_json;

static const struct option_row options[] = {
    {"json", OPTION_FLAG, &as_json, NULL, "a JSON array instead of text, with an example of each"},
};

static const struct command command = {
    .name = "graduate functions",
    .purpose = "list the functions that \"do\" can name in a mapping",
    .usage = "[--json]",
    .epilogue =
        "Nothing passes each of them untouched, but supabase_password; a function of one value "
        "goes over the elements of an array that it meets. In a column they are named in order:\n\n"
        "  \"country\": {\"from\": \"place\", \"type\": \"text\",\n"
        "              \"do\": [{\"split\": \",\"}, {\"item\": -1}, \"trim\"]}\n\n"
        "An example of this verb:\n\n"
        "  graduate functions --json",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

/* "split: a text" */
static void put_name(const struct function_entry *entry, struct buffer *out)
{
    buffer_puts(out, entry->name);
    if (entry->argument == ARGUMENT_NONE)
        return;
    buffer_puts(out, ": ");
    function_argument_shown(entry, out);
}

static void put_table(struct buffer *out)
{
    struct sheet sheet;
    sheet_init(&sheet, "<<");
    sheet_row(&sheet, "function", "what it does (with what, and what it gives)");
    for (size_t i = 0; i < FUNCTION_COUNT; i++) {
        const struct function_entry *entry = &mapping_functions[i];
        char takes[FUNCTION_KINDS], gives[FUNCTION_KINDS];
        struct buffer name, does;
        buffer_init(&name);
        buffer_init(&does);
        put_name(entry, &name);
        function_kinds(entry->takes, takes);
        function_kinds(entry->gives, gives);
        buffer_printf(&does, "%s (%s; %s)", entry->help, takes, gives);
        sheet_row(&sheet, buffer_text(&name), buffer_text(&does));
        buffer_release(&name);
        buffer_release(&does);
    }
    sheet_print(&sheet, "", out);
    sheet_release(&sheet);
}

static cJSON *entry_json(const struct function_entry *entry)
{
    char takes[FUNCTION_KINDS], gives[FUNCTION_KINDS];
    struct buffer argument;
    cJSON *json = cJSON_CreateObject(), *example = cJSON_AddObjectToObject(json, "example");
    buffer_init(&argument);
    function_argument_shown(entry, &argument);
    function_kinds(entry->takes, takes);
    function_kinds(entry->gives, gives);
    bool ok = example != NULL && cJSON_AddStringToObject(json, "name", entry->name) != NULL &&
              cJSON_AddStringToObject(json, "argument", buffer_text(&argument)) != NULL &&
              cJSON_AddStringToObject(json, "takes", takes) != NULL &&
              cJSON_AddStringToObject(json, "gives", gives) != NULL &&
              cJSON_AddStringToObject(json, "help", entry->help) != NULL &&
              cJSON_AddRawToObject(example, "do", entry->call) != NULL &&
              cJSON_AddRawToObject(example, "input", entry->input) != NULL &&
              cJSON_AddRawToObject(example, "output", entry->output) != NULL;
    buffer_release(&argument);
    if (ok)
        return json;
    cJSON_Delete(json);
    return NULL;
}

static bool put_json(struct buffer *out)
{
    cJSON *list = cJSON_CreateArray();
    bool ok = list != NULL;
    for (size_t i = 0; ok && i < FUNCTION_COUNT; i++) {
        cJSON *entry = entry_json(&mapping_functions[i]);
        ok = entry != NULL && cJSON_AddItemToArray(list, entry);
    }
    char *text = ok ? cJSON_PrintUnformatted(list) : NULL;
    if (text != NULL)
        buffer_printf(out, "%s\n", text);
    ok = text != NULL;
    cJSON_free(text);
    cJSON_Delete(list);
    return ok;
}

static bool run(const struct verb_call *call, int *exit_code, struct error *error)
{
    struct buffer text;
    (void)call;
    (void)exit_code;
    buffer_init(&text);
    if (!as_json)
        put_table(&text);
    bool ok = (!as_json || put_json(&text)) ? print_text(&text, error) : error_memory(error);
    buffer_release(&text);
    return ok;
}

const struct verb verb_functions = {&command, VERB_NO_FILE, run};
