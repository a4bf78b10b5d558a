// SPDX-License-Identifier: Apache-2.0
import HyphaControl
import Testing

@Suite struct ConfigurationSchemaTests {
    @Test func everyKeyIsDeclaredOnceAndInFull() {
        #expect(
            ConfigurationSchema.all.map(\.key.rawValue).sorted()
                == ConfigurationKey.allCases.map(\.rawValue).sorted()
        )
        for declared in ConfigurationSchema.all {
            #expect(!declared.summary.isEmpty && !declared.summary.hasSuffix("."))
            #expect(declared.details.hasSuffix("."))
            #expect(declared.flag.hasPrefix("--"))
            #expect(declared.environment.hasPrefix("HYPHA_"))
            #expect(declared.example.hasPrefix(declared.key.rawValue + " = "))
            #expect(declared.valueName.isEmpty == declared.type.isSwitch)
        }
    }

    @Test func flagsAndVariablesAreDistinct() {
        #expect(Set(ConfigurationSchema.all.map(\.flag)).count == ConfigurationSchema.all.count)
        #expect(
            Set(ConfigurationSchema.all.map(\.environment)).count == ConfigurationSchema.all.count
        )
    }

    @Test func logLevelsRiseFromErrorToTrace() {
        #expect(LogLevel.allCases == LogLevel.allCases.sorted())
        #expect(LogLevel.error < .trace)
    }
}
