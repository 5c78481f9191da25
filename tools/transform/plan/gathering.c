#include "gathering.h"

static bool is_wanted(const struct node *node)
{
    return node->slot != NO_SLOT && (node->claimed || node->tested || node->dropped);
}

bool gathering_begin(struct scope *scope, const struct node *node, struct error *error)
{
    for (size_t i = 0; i < node->child_count; i++) {
        const struct node *child = &node->children[i];
        if (is_wanted(child)) {
            struct gathered *gathered = &scope->gathered[child->slot];
            if (gathered->array == NULL && (gathered->array = bson_new()) == NULL)
                return error_memory(error);
            bson_reinit(gathered->array);
            gathered->count = 0;
        }
        if (!gathering_begin(scope, child, error))
            return false;
    }
    return true;
}

static bool collect(struct gathered *gathered, const struct value *value, struct error *error)
{
    char digits[16];
    const char *key;
    bson_uint32_to_string(gathered->count++, &key, digits, sizeof digits);
    return value_append(gathered->array, key, value) || value_damaged(error);
}

bool gathering_collect(struct scope *scope, struct node *node, struct error *error)
{
    for (size_t i = 0; i < node->child_count; i++) {
        struct node *child = &node->children[i];
        struct value *value = child->slot != NO_SLOT ? &scope->slots[child->slot] : NULL;
        if (value != NULL && value->type != BSON_TYPE_EOD) {
            if (is_wanted(child) && !collect(&scope->gathered[child->slot], value, error))
                return false;
            value->type = BSON_TYPE_EOD;
        }
        child->seen = 0;
        if (!gathering_collect(scope, child, error))
            return false;
    }
    return true;
}

void gathering_end(struct scope *scope, const struct node *node, bool inside)
{
    for (size_t i = 0; i < node->child_count; i++) {
        const struct node *child = &node->children[i];
        if (is_wanted(child) && !(inside && child->dropped)) {
            const bson_t *array = scope->gathered[child->slot].array;
            scope->slots[child->slot] = (struct value){
                .type = BSON_TYPE_ARRAY, .bytes = bson_get_data(array), .length = array->len};
            scope->fates[child->slot].inside = inside;
        }
        gathering_end(scope, child, inside);
    }
}
