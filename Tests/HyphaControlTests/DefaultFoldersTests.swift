// SPDX-License-Identifier: Apache-2.0
import HyphaControl
import Testing

@Suite struct DefaultFoldersTests {
    private func settings(
        _ environment: [String: String],
        isRoot: Bool = false,
        flags: [ConfigurationKey: [String]] = [:]
    ) throws -> NodeSettings {
        try NodeSettings.resolve(
            ConfigurationInputs(flags: flags, environment: environment, isRoot: isRoot),
            file: nil
        )
    }

    @Test func aUserHasTheXDGFolders() throws {
        let plain = try settings(["HOME": "/home/u"])
        #expect(plain.stateDirectory == "/home/u/.local/state/hypha")
        #expect(plain.controlSocket == "/home/u/.local/state/hypha/control.sock")
        let full = try settings([
            "HOME": "/home/u", "XDG_STATE_HOME": "/state", "XDG_RUNTIME_DIR": "/run/user/7",
        ])
        #expect(full.keyFile == "/state/hypha/key")
        #expect(full.controlSocket == "/run/user/7/hypha/control.sock")
    }

    @Test func relativeXDGFoldersAreIgnored() throws {
        let found = try settings(["HOME": "/home/u", "XDG_STATE_HOME": "state"])
        #expect(found.stateDirectory == "/home/u/.local/state/hypha")
    }

    @Test func aServiceHasTheFoldersOfItsManager() throws {
        let environment = [
            "STATE_DIRECTORY": "/var/lib/hypha:/var/lib/other", "RUNTIME_DIRECTORY": "/run/hypha-b",
        ]
        let found = try settings(environment)
        #expect(found.stateDirectory == "/var/lib/hypha")
        #expect(found.controlSocket == "/run/hypha-b/control.sock")
        let inputs = ConfigurationInputs(environment: environment, isRoot: false)
        #expect(inputs.configFile.path == "/etc/hypha/hypha.toml")
        #expect(!inputs.configFile.isRequired)
    }

    @Test func anExplicitStateFolderHoldsTheSocketToo() throws {
        let environment = ["RUNTIME_DIRECTORY": "/run/hypha"]
        let found = try settings(environment, isRoot: true, flags: [.stateDirectory: ["/tmp/s/"]])
        #expect(found.keyFile == "/tmp/s/key")
        #expect(found.controlSocket == "/tmp/s/control.sock")
    }

    @Test func theConfigurationFileIsFoundByFlagVariableThenDefault() {
        var inputs = ConfigurationInputs(environment: ["HOME": "/home/u"], isRoot: false)
        #expect(inputs.configFile.path == "/home/u/.config/hypha/hypha.toml")
        inputs.environment["HYPHA_CONFIG"] = "/e.toml"
        #expect(inputs.configFile.path == "/e.toml" && inputs.configFile.isRequired)
        inputs.configFlag = "/f.toml"
        #expect(inputs.configFile.path == "/f.toml")
        #expect(inputs.configFile.source.text == "--config")
        inputs = ConfigurationInputs(isRoot: false)
        #expect(inputs.configFile.path == nil)
    }

    @Test func aClientLooksAtItsOwnSocketBeforeTheServices() {
        let user = ConfigurationInputs(
            environment: ["HOME": "/home/u", "XDG_RUNTIME_DIR": "/run/user/7"],
            isRoot: false
        )
        #expect(
            DefaultFolders.controlSocketCandidates(user)
                == ["/run/user/7/hypha/control.sock", "/run/hypha/control.sock"]
        )
        let root = ConfigurationInputs(isRoot: true)
        #expect(DefaultFolders.controlSocketCandidates(root) == ["/run/hypha/control.sock"])
    }
}
