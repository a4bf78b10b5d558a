// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// Finds each setting at its place of highest precedence and reads it with its declared type;
/// collects every problem on the way.
struct SettingReader {
    let inputs: ConfigurationInputs
    let file: ConfigurationFileContent?
    private(set) var problems: [ConfigurationProblem] = []
    private(set) var effective: [EffectiveSetting] = []

    /// A value where it was found.
    struct Found {
        let value: ConfigValue
        let source: SettingSource
    }

    /// A text of a list where it was found.
    struct Item {
        let text: String
        let source: SettingSource
    }

    init(inputs: ConfigurationInputs, file: ConfigurationFileContent?) {
        self.inputs = inputs
        self.file = file.map { file in
            ConfigurationFileContent(
                path: file.path,
                entries: file.entries.map { entry in
                    ConfigEntry(
                        path: ConfigurationKey.canonical(entry.path),
                        value: entry.value,
                        line: entry.line,
                        column: entry.column
                    )
                }
            )
        }
        reportRepeatedKeys()
    }

    mutating func report(
        _ key: ConfigurationKey,
        _ source: SettingSource,
        _ kind: ConfigurationProblem.Kind
    ) {
        problems.append(ConfigurationProblem(source: source, key: key.rawValue, kind: kind))
    }

    mutating func note(_ key: ConfigurationKey, _ value: SettingValue, _ source: SettingSource) {
        effective.append(EffectiveSetting(key: key, value: value, source: source))
    }

    /// Every setting noted, in the order of the schema.
    var effectiveInOrder: [EffectiveSetting] {
        ConfigurationSchema.all.compactMap { declared in
            effective.first { $0.key == declared.key.rawValue }
        }
    }

    /// Reports a setting that means nothing where the base protocol alone is spoken.
    mutating func reportContradiction(_ key: ConfigurationKey) {
        guard let source = find(key)?.source else { return }
        report(key, source, .contradicts(ConfigurationKey.baseProtocolOnly.rawValue))
    }

    // MARK: - Typed reading

    /// A text that is not empty, or `nil` when it is set nowhere or wrong.
    mutating func text(_ key: ConfigurationKey) -> Item? {
        guard let found = find(key) else { return nil }
        guard case .text(let text) = found.value else {
            mismatch(key, found)
            return nil
        }
        guard !text.isEmpty else {
            report(key, found.source, .empty)
            return nil
        }
        return Item(text: text, source: found.source)
    }

    /// A path, or `nil` when it is set nowhere or wrong.
    mutating func path(_ key: ConfigurationKey) -> Item? {
        guard let item = text(key) else { return nil }
        guard !item.text.utf8.contains(0) else {
            report(key, item.source, .badPath)
            return nil
        }
        return item
    }

    /// Whether a feature is on.
    mutating func isOn(_ key: ConfigurationKey, default fallback: Bool) -> Bool {
        guard let found = find(key) else {
            note(key, .boolean(fallback), .defaultValue)
            return fallback
        }
        guard case .boolean(let isOn) = found.value else {
            mismatch(key, found)
            return fallback
        }
        note(key, .boolean(isOn), found.source)
        return isOn
    }

    /// A whole number, or `nil` when it is set nowhere or wrong.
    mutating func number(_ key: ConfigurationKey, in range: ClosedRange<Int>) -> Int? {
        guard let found = find(key) else {
            note(key, .text("auto"), .defaultValue)
            return nil
        }
        let number: Int?
        switch found.value {
        case .integer(let value): number = Int(exactly: value)
        // Flags and variables are texts.
        case .text(let text) where !found.source.isFile: number = Int(text)
        default:
            mismatch(key, found)
            return nil
        }
        guard let number, range.contains(number) else {
            report(key, found.source, .notInRange(range))
            return nil
        }
        note(key, .text(String(number)), found.source)
        return number
    }

    /// One of the cases of `Choice`.
    mutating func choice<Choice>(_ key: ConfigurationKey, default fallback: Choice) -> Choice
    where Choice: RawRepresentable<String> & CaseIterable {
        guard let item = text(key) else {
            note(key, .text(fallback.rawValue), .defaultValue)
            return fallback
        }
        guard let choice = Choice(rawValue: item.text) else {
            let choices = Choice.allCases.map(\.rawValue)
            report(key, item.source, .notAChoice(item.text, choices: choices))
            return fallback
        }
        note(key, .text(item.text), item.source)
        return choice
    }

    /// The texts of a list and the list's place, or `nil` when it is set nowhere or wrong.
    mutating func list(
        _ key: ConfigurationKey,
        ceiling: Int
    ) -> (items: [Item], source: SettingSource)? {
        guard let found = find(key) else { return nil }
        guard case .list(let elements) = found.value else {
            mismatch(key, found)
            return nil
        }
        guard elements.count <= ceiling else {
            report(key, found.source, .tooMany(found: elements.count, ceiling: ceiling))
            return nil
        }
        var items: [Item] = []
        for element in elements {
            let source = place(of: element, in: found.source)
            guard case .text(let text) = element.value else {
                let type = "\(element.value.typeName) in a list"
                report(key, source, .wrongType(expected: "a list of strings", found: type))
                continue
            }
            if text.isEmpty {
                report(key, source, .empty)
            } else {
                items.append(Item(text: text, source: source))
            }
        }
        return (items, found.source)
    }

