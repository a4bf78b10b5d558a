// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

extension NodeSettings {
    /// Settles every setting by precedence: flag, environment, file, default.
    ///
    /// A list given at one level replaces that of the levels below.
    ///
    /// - Parameters:
    ///   - inputs: Flags, environment and user.
    ///   - file: The configuration file, if there is one.
    /// - Returns: The settings, complete.
    /// - Throws: ``ConfigurationProblems`` with everything that is wrong.
    package static func resolve(
        _ inputs: ConfigurationInputs,
        file: ConfigurationFileContent?
    ) throws(ConfigurationProblems) -> NodeSettings {
        var reader = SettingReader(inputs: inputs, file: file)
        reader.reportUnknownKeys()
        let folders = reader.folders()
        var warnings = unknownVariables(inputs)
        let isBaseProtocolOnly = reader.isOn(.baseProtocolOnly, default: false)
        let listen = reader.listenEndpoints(isBaseProtocolOnly: isBaseProtocolOnly)
        let peers = reader.peerEndpoints(&warnings, isBaseProtocolOnly: isBaseProtocolOnly)
        let network = reader.network(isBaseProtocolOnly: isBaseProtocolOnly)
        let isTunEnabled = reader.isOn(.tunEnabled, default: true)
        let tunName = reader.tunName()
        let isDiscoveryEnabled = reader.isOn(.discoveryEnabled, default: true)
        let discoveryInterfaces = reader.interfaceNames()
        let makesDirectLinks = reader.isOn(.directLinks, default: true)
        let requiresSessions = reader.isOn(.requireSessions, default: false)
        if requiresSessions, isBaseProtocolOnly { reader.reportContradiction(.requireSessions) }
        let answersKeyRequests = reader.isOn(.keyRequests, default: true)
        let workers = reader.number(.workers, in: 1...Limits.workersMax)
        let cryptoBackend = reader.choice(.cryptoBackend, default: CryptoPreference.automatic)
        let logLevel = reader.choice(.logLevel, default: LogLevel.info)
        let logFormat = reader.choice(.logFormat, default: LogFormat.keyValue)
        guard reader.problems.isEmpty else { throw ConfigurationProblems(reader.problems) }
        return NodeSettings(
            configFile: file?.path,
            stateDirectory: folders.state,
            keyFile: folders.keyFile,
            controlSocket: folders.controlSocket,
            listen: listen,
            peers: peers,
            isBaseProtocolOnly: isBaseProtocolOnly,
            network: network,
            isTunEnabled: isTunEnabled,
            tunName: tunName,
            isDiscoveryEnabled: isDiscoveryEnabled,
            discoveryInterfaces: discoveryInterfaces,
            makesDirectLinks: makesDirectLinks,
            requiresSessions: requiresSessions,
            answersKeyRequests: answersKeyRequests,
            workers: workers,
            cryptoBackend: cryptoBackend,
            logLevel: logLevel,
            logFormat: logFormat,
            effective: reader.effectiveInOrder,
            warnings: warnings,
            inputs: inputs
        )
    }

    /// Checks a URL for `peers.add` as `peers` of the configuration is checked.
    ///
    /// - Parameters:
    ///   - text: The URL.
    ///   - source: Where it was given.
    /// - Returns: The peer.
    /// - Throws: The problem with it.
    package static func peer(
        _ text: String,
        from source: SettingSource
    ) throws(ConfigurationProblem) -> Endpoint {
        func problem(_ kind: ConfigurationProblem.Kind) -> ConfigurationProblem {
            ConfigurationProblem(source: source, key: ConfigurationKey.peers.rawValue, kind: kind)
        }
        let endpoint: Endpoint
        do throws(EndpointError) {
            endpoint = try Endpoint(parsing: text)
        } catch {
            throw problem(.badURL(text, error))
        }
        guard endpoint.port != 0 else { throw problem(.peerNeedsPort(text)) }
        switch endpoint.host {
        case .v4(let address) where address.bits == 0: throw problem(.peerNeedsAddress(text))
        case .v6(.unspecified, zone: _): throw problem(.peerNeedsAddress(text))
        case .v4, .v6, .name: return endpoint
        }
    }

    private static func unknownVariables(_ inputs: ConfigurationInputs) -> [ConfigurationWarning] {
        let prefix = "HYPHA_"
        let known =
            ConfigurationSchema.all.map(\.environment) + [ConfigurationSchema.fileEnvironment]
        let names = known.map { String($0.dropFirst(prefix.count)) }
        return inputs.environment.keys.sorted().compactMap { name in
            // Without what all have in common, which would make every name a near one.
            guard name.hasPrefix(prefix), !known.contains(name),
                let nearest = Spelling.nearest(
                    to: String(name.dropFirst(prefix.count)),
                    among: names
                )
            else { return nil }
            return .unknownVariable(name, nearest: prefix + nearest)
        }
    }
}

extension SettingReader {
    fileprivate mutating func folders() -> (
        state: String, keyFile: String, controlSocket: String
    ) {
        let defaults = DefaultFolders(inputs)
        let givenState = path(.stateDirectory)
        let state = givenState?.text ?? defaults.state
        if state == nil { report(.stateDirectory, .defaultValue, .noHomeFolder) }
        let folder = state ?? ""
        note(.stateDirectory, .text(folder), givenState?.source ?? .defaultValue)

        let givenKey = path(.keyFile)
        let keyFile = givenKey?.text ?? DefaultFolders.join(folder, DefaultFolders.keyFileName)
        note(.keyFile, .text(keyFile), givenKey?.source ?? .defaultValue)

        let givenControl = path(.control)
        let controlFolder = givenState == nil ? defaults.runtime ?? folder : folder
        let control =
            givenControl?.text
            ?? DefaultFolders.join(controlFolder, DefaultFolders.controlSocketName)
        let source = givenControl?.source ?? .defaultValue
        if control.utf8.count > Limits.socketPathBytesMax {
            report(.control, source, .socketPathTooLong(byteCount: control.utf8.count))
        }
        note(.control, .text(control), source)
        return (folder, keyFile, control)
    }

