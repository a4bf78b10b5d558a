// SPDX-License-Identifier: Apache-2.0
#include "CHyphaTOML.h"

// toml++ 3.3 asserts, and tells the optimiser to assume, that a table header begins with a key; "[=]"
// breaks that, and the branch after it reports the error properly. So neither assert nor assume.
#undef NDEBUG
#define TOML_ASSERT(expr) static_assert(true)
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <algorithm>
#include <cstddef>
#include <new>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr size_t message_bytes_max = 256;
// Each dot of a dotted key is a table in a table, which the library frees by recursion; values have
// a ceiling of depth of their own (TOML_MAX_NESTED_VALUES).
constexpr std::ptrdiff_t dots_max = 8192;

struct owned_entry {
    std::string path;
    std::string text;
    int64_t integer = 0;
    double real = 0;
    size_t count = 0;
    int32_t kind = HYPHA_TOML_TABLE;
    toml::source_position place{};
};

bool is_bare(std::string_view key) {
    return !key.empty() && std::all_of(key.begin(), key.end(), [](unsigned char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
    });
}

std::string joined(const std::string &path, std::string_view key) {
    std::string out = path;
    if (!out.empty()) out += '.';
    if (is_bare(key)) return out.append(key);
    out += '"';
    for (char c : key) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out += '"';
}

owned_entry described(const std::string &path, const toml::node &node) {
    owned_entry entry;
    entry.path = path;
    entry.place = node.source().begin;
    switch (node.type()) {
    case toml::node_type::string:
        entry.kind = HYPHA_TOML_TEXT;
        entry.text = node.as_string()->get();
        break;
    case toml::node_type::integer:
        entry.kind = HYPHA_TOML_INTEGER;
        entry.integer = node.as_integer()->get();
        break;
    case toml::node_type::floating_point:
        entry.kind = HYPHA_TOML_REAL;
        entry.real = node.as_floating_point()->get();
        break;
    case toml::node_type::boolean:
        entry.kind = HYPHA_TOML_BOOLEAN;
        entry.integer = node.as_boolean()->get() ? 1 : 0;
        break;
    case toml::node_type::array:
        entry.kind = HYPHA_TOML_LIST;
        break;
    case toml::node_type::table:
    case toml::node_type::none:
        entry.kind = HYPHA_TOML_TABLE;
        break;
    default:
        entry.kind = HYPHA_TOML_TIME;
        break;
    }
    return entry;
}

} // namespace

struct hypha_toml {
    int32_t state = HYPHA_TOML_OK;
    std::string message;
    uint32_t line = 0;
    uint32_t column = 0;
    std::vector<owned_entry> entries;

    bool add(owned_entry &&entry, size_t entries_max) {
        if (entries.size() >= entries_max) {
            state = HYPHA_TOML_TOO_MANY;
            return false;
        }
        entries.push_back(std::move(entry));
        return true;
    }

    bool walk(const toml::table &table, const std::string &path, size_t depth, size_t entries_max) {
        if (depth > TOML_MAX_NESTED_VALUES) {
            state = HYPHA_TOML_TOO_MANY;
            return false;
        }
        for (auto &&[key, node] : table) {
            const std::string here = joined(path, key.str());
            owned_entry entry = described(here, node);
            const toml::array *list = node.as_array();
            if (list) entry.count = list->size();
            if (!add(std::move(entry), entries_max)) return false;
            if (list) {
                for (auto &&element : *list) {
                    if (!add(described(here, element), entries_max)) return false;
                }
            } else if (const toml::table *inner = node.as_table()) {
                if (!walk(*inner, here, depth + 1, entries_max)) return false;
            }
        }
        return true;
    }

    void fail(const toml::parse_error &error) {
        state = HYPHA_TOML_SYNTAX;
        message = std::string(error.description().substr(0, message_bytes_max));
        line = error.source().begin.line;
        column = error.source().begin.column;
    }
};

hypha_toml *hypha_toml_parse(const char *bytes, size_t length, size_t entries_max) {
    auto *document = new (std::nothrow) hypha_toml;
    if (!document) return nullptr;
    const std::string_view text(bytes ? bytes : "", length);
    if (std::count(text.begin(), text.end(), '.') > dots_max) {
        document->state = HYPHA_TOML_TOO_MANY;
        return document;
    }
    const toml::parse_result result = toml::parse(text);
    if (result.failed()) {
        document->fail(result.error());
    } else if (!document->walk(result.table(), std::string(), 0, entries_max)) {
        document->entries.clear();
    }
    return document;
}

int32_t hypha_toml_state(const hypha_toml *document) { return document->state; }

const char *hypha_toml_message(const hypha_toml *document, size_t *length) {
    *length = document->message.size();
    return document->message.data();
}

uint32_t hypha_toml_error_line(const hypha_toml *document) { return document->line; }

uint32_t hypha_toml_error_column(const hypha_toml *document) { return document->column; }

size_t hypha_toml_count(const hypha_toml *document) { return document->entries.size(); }

bool hypha_toml_entry_at(const hypha_toml *document, size_t index, hypha_toml_entry *entry) {
    if (index >= document->entries.size()) return false;
    const owned_entry &from = document->entries[index];
    *entry = hypha_toml_entry{
        from.path.data(), from.path.size(), from.text.data(), from.text.size(),
        from.integer,     from.real,        from.count,       from.kind,
        from.place.line,  from.place.column,
    };
    return true;
}

void hypha_toml_free(hypha_toml *document) { delete document; }
