// SPDX-License-Identifier: Apache-2.0
import CHyphaTOML
import HyphaBase
import HyphaControl

/// A TOML document as the flat list that the settings are read from.
enum TOMLDocument {
    /// Why a text is no document.
    enum Failure: Error, Hashable, Sendable {
        /// The parser's reason and place.
        case syntax(reason: String, line: Int, column: Int)
        /// More entries than ``HyphaBase/Limits/configurationEntriesMax``, or nested too deeply.
        case tooMany
    }

    /// - Parameter bytes: UTF-8.
    /// - Returns: Keys, tables and lists, by path.
    /// - Throws: Why it is no document.
    static func parse(_ bytes: [UInt8]) throws(Failure) -> [ConfigEntry] {
        let document = Handle(bytes)
        switch document.state {
        case CInt(HYPHA_TOML_OK): return document.entries()
        case CInt(HYPHA_TOML_SYNTAX): throw document.syntaxFailure()
        default: throw .tooMany
        }
    }

    /// Owns the parser's memory.
    @safe
    private struct Handle: ~Copyable {
        private let raw: OpaquePointer?

        init(_ bytes: [UInt8]) {
            // Safe: pointer and size belong together; nothing of them is kept.
            unsafe raw = bytes.withUnsafeBytes { buffer in
                unsafe hypha_toml_parse(
                    buffer.bindMemory(to: CChar.self).baseAddress,
                    buffer.count,
                    Limits.configurationEntriesMax
                )
            }
        }

        deinit {
            // Safe: the only owner frees once; freeing nothing is allowed.
            unsafe hypha_toml_free(raw)
        }

        /// No memory counts as too many.
        var state: CInt {
            guard let raw = unsafe raw else { return CInt(HYPHA_TOML_TOO_MANY) }
            // Safe: the handle is alive.
            return unsafe hypha_toml_state(raw)
        }

        func syntaxFailure() -> Failure {
            var length = 0
            // Safe: the text belongs to the handle and is copied here.
            let text = unsafe hypha_toml_message(raw, &length)
            return unsafe .syntax(
                reason: string(text, length),
                line: Int(hypha_toml_error_line(raw)),
                column: Int(hypha_toml_error_column(raw))
            )
        }

        func entries() -> [ConfigEntry] {
            // Safe: the handle is alive.
            let count = unsafe hypha_toml_count(raw)
            var result: [ConfigEntry] = []
            var index = 0
            while index < count, let entry = unsafe entry(index) {
                index += 1
                var value = unsafe value(entry)
                if unsafe entry.kind == Int32(HYPHA_TOML_LIST) {
                    let end = unsafe min(count, index + entry.count)
                    value = .list(elements(index..<end))
                    index = end
                }
                result.append(
                    unsafe ConfigEntry(
                        path: string(entry.path, entry.path_length),
                        value: value,
                        line: Int(entry.line),
                        column: Int(entry.column)
                    )
                )
            }
            return result
        }

        private func entry(_ index: Int) -> hypha_toml_entry? {
            var entry = unsafe hypha_toml_entry()
            // Safe: the shim checks the index and writes one entry.
            guard unsafe hypha_toml_entry_at(raw, index, &entry) else { return nil }
            return unsafe entry
        }

        private func elements(_ range: Range<Int>) -> [ConfigElement] {
            var elements: [ConfigElement] = []
            for index in range {
                guard let entry = unsafe entry(index) else { break }
                elements.append(
                    unsafe ConfigElement(
                        value: value(entry),
                        line: Int(entry.line),
                        column: Int(entry.column)
                    )
                )
            }
            return elements
        }

        private func value(_ entry: hypha_toml_entry) -> ConfigValue {
            // Safe: texts are read while the handle that owns them is alive.
            switch unsafe Int(entry.kind) {
            case Int(HYPHA_TOML_TEXT): unsafe .text(string(entry.text, entry.text_length))
            case Int(HYPHA_TOML_INTEGER): unsafe .integer(entry.integer)
            case Int(HYPHA_TOML_REAL): unsafe .real(entry.real)
            case Int(HYPHA_TOML_BOOLEAN): unsafe .boolean(entry.integer != 0)
            case Int(HYPHA_TOML_LIST): .list([])
            case Int(HYPHA_TOML_TABLE): .table
            default: .time
            }
        }

        private func string(_ bytes: UnsafePointer<CChar>?, _ count: Int) -> String {
            guard let bytes = unsafe bytes else { return "" }
            // Safe: the shim gives a pointer with its size; the bytes are copied.
            let raw = unsafe UnsafeRawBufferPointer(start: bytes, count: count)
            return unsafe String(decoding: raw, as: UTF8.self)
        }
    }
}