    fileprivate mutating func listenEndpoints(isBaseProtocolOnly: Bool) -> [Endpoint] {
        guard let list = list(.listen, ceiling: Limits.configuredListenersMax) else {
            let schemes: [Endpoint.Scheme] = isBaseProtocolOnly ? [.tcp] : [.tcp, .udp]
            let everywhere = schemes.map(Self.everywhere)
            note(.listen, .list(everywhere.map(\.description)), .defaultValue)
            return everywhere
        }
        var endpoints: [Endpoint] = []
        for item in list.items {
            do throws(EndpointError) {
                let endpoint = try Endpoint(parsing: item.text)
                if case .name = endpoint.host {
                    report(.listen, item.source, .listenNeedsAddress(item.text))
                } else if endpoint.pinnedKey != nil {
                    report(.listen, item.source, .listenPinsKey(item.text))
                } else if isBaseProtocolOnly, endpoint.scheme == .udp {
                    report(.listen, item.source, .notInBase(item.text))
                } else if endpoint.port != 0, endpoints.contains(endpoint) {
                    report(.listen, item.source, .duplicate(endpoint.description))
                } else {
                    endpoints.append(endpoint)
                }
            } catch {
                report(.listen, item.source, .badURL(item.text, error))
            }
        }
        note(.listen, .list(endpoints.map(\.description)), list.source)
        return endpoints
    }

    private static func everywhere(_ scheme: Endpoint.Scheme) -> Endpoint {
        let port =
            switch scheme {
            case .tcp: Limits.listenPortDefault
            case .udp: Limits.datagramPortDefault
            }
        return Endpoint(scheme: scheme, host: .v6(.unspecified, zone: nil), port: port)
    }

    fileprivate mutating func peerEndpoints(
        _ warnings: inout [ConfigurationWarning],
        isBaseProtocolOnly: Bool
    ) -> [Endpoint] {
        guard let list = list(.peers, ceiling: Limits.configuredPeersMax) else {
            note(.peers, .list([]), .defaultValue)
            return []
        }
        var endpoints: [Endpoint] = []
        for item in list.items {
            do throws(ConfigurationProblem) {
                let endpoint = try NodeSettings.peer(item.text, from: item.source)
                if isBaseProtocolOnly, endpoint.scheme == .udp || endpoint.pinnedKey != nil {
                    report(.peers, item.source, .notInBase(item.text))
                } else if endpoints.contains(endpoint) {
                    warnings.append(.duplicatePeer(endpoint.description))
                } else {
                    endpoints.append(endpoint)
                }
            } catch {
                report(.peers, error.source, error.kind)
            }
        }
        note(.peers, .list(endpoints.map(\.description)), list.source)
        return endpoints
    }

    /// Name and key file of a private network: both or none.
    fileprivate mutating func network(isBaseProtocolOnly: Bool) -> PrivateNetworkSettings? {
        let name = text(.networkName)
        let keyFile = path(.networkKeyFile)
        note(.networkName, .text(name?.text ?? ""), name?.source ?? .defaultValue)
        note(.networkKeyFile, .text(keyFile?.text ?? ""), keyFile?.source ?? .defaultValue)
        if let name, name.text.utf8.count > Limits.privateNetworkNameBytesMax {
            let byteCount = name.text.utf8.count
            report(.networkName, name.source, .networkNameTooLong(byteCount: byteCount))
        }
        switch (name, keyFile) {
        case (let name?, let keyFile?):
            if isBaseProtocolOnly { reportContradiction(.networkName) }
            return PrivateNetworkSettings(name: name.text, keyFile: keyFile.text)
        case (let name?, nil):
            report(.networkName, name.source, .needsAlso(ConfigurationKey.networkKeyFile.rawValue))
        case (nil, let keyFile?):
            report(
                .networkKeyFile,
                keyFile.source,
                .needsAlso(ConfigurationKey.networkName.rawValue)
            )
        case (nil, nil): break
        }
        return nil
    }

    fileprivate mutating func tunName() -> String {
        let fallback = "hypha0"
        guard let item = text(.tunName) else {
            note(.tunName, .text(fallback), .defaultValue)
            return fallback
        }
        if !Self.isInterfaceName(item.text) {
            report(.tunName, item.source, .badInterfaceName(item.text))
        }
        note(.tunName, .text(item.text), item.source)
        return item.text
    }

    fileprivate mutating func interfaceNames() -> [String] {
        guard
            let list = list(.discoveryInterfaces, ceiling: Limits.configuredInterfacesMax)
        else {
            note(.discoveryInterfaces, .list([]), .defaultValue)
            return []
        }
        var names: [String] = []
        for item in list.items {
            if !Self.isInterfaceName(item.text) {
                report(.discoveryInterfaces, item.source, .badInterfaceName(item.text))
            } else if !names.contains(item.text) {
                names.append(item.text)
            }
        }
        note(.discoveryInterfaces, .list(names), list.source)
        return names
    }

    /// The kernel's rule (`dev_valid_name` in net/core/dev.c), and no `%`, which it would take for
    /// a template.
    private static func isInterfaceName(_ name: String) -> Bool {
        (1...Limits.interfaceNameBytesMax).contains(name.utf8.count) && name != "." && name != ".."
            && name.utf8.allSatisfy { byte in
                byte > 0x20 && byte != 0x7f && !"/:%".utf8.contains(byte)
            }
    }
}