    /// Reports settings that the file has twice, in two spellings.
    private mutating func reportRepeatedKeys() {
        guard let file else { return }
        for key in ConfigurationKey.allCases {
            for entry in file.entries.filter({ $0.path == key.rawValue }).dropFirst() {
                report(key, place(of: entry, in: file), .duplicate(key.rawValue))
            }
        }
    }

    /// Reports keys of the file that no setting has.
    ///
    /// A table that is no part of any setting is reported once, without its keys.
    mutating func reportUnknownKeys() {
        guard let file else { return }
        let known = ConfigurationKey.allCases.map(\.rawValue)
        let tables = known.compactMap { $0.split(separator: ".").dropLast().first.map(String.init) }
        var unknownTables: [String] = []
        for entry in file.entries {
            guard !known.contains(entry.path),
                !unknownTables.contains(where: { entry.path.hasPrefix($0 + ".") })
            else { continue }
            let isTable = entry.value == .table
            if isTable, tables.contains(entry.path) { continue }
            if isTable { unknownTables.append(entry.path) }
            let source = place(of: entry, in: file)
            if tables.contains(entry.path) {
                let found = entry.value.typeName
                problems.append(
                    ConfigurationProblem(
                        source: source,
                        key: entry.path,
                        kind: .wrongType(expected: "a table", found: found)
                    )
                )
                continue
            }
            let nearest = Spelling.nearest(to: entry.path, among: isTable ? tables : known)
            problems.append(
                ConfigurationProblem(
                    source: source,
                    key: entry.path,
                    kind: .unknownKey(nearest: nearest ?? Self.moved(entry.path, known))
                )
            )
        }
    }

    // MARK: - Finding

    private mutating func find(_ key: ConfigurationKey) -> Found? {
        guard let declared = ConfigurationSchema.declaration(of: key) else { return nil }
        if let values = inputs.flags[key] {
            return fromFlag(values, declared)
        }
        if let text = inputs.variable(declared.environment) {
            return fromVariable(text, declared)
        }
        guard let file, let entry = file.entries.first(where: { $0.path == key.rawValue }) else {
            return nil
        }
        return Found(value: entry.value, source: place(of: entry, in: file))
    }

    private func fromFlag(_ values: [String], _ declared: ConfigurationDeclaration) -> Found? {
        let source = SettingSource.flag(declared.flag)
        switch declared.type {
        case .text, .path, .choice, .number:
            return values.last.map { Found(value: .text($0), source: source) }
        case .enabled, .disabled:
            return Found(value: .boolean(declared.type == .disabled), source: source)
        case .list:
            return Found(value: .list(Self.elements(values)), source: source)
        }
    }

    private mutating func fromVariable(
        _ text: String,
        _ declared: ConfigurationDeclaration
    ) -> Found? {
        let source = SettingSource.environment(declared.environment)
        switch declared.type {
        case .text, .path, .choice, .number:
            return Found(value: .text(text), source: source)
        case .enabled, .disabled:
            switch text.lowercased() {
            case "true", "yes", "on", "1": return Found(value: .boolean(true), source: source)
            case "false", "no", "off", "0": return Found(value: .boolean(false), source: source)
            default:
                report(declared.key, source, .notABoolean(text))
                return nil
            }
        case .list:
            let parts = text.split { $0 == "," || $0.isWhitespace }.map(String.init)
            return Found(value: .list(Self.elements(parts)), source: source)
        }
    }

    private mutating func mismatch(_ key: ConfigurationKey, _ found: Found) {
        let expected = ConfigurationSchema.declaration(of: key)?.type.name ?? ""
        report(
            key,
            found.source,
            .wrongType(expected: expected, found: found.value.typeName)
        )
    }

    private func place(of entry: ConfigEntry, in file: ConfigurationFileContent) -> SettingSource {
        .file(path: file.path, line: entry.line, column: entry.column)
    }

    private func place(of element: ConfigElement, in source: SettingSource) -> SettingSource {
        guard case .file(let path, _, _) = source else { return source }
        return .file(path: path, line: element.line, column: element.column)
    }

    private static func elements(_ texts: [String]) -> [ConfigElement] {
        texts.map { ConfigElement(value: .text($0), line: 0, column: 0) }
    }

    /// The key that ends like the unknown one, such as `tun.name` for `tun-name` or `name`.
    private static func moved(_ path: String, _ known: [String]) -> String? {
        let plain = path.replacing("-", with: ".")
        return known.first { $0 == plain || $0.hasSuffix("." + path) }
    }
}
