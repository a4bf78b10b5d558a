// SPDX-License-Identifier: Apache-2.0
//
// toml++ as a flat list with places: no exceptions, no C++ types, one owner.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A parsed document or the error met; owns every text that it hands out.
typedef struct hypha_toml hypha_toml;

/// What stands at an entry.
enum {
    HYPHA_TOML_TEXT = 0,
    HYPHA_TOML_INTEGER = 1,
    HYPHA_TOML_REAL = 2,
    HYPHA_TOML_BOOLEAN = 3,
    HYPHA_TOML_TIME = 4,
    /// Followed by its elements, of which `count` says how many; lists in lists are of this kind
    /// with a count of 0.
    HYPHA_TOML_LIST = 5,
    HYPHA_TOML_TABLE = 6,
};

/// How parsing went.
enum {
    HYPHA_TOML_OK = 0,
    /// Not TOML: message, line and column say why.
    HYPHA_TOML_SYNTAX = 1,
    /// More entries than allowed, or nested too deeply.
    HYPHA_TOML_TOO_MANY = 2,
};

/// One key, table or list element. Texts are UTF-8 without a terminating zero and live as long as
/// the document.
typedef struct {
    /// Dotted path; a part that is no bare key is quoted. The list's own for an element.
    const char *path;
    size_t path_length;
    /// For HYPHA_TOML_TEXT.
    const char *text;
    size_t text_length;
    /// For HYPHA_TOML_INTEGER; 0 or 1 for HYPHA_TOML_BOOLEAN.
    int64_t integer;
    /// For HYPHA_TOML_REAL.
    double real;
    /// For HYPHA_TOML_LIST: how many elements follow.
    size_t count;
    int32_t kind;
    /// From 1.
    uint32_t line;
    uint32_t column;
} hypha_toml_entry;

/// Parses `length` bytes of UTF-8; `entries_max` bounds keys, tables and elements together.
/// Returns NULL only when there is no memory at all.
hypha_toml *hypha_toml_parse(const char *bytes, size_t length, size_t entries_max);

/// One of the states above.
int32_t hypha_toml_state(const hypha_toml *document);
/// The reason for HYPHA_TOML_SYNTAX, otherwise empty; at most 256 bytes.
const char *hypha_toml_message(const hypha_toml *document, size_t *length);
/// The place of the error, from 1.
uint32_t hypha_toml_error_line(const hypha_toml *document);
/// The place of the error, from 1.
uint32_t hypha_toml_error_column(const hypha_toml *document);

/// How many entries there are.
size_t hypha_toml_count(const hypha_toml *document);
/// Copies entry `index`; false when there is none.
bool hypha_toml_entry_at(const hypha_toml *document, size_t index, hypha_toml_entry *entry);

/// Frees the document and every text it handed out.
void hypha_toml_free(hypha_toml *document);

#ifdef __cplusplus
}
#endif
